# Make the release of the version in $MANIFEST, if the pushed commit is that of a release.
set -euo pipefail

case "$MESSAGE" in
    "chore($GITHUB_REF_NAME): release "*) ;;
    *) exit 0 ;;
esac
clone="$(mktemp -d)"
trap 'rm -rf "$clone"' EXIT
git clone --quiet --no-checkout "$URL" "$clone"
git -C "$clone" checkout --quiet "$GITHUB_SHA"
version="$(sed -n 's/.*"\.": *"\([^"]*\)".*/\1/p' "$clone/$MANIFEST")"
tag="v$version"
if git -C "$clone" rev-parse --quiet --verify "refs/tags/$tag" >/dev/null; then
    exit 0
fi
awk -v heading="## [$version]" '
    /^## / { wanted = index($0, heading) == 1 }
    wanted
' "$clone/CHANGELOG.md" >"$clone/notes.md"
gh release create "$tag" --repo "$GITHUB_REPOSITORY" --target "$GITHUB_SHA" \
    --title "$tag" --notes-file "$clone/notes.md"
{
    echo "created=true"
    echo "tag=$tag"
    echo "version=$version"
} >>"$GITHUB_OUTPUT"
