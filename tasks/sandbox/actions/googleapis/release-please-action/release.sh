# Make the release of the version in $MANIFEST, if the pushed commit is that of a release.
# RELEASE_TAG and RELEASE_VERSION, where set, ask for a release whatever the commit is.
set -euo pipefail

write_no_release() {
    echo "any=false"
    echo "paths=[]"
    echo "prs=false"
}

if [ "$SKIP" = true ]; then
    exit 0
fi
if [ -z "${RELEASE_TAG:-}" ]; then
    case "$MESSAGE" in
        "chore($GITHUB_REF_NAME): release "*) ;;
        *) write_no_release >>"$GITHUB_OUTPUT"; exit 0 ;;
    esac
fi
clone="$(mktemp -d)"
trap 'rm -rf "$clone"' EXIT
git clone --quiet --no-checkout "$URL" "$clone"
git -C "$clone" checkout --quiet "$GITHUB_SHA"
version="${RELEASE_VERSION:-}"
if [ -z "${RELEASE_TAG:-}" ]; then
    version="$(sed -n 's/.*"\.": *"\([^"]*\)".*/\1/p' "$clone/$MANIFEST")"
fi
tag="${RELEASE_TAG:-v$version}"
version="${version:-${tag#v}}"
if git -C "$clone" rev-parse --quiet --verify "refs/tags/$tag" >/dev/null; then
    write_no_release >>"$GITHUB_OUTPUT"
    exit 0
fi
notes="$clone/notes.md"
: >"$notes"
if [ -f "$clone/CHANGELOG.md" ]; then
    awk -v heading="## [$version]" '
        /^## / { wanted = index($0, heading) == 1 }
        wanted
    ' "$clone/CHANGELOG.md" >"$notes"
fi
release="$clone/release.json"
gh api --method POST "repos/$GITHUB_REPOSITORY/releases" --field "body=@$notes" \
    --raw-field "tag_name=$tag" --raw-field "name=$tag" \
    --raw-field "target_commitish=$GITHUB_SHA" >"$release"

read_release() {
    python3 -I -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1" <"$release"
}
numbers="${version%%[-+]*}"
IFS=. read -r major minor patch <<<"$numbers"
{
    echo "created=true"
    echo "any=true"
    echo "paths=[\"$RELEASED_PATH\"]"
    echo "prs=false"
    echo "tag=$tag"
    echo "version=$version"
    echo "major=$major"
    echo "minor=$minor"
    echo "patch=$patch"
    echo "sha=$GITHUB_SHA"
    echo "id=$(read_release id)"
    echo "html_url=$(read_release html_url)"
    echo "upload_url=$(read_release upload_url)"
    echo "body<<END_OF_NOTES"
    cat "$notes"
    echo "END_OF_NOTES"
} >>"$GITHUB_OUTPUT"
