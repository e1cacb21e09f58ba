"""Find when the trouble began: after the last good release, with the first bad one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..clients.github.releases import Release
from ..clients.registry.manifest import Manifest
from ..console.waiting import meanwhile, run_parallel
from ..incident.project import Project
from ..workflows.deployments import Deployments
from ..workflows.public import public_chart
from .failure import find_failure
from .releases import published_manifest
from .version_sync import compare_chart

SEARCHED = (10, 30)  # releases, the second only if all of the first are bad


@dataclass(frozen=True)
class Trouble:
    """A bad release, with the `last_good` one before it and the `first_bad` after that.

    Without a good one `first_bad` is the oldest of the `releases` that were searched. Without
    `first_bad` the release itself is good: what is wrong came after it.
    """

    release: Release
    last_good: Release | None
    first_bad: Release | None
    releases: tuple[Release, ...] = ()
    is_good_by_run: bool = False  # its run succeeded, but users do not find its chart either

    @property
    def since(self) -> str:
        """The commit after which the cause landed; nothing if it may be the very first."""
        if self.last_good:
            return self.last_good.commit
        if len(self.releases) < SEARCHED[-1] or self.first_bad is None:
            return ""
        return self.first_bad.commit

    def __str__(self) -> str:
        if self.last_good is None:
            return f"no good release among the newest {len(self.releases)}"
        kind = "release whose run succeeded" if self.is_good_by_run else "good release"
        last = f"{self.last_good.tag} (the last {kind})"
        if self.first_bad is None:
            return f"after {last}"
        return f"between {last} and {self.first_bad.tag}"


@dataclass(frozen=True)
class Health:
    """Whether a release's run succeeded, and whether users get its chart as it should be."""

    has_run: bool
    is_healthy: bool


class _Search:
    """The search for the last good one of `releases`, newest first."""

    def __init__(
        self, project: Project, releases: Sequence[Release], name: str, compares_versions: bool
    ) -> None:
        self._project = project
        self._releases = releases
        self._users = project.install_reference(name)
        self._compares_versions = compares_versions
        self._deployments = Deployments(project)

    def find_first_good(self, start: int) -> tuple[int, int]:
        """Return the place of the first good release from `start` on, or -1.

        With the place of the first whose run succeeded, or -1. A few are checked at a time.
        """
        has_run = -1
        size = 1
        while start < len(self._releases):
            part = self._releases[start : start + size]
            checked = self._check_all(part)
            for place, health in enumerate(checked, start):
                if health.is_healthy:
                    return place, place
                if health.has_run and has_run < 0:
                    has_run = place
            start += size
            size *= 2
        return -1, has_run

    def _check_all(self, releases: Sequence[Release]) -> list[Health]:
        """Check releases at the same time; of a single one its run and its chart too."""
        early = []
        if len(releases) == 1:  # of many most failed, so that their charts do not matter
            early.append(partial(self._read_manifest, releases[0]))
        checks = []
        for release in releases:
            checks.append(partial(self.check, release))
        with meanwhile(*early):
            return run_parallel(checks, ends_all=False)

    def _read_manifest(self, release: Release) -> Manifest | None:
        reference = self._users.with_version(release.version)
        manifest, _ = published_manifest(self._project, reference)
        return manifest

    def check(self, release: Release) -> Health:
        """Check the run of a release, and its chart where users install from."""
        run = self._deployments.of(release, self._releases)
        if run and run.conclusion != "success":
            failure = find_failure(self._project, release, run)
            if failure is None or not failure.has_pushed:
                return Health(has_run=False, is_healthy=False)
        manifest = self._read_manifest(release)
        is_chart = manifest is not None and manifest.is_chart
        is_healthy = is_chart and (not self._compares_versions or self._is_in_sync(release))
        return Health(has_run=run is not None, is_healthy=is_healthy)

    def _is_in_sync(self, release: Release) -> bool:
        """Return whether the chart at the tag, and the published one, have the right versions."""
        rule = self._project.releases.rule_of(release.tag)
        tagged = self._project.chart_at(release.commit, release.tag)
        compared = compare_chart(rule, release, tagged, "")
        published = public_chart(self._project, self._users.with_version(release.version))
        compared += compare_chart(rule, release, published, "", is_published=True)
        return all(one.is_kept for one in compared)


def find_trouble(
    project: Project,
    release: Release,
    fired: Sequence[str],
    name: str = "",
) -> Trouble:
    """Return when the trouble of a release began, for which triggers fired.

    If only its versions are out of sync, the release itself may be good.
    """
    start = 0 if list(fired) == ["versions"] else 1
    trouble = Trouble(release, None, release)
    for limit in SEARCHED:
        releases = _up_to(release, project.releases.newest(limit))
        search = _Search(project, releases, name, "versions" in fired)
        good, has_run = search.find_first_good(start)
        trouble = _trouble_at(release, releases, good)
        if good < 0 <= has_run and start and not search.check(release).has_run:
            trouble = replace(_trouble_at(release, releases, has_run), is_good_by_run=True)
        if trouble.last_good or len(releases) < limit:
            break
    return trouble


def _up_to(release: Release, releases: Sequence[Release]) -> list[Release]:
    """Return a release and those before it, newest first; several may be of one second."""
    tags = [other.tag for other in releases]
    if release.tag in tags:
        return list(releases[tags.index(release.tag) :])
    earlier = [other for other in releases if other.published_at < release.published_at]
    return [release, *earlier]


def _trouble_at(release: Release, releases: Sequence[Release], good: int) -> Trouble:
    if good < 0:
        return Trouble(release, None, releases[-1], tuple(releases))
    first_bad = releases[good - 1] if good else None
    return Trouble(release, releases[good], first_bad, tuple(releases))
