# Package each chart in $CHARTS that changed since the last tag, then make the releases.
set -euo pipefail

packages=.cr-release-packages
mkdir -p "$packages"
since="$(git describe --tags --abbrev=0 HEAD~ 2>/dev/null || git rev-list --max-parents=0 HEAD)"
git diff --name-only "$since" -- "$CHARTS" | cut -d/ -f1-2 | sort -u | while read -r chart; do
    if [ -f "$chart/Chart.yaml" ]; then
        helm package "$chart" --dependency-update --destination "$packages"
    fi
done
for package in "$packages"/*.tgz; do
    [ -f "$package" ] || continue
    tag="$(basename "$package" .tgz)"
    gh release create "$tag" --target "$GITHUB_SHA" --title "$tag" \
        --notes "$(helm show chart "$package" | sed -n 's/^description: //p')"
done
