"""Whether the next automatic release will work: a rehearsal at the end of another task."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial

from ..console.finding import unread_labels
from ..console.findings import Finding, failing
from ..console.output import status
from ..console.waiting import in_background
from ..core.errors import RecipeError
from ..incident.log import IncidentLog
from ..incident.project import Project, each_chart
from .rehearsal import rehearse_release
from .rehearsal_parts import Open
from .rehearsed_commit import ask_briefly, commit_named
from .rehearsed_release import plan_release

SEE = "invoke prevention.rehearse"


@dataclass(frozen=True)
class NextRelease:
    """A rehearsal of the release of `commit`, which was begun; `finish` reports what it found."""

    commit: str
    findings: Future[list[Finding]]

    def finish(self) -> None:
        """Wait for the end, and report whether the next release will work."""
        see = f"{SEE} --ref {self.commit[:12]}"
        try:
            findings = self.findings.result()
        except RecipeError as error:
            self._report_failure(error.what)
            return
        except Exception as error:  # whatever it is, the recovery itself is done
            self._report_failure(repr(error))
            return
        failed = failing(findings, strict=False)
        if failed:
            what = f"the next automatic release will fail: {', '.join(failed)}"
            status(what, "warning", advice=see)
        elif unread_labels(findings):
            what = "could not tell whether the next automatic release will work"
            status(what, "warning", advice=see)
        else:
            status("rehearsed: the next automatic release will work", "done")

    def _report_failure(self, what: str) -> None:
        see = f"{SEE} --ref {self.commit[:12]}"
        status(f"could not rehearse the next release: {what}", "warning", advice=see)


def watch_next_release(
    charts: Sequence[Project],
    log: IncidentLog,
    open_rehearsal: Open | None,
) -> None:
    """Rehearse the release of the merged revert in the background, where that can be done.

    The command ends when the rehearsal has. A dry run merges nothing, and rehearses nothing.
    """
    commit = log.facts.good_commit
    project = charts[0]
    if not open_rehearsal or not project.settings.rehearse:
        return
    if log.has_planned_changes or not commit:
        return
    call = partial(_rehearse_each, charts, commit, open_rehearsal)
    project.watches.add(NextRelease(commit, in_background(call)))


def _rehearse_each(charts: Sequence[Project], commit: str, open_rehearsal: Open) -> list[Finding]:
    findings = []
    for chart in each_chart(charts):
        project = ask_briefly(chart)
        release = plan_release(project, commit)
        findings += rehearse_release(project, release, open_rehearsal, {}, quiet=True)
    return findings


def rehearse_branch(
    project: Project,
    branch: str,
    open_rehearsal: Open | None,
    findings: Sequence[Finding],
) -> list[Finding]:
    """Return what a rehearsal of a branch at origin, or of HEAD, finds where it can be done.

    None is made if the `findings` on the file of the workflow say that it fails.
    """
    if not open_rehearsal or not project.settings.rehearse:
        return []
    if failing(list(findings), strict=False):
        return []
    project = ask_briefly(project)
    commit = commit_named(project, branch)
    release = plan_release(project, commit)
    status(f"rehearsing the release {release.version}: {release.how}")
    found = rehearse_release(project, release, open_rehearsal, {})
    return [replace(finding, unread=False) for finding in found]
