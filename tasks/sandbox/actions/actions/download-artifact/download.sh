# Copy artifacts of this run to $TARGET, each into a folder of its own if several may match.
set -euo pipefail

target="${TARGET/#\~/$HOME}"
target="${target:-$GITHUB_WORKSPACE}"
mkdir -p "$target"
echo "path=$(cd "$target" && pwd)" >>"$GITHUB_OUTPUT"

if [ "$FROM" != "$HERE" ] || [ -n "$IDS" ]; then
    echo "artifacts of another run, or by their ids, cannot be had here"
    not-rehearsed "artifacts of another run, or by their ids, cannot be had here"
    exit
fi
if [ -n "$NAME" ]; then
    if [ ! -d "$ARTIFACTS/$NAME" ]; then
        echo "Artifact '$NAME' not found"
        exit 1
    fi
    cp -r "$ARTIFACTS/$NAME/." "$target"
    exit
fi

found=()
for artifact in "$ARTIFACTS"/*/; do
    name="$(basename "$artifact")"
    # shellcheck disable=SC2053 # the right side is a pattern
    if [ -d "$artifact" ] && [[ "$name" == ${PATTERN:-*} ]]; then
        found+=("$name")
    fi
done
for name in ${found[@]+"${found[@]}"}; do
    folder="$target/$name"
    if [ "$MERGE" = true ]; then
        folder="$target"
    elif [ "${#found[@]}" = 1 ]; then
        case "${GITHUB_ACTION_REF:-}" in
            v[1-4] | v[1-4].*) ;;
            v[5-9]* | v[1-9][0-9]* | main) folder="$target" ;;
            *)
                if [ -n "${REHEARSAL_NOTES:-}" ]; then
                    not-rehearsed "the folder of one artifact depends on the action's version"
                fi
                ;;
        esac
    fi
    mkdir -p "$folder"
    cp -r "$ARTIFACTS/$name/." "$folder"
done
