# Package each chart in $CHARTS that changed since the last tag, then make the releases.
# Files are not attached to them; the index is pushed to the branch $PAGES if there is one.
set -euo pipefail

if [ -n "$INSTALL_ONLY" ]; then
    exit 0
fi
: "${CR_TOKEN:?Environment variable CR_TOKEN must be set}"
export GH_TOKEN="$CR_TOKEN"
cd "$(git rev-parse --show-toplevel)"

# A setting is an option's variable, else a line `name: value` of the configuration.
setting() {
    local name="$1" default="$2" value=""
    if [ -n "$CONFIG" ]; then
        value="$(sed -n "s/^$name: *//p" "$CONFIG" | sed 's/ *#.*//; s/^["'\'']//; s/["'\'']$//')"
    fi
    echo "${value:-$default}"
}

tag_of() {
    local chart="$1" template
    template="$(setting release-name-template '{{ .Name }}-{{ .Version }}')"
    local name version
    name="$(sed -n 's/^name: *//p' <<<"$chart" | tr -d "\"'")"
    version="$(sed -n 's/^version: *//p' <<<"$chart" | tr -d "\"'")"
    sed -E "s/\{\{ *\.Name *\}\}/$name/g; s/\{\{ *\.Version *\}\}/$version/g" <<<"$template"
}

packages="$(setting package-path .cr-release-packages)"
if [ -z "$SKIP_PACKAGING" ]; then
    git fetch --quiet --tags
    since="$(git describe --tags --abbrev=0 HEAD~ 2>/dev/null ||
        git rev-list --max-parents=0 --first-parent HEAD)"
    depth="$(tr / '\n' <<<"$CHARTS" | sed '/^\.*$/d' | wc -l)"
    changed="$(git diff --find-renames --name-only "$since" -- "$CHARTS" |
        cut -d/ -f"1-$((depth + 1))" | uniq)"
    charts=()
    while read -r chart; do
        if [ -n "$chart" ] && [ -f "$chart/Chart.yaml" ]; then
            charts+=("$chart")
        fi
    done <<<"$changed"
    if [ "${#charts[@]}" = 0 ]; then
        echo "Nothing to do. No chart changes detected."
        echo "changed_charts=" >>"$GITHUB_OUTPUT"
        echo "chart_version=" >>"$GITHUB_OUTPUT"
        exit 0
    fi
    rm -rf "$packages"
    mkdir -p "$packages"
    for chart in "${charts[@]}"; do
        helm package "$chart" --dependency-update --destination "$packages"
    done
    joined="$(IFS=,; echo "${charts[*]}")"
    echo "changed_charts=$joined" >>"$GITHUB_OUTPUT"
    echo "chart_version=$since" >>"$GITHUB_OUTPUT"
fi

existing="${SKIP_EXISTING:-$(setting skip-existing '')}"
options=()
if [ "$LATEST" = false ]; then
    options+=(--latest=false)
fi
released=()
for package in "$packages"/*.tgz; do
    [ -f "$package" ] || continue
    chart="$(helm show chart "$package")"
    tag="$(tag_of "$chart")"
    released+=("$tag $package")
    if gh release view "$tag" >/dev/null 2>&1 && [ -n "$existing" ]; then
        echo "the release $tag is there already"
        continue
    fi
    gh release create "$tag" --target "$(git rev-parse HEAD)" --title "$tag" \
        --notes "$(sed -n 's/^description: //p' <<<"$chart")" ${options[@]+"${options[@]}"}
done

if [ -n "$SKIP_INDEX" ]; then
    exit 0
fi
branch="${PAGES:-$(setting pages-branch gh-pages)}"
if [ "$WITH_INDEX" = true ] || ! git ls-remote --exit-code origin "refs/heads/$branch" >/dev/null
then
    echo "the index of the charts is not changed here"
    if [ -n "${REHEARSAL_NOTES:-}" ]; then
        not-rehearsed "there is no branch $branch here for the index of the charts"
    fi
    exit 0
fi
bash "$GITHUB_ACTION_PATH/push_index.sh" "$branch" ${released[@]+"${released[@]}"}
