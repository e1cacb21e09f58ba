"""A chart's archive, made of the tree that is known to be good, and of no other without a word."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import semver

from ..clients.helm.chart import Chart, archive_contents
from ..clients.registry.api import digest_of
from ..console.output import status
from ..core.errors import BadInput, Refused
from ..core.files import sync_to_disk
from ..core.versions import newest_release, next_free, semantic_version
from ..incident.context import Incident

PACKAGE_FACTS = (
    "packaged",
    "archive",
    "sha256",
    "name",
    "version",
    "app_version",
)  # what is known of an archive
NEXT = "next"  # the version that is the next free one


def ensure_well_formed(version: str, app_version: str) -> None:
    """Raise BadInput for versions that no chart can be published under."""
    if version and version != NEXT:
        semantic_version(version, "--version")
    if app_version and not re.fullmatch(r"[\w.+-]+", app_version):
        raise BadInput(
            f"--app-version {app_version!r} is not a version",
            "letters, digits, dots and dashes are needed, for example 1.7.1",
        )


def package_chart(incident: Incident, ref: str, version: str, app_version: str) -> None:
    """Check and package the chart from where it is known to be good, and keep the archive."""
    step, helm = "publish.package", incident.helm
    ensure_well_formed(version, app_version)
    with _source(incident, ref) as (top, source, commit):
        packaged, known = [source, incident.chart_dir, version, app_version], incident.known
        if (
            commit
            and known.get("packaged") == packaged
            and _whole(Path(known.get("archive", "")), known.get("sha256", ""))
        ):
            status(step, f"{known['archive']} was packaged already from {source}", "done")
            incident.found_done(step, **{name: known[name] for name in PACKAGE_FACTS})
            return
        place, epoch = (
            top / incident.chart_dir,
            int(incident.git.when(commit).timestamp()) if commit else 0,
        )
        chart = helm.chart(place)
        folder = (
            _copied(top, incident) if incident.dry and not commit and chart.dependencies else place
        )
        helm.check(folder, chart, place)
        options = [f"--app-version={app_version}"] * bool(app_version)
        if version == NEXT:
            version = _next(incident, folder, chart, options)
            status(step, f"the version after those that are published or released is {version}")
        _compare_with_release(incident, version or chart.version, commit, source)
        options += [f"--version={version}"] * bool(version)
        with incident.acting(step, source=source) as learned:
            into = incident.scratch if incident.dry else incident.archives
            archive = helm.package(
                folder, into, options=options, epoch=epoch, shown=(place, incident.archives)
            )
            archive.chmod(0o600)
            for changed in (archive, archive.parent):
                sync_to_disk(changed)
            digest = digest_of(archive.read_bytes())
            made = Chart(chart.name, version or chart.version, app_version or chart.app_version)
            learned.update(
                zip(
                    PACKAGE_FACTS,
                    (packaged, str(archive), digest, made.name, made.version, made.app_version),
                    strict=True,
                )
            )
    status(
        step,
        f"{made.name} {made.version} (app {made.app_version or 'none'}) from {source}",
        "note" if incident.dry else "done",
    )


def _copied(top: Path, incident: Incident) -> Path:
    """Copy the chart of the working copy, which a dry run leaves alone; what `file://../common` means is found from there as well."""
    source, here = top, incident.scratch / "copy"
    for part in Path(incident.chart_dir).parts:
        here.mkdir()
        for beside in source.iterdir():
            if beside.name not in (part, ".git"):
                (here / beside.name).symlink_to(beside)
        source, here = source / part, here / part
    shutil.copytree(source, here, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    return here


def _whole(archive: Path, digest: str) -> bool:
    """Tell whether an archive is what was packaged: a power cut may have left less of it."""
    return archive.is_file() and digest_of(archive.read_bytes()) == digest


@contextmanager
def _source(incident: Incident, ref: str) -> Iterator[tuple[Path, str, str]]:
    """Give the tree to package, what it is in words, and its commit: an explicit `ref`, what the chain knows, or the working copy."""
    git, known = incident.git, incident.known
    good = ref or known.get("good_commit", "")
    if not good and "planned" in known:
        tip = git.fetch(incident.branch, show=True)
        with git.worktree(
            tip, shown="FETCH_HEAD"
        ) as tree:  # what will be there once the planned revert is merged
            git.revert(tree, known["planned"], quiet=True)
            yield (
                tree,
                f"{incident.branch} with {git.summary(known['planned'])} reverted",
                git.commit("HEAD", at=tree),
            )
        return
    if not good and "revert" in known:
        raise Refused(
            "the revert is not merged, and the working copy is not reverted",
            "add --merge to the revert, or give --ref",
        )
    if not good:
        dirty = git.changes(incident.root / incident.chart_dir)
        state = (
            f", with uncommitted changes in {len(dirty)} file{'s' * (len(dirty) > 1)}"
            if dirty
            else ""
        )
        status(
            "publish.package",
            f"packaging the working copy{state}: {incident.root / incident.chart_dir}",
            "look",
        )
        yield incident.root, f"the working copy{state}", ""
        return
    git.fetch(incident.branch)
    if ref:
        git.fetch_tags()
    commit = (_at_origin(incident, ref.removeprefix("refs/tags/")) if ref else "") or git.commit(
        good
    )
    with git.worktree(commit) as tree:
        yield tree, f"{ref + ' = ' if ref else 'the merged revert '}{git.summary(commit)}", commit


def _compare_with_release(incident: Incident, version: str, commit: str, source: str) -> None:
    """Tell how what is packaged differs from the release of its version, if there is one."""
    tag = incident.git.tag_of(version)
    if not tag:
        return
    files = incident.git.differing(_at_origin(incident, tag, commit), commit, incident.chart_dir)
    if files:
        listed = ", ".join(files[:5]) + (f" and {len(files) - 5} more" if len(files) > 5 else "")
        status(
            "publish.package",
            f"{source} is packaged, not the release {tag}, from which it differs in {listed}",
            "look",
        )
        status("publish.package", f"to publish the release's own chart: --ref {tag}", "next")


def _at_origin(incident: Incident, tag: str, packaged: str = "") -> str:
    """Return the commit that a tag names at origin, or nothing; unless it is what is packaged, say when the clone's tag is another."""
    theirs, ours = incident.git.ends(tag)
    if ours and theirs not in ("", ours, packaged):
        status(
            "publish.package",
            f"the tag {tag} was moved: it is {ours[:12]} here, but {theirs[:12]} at origin, which is taken",
            "look",
        )
    return theirs


def _next(incident: Incident, folder: Path, chart: Chart, options: list[str]) -> str:
    """Return the version that this tree has already as the newest one published, or else the next free patch version.

    What stands at any of the places counts: helm takes the highest there.
    """
    place, places = incident.target.chart(chart.name), incident.places(name=chart.name)
    registries = {
        other: incident.registry(other, anonymous=other.host != place.host) for other in places
    }  # the login is for one host
    tags = [tag for other, registry in registries.items() for tag in registry.tags(other) or []]
    published = newest_release(tags)
    standing = (
        {other: registry.manifest(other.at(published)) for other, registry in registries.items()}
        if published
        else {}
    )
    manifest = standing.get(place)
    if manifest and all(
        found is None or found.digest == manifest.digest for found in standing.values()
    ):
        again = incident.helm.package(
            folder, incident.scratch, options=[*options, f"--version={published}"]
        )
        if archive_contents(again.read_bytes()) == archive_contents(
            registries[place].archive(place.at(published), manifest)
        ):
            return published
    versions = [
        published,
        chart.version,
        *(release.version for release in incident.github.releases()),
    ]
    highest = max(
        semver.Version.parse(found) for found in versions if semver.Version.is_valid(found)
    )
    return next_free(
        str(highest.finalize_version()), tags
    )  # a pre-release would not be taken by users
