"""Check releases: the outcome of each, and which one is good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial

from ..clients.github.releases import Release
from ..console.findings import Finding, run_checks
from ..console.result import note_chart
from ..core.errors import RecipeError
from ..core.shell import quote
from ..core.versions import same_precedence
from ..incident.project import Project
from ..workflows.deployments import Deployments
from .delivery import Delivery, Evidence, outcome_of, version_evidence
from .releases import highest_first, newest_published
from .version_sync import compare_chart

WAIT_FOR_RUN = "wait for the run"


class ReleaseChecks:
    """Checks of the newest `releases`, newest first, of the chart `name`, if not the clone's."""

    def __init__(
        self,
        project: Project,
        releases: list[Release],
        name: str = "",
    ) -> None:
        self._project = project
        self._releases = releases
        self._chart = name
        self._deployments = Deployments(project)
        self._installable: set[str] = set()
        self._only_run_failed: list[str] = []  # versions that users can install

    def check(self, release: Release) -> Finding:
        """Check that its run succeeded, and that its chart is published with its version."""
        delivery = self._delivery(release)
        chart = self._project.chart_at(release.commit, release.tag)
        rule = self._project.releases.rule_of(release.tag)
        compared = compare_chart(rule, release, chart, "")
        return judge_release(
            delivery,
            version_evidence(chart, compared),
            self._releases[0],
            self._project.settings.wait_timeout,
            self._project.github.now,
        )

    def check_health(self, release: Release) -> Finding:
        """Check that its run succeeded, and that anybody can install its chart."""
        delivery = self._delivery(release)
        installation: Evidence = {}
        if delivery.has_chart:
            installation = self._installation(delivery)
        evidence = delivery.evidence | installation
        text = "\n".join(evidence)
        outcome = outcome_of(evidence)
        if outcome == "failed":
            settings = self._project.settings
            if delivery.is_pending(settings.wait_timeout, self._project.github.now):
                return Finding(release.tag, "unverified", text, WAIT_FOR_RUN)
            if installation and outcome_of(installation) == "passed":
                self._only_run_failed.append(release.version)
            return Finding(release.tag, outcome, text)
        self._installable.add(release.tag)
        _note(delivery)
        published = newest_published(self._project, delivery.reference)
        same = self._release_with_same_files(release, published)
        advice = republish_advice(release, self._releases, published, self._only_run_failed, same)
        return Finding(release.tag, outcome, text, advice)

    def _release_with_same_files(self, good: Release, published: str) -> str:
        """Return the tag of what users get if its files are those of `good` but for Chart.yaml."""
        chart = self._project.chart_dir
        for release in self._releases:
            if release == good or not same_precedence(release.version, published):
                continue
            if not (good.commit and release.commit):
                continue
            with suppress(RecipeError):  # this is only advice
                files = self._project.git.differing_files(good.commit, release.commit, chart)
                if set(files) <= {f"{chart}/Chart.yaml"}:
                    return release.tag
        return ""

    def was_installable(self, release: Release) -> bool:
        """Return whether `check_health` found that anybody can install it."""
        return release.tag in self._installable

    def _delivery(self, release: Release) -> Delivery:
        run = self._deployments.of(release, self._releases)
        users = self._project.install_reference(self._chart)
        reference = users.with_version(release.version)
        manifest = self._project.registry(reference, anonymous=True).manifest(reference)
        return Delivery(release, run, reference, manifest)

    def _installation(self, delivery: Delivery) -> Evidence:
        """Return what came of an installation that was tried as any user."""
        installer = self._project.helm.installer
        settings = self._project.settings
        release = delivery.release
        try:
            chart = installer.show(delivery.reference, release.version)
            objects = installer.try_install(
                delivery.reference.oci,
                release.version,
                settings.release_name,
                settings.namespace,
            )
        except RecipeError as error:
            return {f"it cannot be installed: {error.what}": False}
        rule = self._project.releases.rule_of(release.tag)
        compared = compare_chart(rule, release, chart, "", is_published=True)
        return version_evidence(chart, compared) | {objects: True}


def _note(delivery: Delivery) -> None:
    """Note what is known of a release that is good."""
    reference = delivery.reference.oci
    version = delivery.release.version
    if delivery.manifest:
        note_chart(reference=reference, version=version, digest=delivery.manifest.digest)
    if delivery.run:
        note_chart(run_url=delivery.run.url)


def judge_release(
    delivery: Delivery,
    versions: Evidence,
    newest: Release,
    limit: float,
    now: Callable[[], datetime],
) -> Finding:
    """Return the finding on a release with its versions; its run starts within `limit` seconds.

    `now` asks GitHub for its time.
    """
    release = delivery.release
    evidence = delivery.evidence | versions
    text = "\n".join(evidence)
    outcome = outcome_of(evidence)
    if outcome != "failed":
        return Finding(release.tag, outcome, text)
    if release != newest:  # the triggers check only the newest
        newer = f"{newest.tag} is newer"
        advice = f"{newer}: nothing to do, unless somebody needs {release.version}"
        return Finding(release.tag, "failed", text, advice)
    if delivery.is_pending(limit, now):
        return Finding(release.tag, "unverified", text, WAIT_FOR_RUN)
    return Finding(release.tag, "failed", text, "invoke when.check")


def republish_advice(
    release: Release,
    releases: list[Release],
    published: str,
    only_run_failed: Sequence[str] = (),
    same: str = "",
) -> str:
    """Return the command that publishes a good release again; nothing if users get it already.

    A recovery has published what is above every release, and what users can install of a release
    whose run failed: an older release would hide it. It changes nothing if the files are those of
    the tag `same`, which users get.
    """
    if same_precedence(published, release.version):
        return ""
    if same:
        what = f"no need to publish it again: {same} differs from it in Chart.yaml only"
        return f"{what}; see what to revert: invoke when.check"
    command = f"invoke publish.all --ref {quote(release.tag)} --version next"
    if published in only_run_failed:
        what = "of which only the run failed"
    elif any(same_precedence(published, other.version) for other in releases):
        return command
    else:
        what = "which is no release"
    return f"users get {published}, {what}, as after a recovery; only if that is bad too: {command}"


def find_good_release(project: Project, name: str = "") -> tuple[list[Finding], str]:
    """Check releases, highest first, until one is good; return the findings, and its tag if any.

    `name` is the chart's, if not the clone's.
    """
    releases = project.releases.newest()
    checks = ReleaseChecks(project, releases, name)
    findings: list[Finding] = []
    for release in highest_first(releases):
        check = partial(checks.check_health, release)
        findings += run_checks({release.tag: check}, "unverified")
        if findings[-1].outcome == "passed" or checks.was_installable(release):
            return findings, release.tag
    return findings, ""
