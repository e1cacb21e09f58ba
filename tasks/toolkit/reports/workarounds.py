"""What users can do while a chart is not to be had: the runbook's workarounds, each tried before it is told."""

from __future__ import annotations

from ..clients.helm.chart import Chart
from ..console.output import status
from ..core.errors import BadInput, RecipeError, Refused
from ..core.versions import version_of_tag
from ..incident.context import Incident

STEP = "workaround"


def release_tag(incident: Incident, version: str) -> str:
    """Return the tag at origin of a release's version; of the newest without one. Raises BadInput if there is none."""
    releases = incident.github.releases()
    wanted = version_of_tag(version) or (releases[0].version if releases else "")
    if wanted and (tag := incident.git.tag_of(wanted)):
        return tag
    found = ", ".join(release.tag for release in releases[:5]) or "none yet"
    what = f"{incident.slug} has no tag v{wanted}" if wanted else f"{incident.slug} has no release"
    raise BadInput(what, f"give --version; the releases are {found}")


def archive_folder(slug: str, tag: str) -> str:
    """Return the name of the folder in GitHub's archive of a tag: a leading v is left out."""
    name = slug.partition("/")[2]
    return f"{name}-{tag[1:] if tag[:1] == 'v' and tag[1:2].isdigit() else tag}"


def workaround_instructions(incident: Incident, version: str = "", own: str = "") -> str:
    """Return as Markdown what users can do: install what the chain published, the repository as it is now, or a release.

    The release is that of `version`, or else the first that can be installed of the one with the tag `own` and the newest.
    Raises BadInput, and Refused when that version, or nothing at all, can be installed.
    """
    git, tip, published = incident.git, incident.git.fetch(incident.branch), _published(incident)
    newest = [] if version else [release.tag for release in incident.github.releases()]
    tags = (
        [release_tag(incident, version)]
        if version
        else list(dict.fromkeys(filter(None, [own, *newest])))
    )
    git.fetch_tags()
    released = (
        [(tags[0], _installable(incident, tags[0], f"refs/tags/{tags[0]}"))] if version else []
    )
    released = released or _first(incident, {tag: f"refs/tags/{tag}" for tag in tags})
    ways = [_repository(incident, chart) for _, chart in _first(incident, {incident.branch: tip})]
    ways += [_release(incident, chart, tag) for tag, chart in released]
    if not ways and not published:
        raise Refused(
            f"neither {' nor '.join([incident.branch, *tags])} can be installed",
            "mend the chart first, then tell users",
        )
    told = [*published]
    if ways:
        begin = (
            "Without the registry"
            if published
            else f"Until `{incident.told.oci}` can be installed from again"
        )
        there = f"there {'are two ways' if len(ways) > 1 else 'is one way'} to install it"
        told += [
            f"{begin}, {there}; if it is installed already, write `helm upgrade` instead of `helm install`.",
            "",
        ]
    for number, (title, lines) in enumerate(ways, 1):
        told += [
            f"**{f'Option {number}: ' * (len(ways) > 1)}{title}**",
            "",
            "```bash",
            *lines,
            "```",
            "",
        ]
    return "\n".join(told)


def _repository(incident: Incident, chart: Chart) -> tuple[str, list[str]]:
    slug = incident.slug
    clone = f"git clone {incident.settings.github_server_url}/{slug}.git"
    return "From the repository, as it is now", [
        clone,
        *_install(incident, chart, slug.partition("/")[2]),
    ]


def _release(incident: Incident, chart: Chart, tag: str) -> tuple[str, list[str]]:
    archive = (
        f"{incident.settings.github_server_url}/{incident.slug}/archive/refs/tags/{tag}.tar.gz"
    )
    get = [
        f"curl --fail --location --remote-name {archive}",
        f"tar -xzf {tag.rpartition('/')[2]}.tar.gz",
    ]
    return f"The release {tag}", [
        *get,
        *_install(incident, chart, archive_folder(incident.slug, tag)),
    ]


def _install(incident: Incident, chart: Chart, folder: str) -> list[str]:
    where = f"./{folder}/{incident.chart_dir}"
    return [f"helm dependency build {where}"] * chart.dependencies + [
        f"helm install {chart.name} {where}"
    ]


def _first(incident: Incident, refs: dict[str, str]) -> list[tuple[str, Chart]]:
    """Return the first that can be installed of what git knows by `refs`, by their names, and tell why those before it cannot."""
    for name, ref in refs.items():
        try:
            return [(name, _installable(incident, name, ref))]
        except Refused as error:
            status(STEP, f"left out: {error.what}", "look")
    return []


def _installable(incident: Incident, name: str, ref: str) -> Chart:
    """Return the chart at a commit, which `name` stands for, once helm has rendered it. Raises Refused with what helm says."""
    folder = incident.chart_dir
    try:
        commit = incident.git.commit(ref)
        chart = incident.chart_at(commit, name)
        with incident.git.worktree(commit, quiet=True) as tree:
            incident.helm.check(tree / folder, chart)
    except (BadInput, Refused) as error:
        raise Refused(
            f"{name} cannot be installed: {error.what}",
            "give another --version, or none for the newest that can be",
        ) from error
    return chart


def _published(incident: Incident) -> list[str]:
    """Return as Markdown how to install the version that the chain published, if anybody can; nothing else."""
    known, settings = incident.known, incident.settings
    if "digest" not in known:
        return []
    place, version = known.get("alias") or known["reference"], known["version"]
    try:
        incident.helm.try_install(place, version, settings.release_name, settings.namespace)
    except RecipeError as error:  # the other ways need no registry
        status(STEP, f"left out: {place} {version} cannot be installed: {error.what}", "look")
        return []
    line = f"helm install {known['name']} {place} --version {version}{' --plain-http' * settings.plain_http}"
    return [
        f"Version {version} can be installed from the registry:",
        "",
        "```bash",
        line,
        "```",
        "",
    ]
