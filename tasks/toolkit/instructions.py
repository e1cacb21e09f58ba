"""What users can do while a chart is not to be had: the runbook's workarounds, with the repository's values filled in."""

from __future__ import annotations

from .errors import BadInput
from .incident import Incident


def tag_of(incident: Incident, version: str) -> str:
    """Return the tag at origin of a release's version; of the newest without one. Raises BadInput if there is none."""
    releases = incident.github.releases()
    wanted = version.removeprefix("v") or (releases[0].version if releases else "")
    for tag in (f"v{wanted}", wanted):
        if wanted and incident.git.remote_object(f"refs/tags/{tag}"):
            return tag
    found = ", ".join(release.tag for release in releases[:5]) or "none yet"
    what = f"{incident.slug} has no tag v{wanted}" if wanted else f"{incident.slug} has no release"
    raise BadInput(what, f"give --version; the releases are {found}")


def folder_in(slug: str, tag: str) -> str:
    """Return the name of the folder in GitHub's archive of a tag: a leading v is left out."""
    name = slug.partition("/")[2]
    return f"{name}-{tag[1:] if tag[:1] == 'v' and tag[1:2].isdigit() else tag}"


def workarounds(incident: Incident, version: str) -> str:
    """Return the workarounds as Markdown, for a release's version (the newest without one). Raises BadInput."""
    tag, slug, where = tag_of(incident, version), incident.slug, incident.chart_dir
    incident.git.fetch_tags()
    chart = incident.chart_at(incident.git.commit(f"refs/tags/{tag}"), tag)
    server, clone, unpacked = incident.settings.github_server_url, slug.partition("/")[2], folder_in(slug, tag)

    def install(folder: str) -> list[str]:
        build = [f"helm dependency build ./{folder}/{where}"] * chart.dependencies
        return [*build, f"helm install {chart.name} ./{folder}/{where}", "```", ""]

    return "\n".join(
        [
            f"Until `{incident.told.oci}` can be installed from again, there are two ways to install {chart.name};"
            " if it is installed already, write `helm upgrade` instead of `helm install`.", "",
            "**Option 1: from the repository, as it is now**", "", "```bash",
            f"git clone {server}/{slug}.git", *install(clone),
            f"**Option 2: the release {tag}**", "", "```bash",
            f"curl --fail --location --remote-name {server}/{slug}/archive/refs/tags/{tag}.tar.gz",
            f"tar -xzf {tag.rpartition('/')[2]}.tar.gz", *install(unpacked),
        ]
    )  # fmt: skip
