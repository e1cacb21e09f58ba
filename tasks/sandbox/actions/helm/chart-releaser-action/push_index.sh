# Add packages to the index of the branch $1, and push it. The others are "TAG PACKAGE".
set -euo pipefail

branch="$1"
shift
work="$(mktemp -d)"
pages="$work/pages"
trap 'git worktree remove --force "$pages"; rm -rf "$work"' EXIT
git fetch --quiet origin "+refs/heads/$branch:refs/remotes/origin/$branch"
git worktree add --quiet --detach "$pages" "refs/remotes/origin/$branch"
index="$pages/index.yaml"
number=0
for released in "$@"; do
    tag="${released%% *}"
    package="${released#* }"
    number=$((number + 1))
    folder="$work/$number"
    mkdir "$folder"
    cp "$package" "$folder"
    version="$(helm show chart "$package" | sed -n 's/^version: *//p')"
    if [ -f "$index" ] && grep -qF "$PAGES_URL/$tag/$(basename "$package")" "$index"; then
        echo "$version is in the index already"
        continue
    fi
    merge=()
    if [ -f "$index" ]; then
        merge=(--merge "$index")
    fi
    helm repo index "$folder" --url "$PAGES_URL/$tag" ${merge[@]+"${merge[@]}"}
    cp "$folder/index.yaml" "$index"
done
git -C "$pages" add index.yaml
if git -C "$pages" diff --cached --quiet; then
    exit 0
fi
name="$(git config user.name || echo "$GITHUB_ACTOR")"
email="$(git config user.email || echo "$GITHUB_ACTOR@users.noreply.github.com")"
git -C "$pages" -c "user.name=$name" -c "user.email=$email" commit --quiet --message "Update index.yaml"
git -C "$pages" push --quiet origin "HEAD:refs/heads/$branch"
