# Fetch what is asked for into $FOLDER and check it out, with the refs that actions/checkout makes.
set -euo pipefail

if [ "${REPOSITORY,,}" != "${GITHUB_REPOSITORY,,}" ]; then
    echo "$REPOSITORY is another repository, which cannot be cloned here"
    not-rehearsed "$REPOSITORY is another repository, which cannot be cloned here"
    exit
fi
workspace="$(cd "$GITHUB_WORKSPACE" && pwd -P)"
mkdir -p "$FOLDER"
folder="$(cd "$FOLDER" && pwd -P)"
case "$folder/" in
    "$workspace"/*) ;;
    *) echo "Repository path '$folder' is not under '$workspace'"; exit 1 ;;
esac

if [ ! -e "$folder/.git" ]; then
    find "$folder" -mindepth 1 -delete
    git -c init.defaultBranch=main init --quiet "$folder"
    git -C "$folder" remote add origin "$URL"
elif [ "$CLEAN" = true ]; then
    git -C "$folder" clean --quiet -ffdx
    git -C "$folder" reset --quiet --hard 2>/dev/null || true
fi
cd "$folder"

ref="$REF"
commit=""
if [ -z "$ref" ]; then
    ref="$GITHUB_REF"
    commit="$GITHUB_SHA"
elif [[ "$ref" =~ ^[0-9a-fA-F]{40}$ ]]; then
    commit="$ref"
    ref=""
fi

# A short name is a branch, or else a tag.
case "$ref" in
    "" | refs/*) ;;
    *)
        if git ls-remote --exit-code origin "refs/heads/$ref" >/dev/null; then
            ref="refs/heads/$ref"
        elif git ls-remote --exit-code origin "refs/tags/$ref" >/dev/null; then
            ref="refs/tags/$ref"
        else
            echo "A branch or tag with the name '$ref' could not be found"
            exit 1
        fi
        ;;
esac

branch="${ref#refs/heads/}"
case "$ref" in
    refs/heads/*) wanted="+${commit:-$ref}:refs/remotes/origin/$branch" ;;
    refs/tags/*) wanted="+$ref:$ref" ;;
    *) wanted="${commit:-$ref}" ;;
esac
specs=("$wanted")
options=(--quiet --no-tags --no-recurse-submodules)
if [ "$DEPTH" -gt 0 ]; then
    options+=("--depth=$DEPTH")
    if [ "$TAGS" = true ]; then
        specs+=("+refs/tags/*:refs/tags/*")
    fi
else
    all=("+refs/heads/*:refs/remotes/origin/*" "+refs/tags/*:refs/tags/*")
    git fetch "${options[@]}" origin "${all[@]}"
    if [ "$(git rev-parse --is-shallow-repository)" = true ]; then
        options+=(--unshallow)
    fi
fi
git fetch "${options[@]}" origin "${specs[@]}"

case "$ref" in
    refs/heads/*) git checkout --quiet --force -B "$branch" "refs/remotes/origin/$branch" ;;
    refs/tags/*) git -c advice.detachedHead=false checkout --quiet --force "$ref" ;;
    *) git -c advice.detachedHead=false checkout --quiet --force "${commit:-FETCH_HEAD}" ;;
esac
actual="$(git rev-parse HEAD)"
if [ -n "$commit" ] && [ "$actual" != "$commit" ]; then
    echo "The ref '$ref' does not point to the expected commit '$commit'"
    exit 1
fi
{
    echo "ref=${ref:-$commit}"
    echo "commit=$actual"
} >>"$GITHUB_OUTPUT"
