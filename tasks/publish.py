"""Rollback Steps: 2. Emergency Manual Chart Publication."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .toolkit.chart import Chart, contents
from .toolkit.errors import BadInput, Refused, ServiceError
from .toolkit.incident import Incident
from .toolkit.polling import NotYet
from .toolkit.recipe import recipe
from .toolkit.reference import Reference, next_free
from .toolkit.reference import version as semantic_version
from .toolkit.registry import Manifest
from .toolkit.screen import say

PACKAGE_HELP = {
    "ref": "the commit, tag or branch to package; without it the merged revert of this chain, else the working copy",
    "version": "publish under this version instead of Chart.yaml's, such as 1.7.1",
    "app-version": "set this appVersion instead of Chart.yaml's",
}
PACKAGED = ("packaged", "archive", "name", "version", "app_version")  # what is known of an archive
ARCHIVE_HELP = {"archive": "the packaged chart to push; without it the one that publish.package just made"}


@recipe(acts=True, help=PACKAGE_HELP)
def package(incident: Incident, ref: str = "", version: str = "", app_version: str = "") -> None:
    """Package the chart locally: `cd helm/threek8s`, `helm package .`."""
    _package(incident, ref, version, app_version)


@recipe(acts=True)
def login(incident: Incident) -> None:
    """Login to GitHub Container Registry: `echo $GITHUB_TOKEN | helm registry login ghcr.io --password-stdin`."""
    _login(incident)


@recipe(acts=True, help=ARCHIVE_HELP)
def push(incident: Incident, archive: str = "") -> None:
    """Push manually to the registry: `helm push threek8s-*.tgz oci://ghcr.io/stianfro/threek8s/chart`."""
    _push(incident, archive)


@recipe(acts=True)
def logout(incident: Incident) -> None:
    """Forget the registry login, which this process alone knows; it is forgotten at its end in any case."""
    _logout(incident)


@recipe(acts=True, name="all", default=True, help=PACKAGE_HELP)
def everything(incident: Incident, ref: str = "", version: str = "", app_version: str = "") -> None:
    """Release a chart immediately: package, login, push, logout."""
    _package(incident, ref, version, app_version)
    _login(incident)
    try:
        _push(incident)
    finally:
        _logout(incident)


def _package(incident: Incident, ref: str, version: str, app_version: str) -> None:
    """Check and package the chart from where it is known to be good, and keep the archive."""
    step, helm = "publish.package", incident.helm
    options = [f"--version={semantic_version(version, '--version')}"] if version else []
    if app_version and not re.fullmatch(r"[\w.+-]+", app_version):
        raise BadInput(f"--app-version {app_version!r} is not a version", "letters, digits, dots and dashes are needed, for example 1.7.1")
    options += [f"--app-version={app_version}"] * bool(app_version)
    with _source(incident, ref) as (top, source, epoch):
        packaged, known = [source, incident.chart_dir, *options], incident.known
        if epoch and known.get("packaged") == packaged and Path(known["archive"]).is_file():
            say(step, f"{known['archive']} was packaged already from {source}", "done")
            incident.found_done(step, **{name: known[name] for name in PACKAGED})
            return
        folder = top / incident.chart_dir
        chart = helm.chart(folder)
        helm.check(folder, chart)
        with incident.acting(step, source=source) as learned:
            archive = helm.package(
                folder, incident.scratch if incident.dry else incident.archives, options=options, epoch=epoch, shown=incident.archives
            )
            archive.chmod(0o600)
            made = Chart(chart.name, version or chart.version, app_version or chart.app_version)
            learned.update(zip(PACKAGED, (packaged, str(archive), made.name, made.version, made.app_version), strict=True))
    say(step, f"{made.name} {made.version} (app {made.app_version or 'none'}) from {source}", "note" if incident.dry else "done")


@contextmanager
def _source(incident: Incident, ref: str) -> Iterator[tuple[Path, str, int]]:
    """Give the tree to package, what it is in words, and its time: an explicit `ref`, what the chain knows, or the working copy."""
    git, known = incident.git, incident.known
    good = ref or known.get("good_commit", "")
    if not good and "planned" in known:
        with _planned(incident, known["planned"]) as found:
            yield found
        return
    if not good and "revert" in known:
        raise Refused(
            f"the revert #{known['revert']} is not merged, and the working copy is not reverted", "add --merge to the revert, or give --ref"
        )
    if not good:
        dirty = git.changes(incident.root / incident.chart_dir)
        state = f", with uncommitted changes in {len(dirty)} file{'s' * (len(dirty) > 1)}" if dirty else ""
        say("publish.package", f"packaging the working copy{state}: {incident.root / incident.chart_dir}", "look")
        yield incident.root, f"the working copy{state}", 0
        return
    git.fetch(incident.branch)
    if ref:
        git.fetch_tags()
    commit = git.commit(good)
    with git.worktree(commit) as tree:
        yield tree, f"{ref + ' = ' if ref else 'the merged revert '}{git.summary(commit)}", git.time(commit)


@contextmanager
def _planned(incident: Incident, bad: str) -> Iterator[tuple[Path, str, int]]:
    """In a dry run, give the tree that will be there once the planned revert of `bad` is merged."""
    git = incident.git
    tip = git.fetch(incident.branch, show=True)
    with git.worktree(tip, shown="FETCH_HEAD") as tree:
        git.revert(tree, bad, quiet=True)
        yield tree, f"{incident.branch} with {git.summary(bad)} reverted", 0


def _login(incident: Incident) -> None:
    user, token = incident.login
    source = "printenv GITHUB_TOKEN" if incident.settings.github_token else "gh auth token"
    incident.helm.login(incident.target.host, user, token, source)
    if not incident.dry:
        say("publish.login", f"logged in to {incident.target.host} as {user}, for this command alone", "done")


def _logout(incident: Incident) -> None:
    incident.helm.logout(incident.target.host)


def _push(incident: Incident, archive: str = "") -> None:
    """Look what is published, push unless it is there, look again; a version with other content is never overwritten."""
    step, known = "publish.push", incident.known
    file = Path(archive or known.get("archive", ""))
    if not (archive or known.get("archive")):
        raise BadInput("nothing was packaged in this chain", "`invoke publish.package publish.push`, or give --archive FILE")
    if not file.is_file():
        raise BadInput(f"{file} is not a file", "give the archive that publish.package made, such as .rollback/.../threek8s-1.7.1.tgz")
    chart = incident.helm.chart_in(file)
    place = incident.target.chart(chart.name).at(chart.version)
    published = incident.registry(place, anonymous=False).manifest(place)
    if published:
        _compare(incident, file, place, published)
        digest = published.digest
        say(step, f"{place} is published already with the same content, {digest}", "done")
        incident.found_done(step, **_facts(chart, place, digest))
        return
    with incident.acting(step, reference=str(place)) as learned:
        shown = incident.archives / file.name if incident.dry and not archive else file
        place, digest = incident.helm.push(shown, incident.target) or (place, "")
        if not digest:
            learned["planned_push"] = str(place)
            return
        _look_again(incident, place, digest)
        learned.update(_facts(chart, place, digest))
    say(step, f"published {place}, {digest}", "done")


def _compare(incident: Incident, file: Path, place: Reference, published: Manifest) -> None:
    """Raise Refused unless the published archive has the same content as `file`."""
    registry = incident.registry(place, anonymous=False)
    theirs, ours = contents(registry.archive(place, published)), contents(file.read_bytes())
    differing = sorted(name for name in theirs.keys() | ours.keys() if theirs.get(name) != ours.get(name))
    if differing:
        files = ", ".join(differing[:3]) + (f" and {len(differing) - 3} more" if len(differing) > 3 else "")
        free = next_free(place.tag.replace("_", "+"), registry.tags(place) or [])
        what = f"{place} is published already with other content ({published.digest}; {files} differ)"
        raise Refused(what, f"a published version is never overwritten; publish under the next that is free: --version {free}")


def _look_again(incident: Incident, place: Reference, digest: str) -> None:
    """Wait until the registry shows what helm says it pushed: GHCR lags."""
    registry = incident.registry(place, anonymous=False)

    def shown() -> Manifest | NotYet:
        return registry.manifest(place) or NotYet(f"{incident.target.host} to show {place}")

    found = incident.wait("publish.push", shown, "run the same command again: it looks first")
    if found.digest != digest:
        raise ServiceError(
            f"{place} has the digest {found.digest}, but {digest} was pushed", "somebody else published it meanwhile; look before you go on"
        )


def _facts(chart: Chart, place: Reference, digest: str) -> dict[str, object]:
    return {"name": chart.name, "version": chart.version, "app_version": chart.app_version, "reference": place.oci, "digest": digest}
