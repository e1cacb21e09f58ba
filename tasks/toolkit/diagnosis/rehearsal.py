"""Rehearse a release: run the repository's own workflow on this machine, and judge what it did."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ..console.findings import Finding, report, run_checks
from ..console.output import status
from ..console.result import add_details
from ..console.signals import shutting_down
from ..console.waiting import Pending, poll_until
from ..core.errors import BadInput, ProgramMissing, TookTooLong
from ..incident.project import Project
from ..workflows.chart_references import ChartReferences
from .rehearsal_by_tag import find_by_tag
from .rehearsal_checks import check_availability, check_versions
from .rehearsal_comparison import check_changes, check_overwriting, check_users
from .rehearsal_parts import Open, Rehearsal, Results
from .rehearsed import Rehearsed, describe_pushed
from .rehearsed_commit import ask_briefly, choose_commit
from .rehearsed_place import check_place
from .rehearsed_release import RehearsedRelease, plan_release
from .rehearsed_run import check_isolation, check_run

TICK = 0.1  # seconds between two looks


@dataclass(frozen=True)
class Request:
    """What to rehearse, as it was typed: a branch or a pull request, the way of its release.

    `actions` are `owner/name=FOLDER`. `trust_code` permits the code of a fork.
    """

    ref: str = ""
    pr: str = ""
    way: str = ""
    trust_code: bool = False
    actions: Sequence[str] = ()


def rehearse(project: Project, request: Request, open_rehearsal: Open) -> None:
    """Run the workflow that publishes the chart, and show what it did and where it pushed.

    Nothing is pushed to any real registry. Raises CheckFailed, ServiceError, BadInput, Refused.
    """
    actions = parse_actions(request.actions)
    trust = request.trust_code
    commit, place = choose_commit(project, request.ref, request.pr, trust_code=trust)
    project = ask_briefly(project)
    release = plan_release(project, commit, request.way)
    status(f"rehearsing the release {release.version} of {place}: {release.how}")

    run = partial(rehearse_release, project, open_rehearsal=open_rehearsal, actions=actions)
    findings = run(release, is_noted=True)
    if not request.way:
        findings += find_by_tag(project, commit, findings, run)
    report(f"Rehearsal of {place}, {commit[:12]}", findings)


def rehearse_release(
    project: Project,
    release: RehearsedRelease,
    open_rehearsal: Open,
    actions: Mapping[str, Path],
    *,
    quiet: bool = False,
    is_noted: bool = False,
) -> list[Finding]:
    """Return what a rehearsal of a release finds; unless `quiet`, show what is waited for.

    If it `is_noted`, the result for --json has its steps.
    Raises ProgramMissing without helm or act.
    """
    project.helm.ensure_installed()
    name = project.chart_at(release.commit).name
    references = ChartReferences.of(project, name)
    with _open(project, release, open_rehearsal, actions) as rehearsal:
        results = _run(project, rehearsal, quiet=quiet)
        rehearsed = Rehearsed(release, results, references, project.workflow_path)
        if is_noted:
            _note(rehearsed)
        return run_checks(_checks(project, rehearsed, rehearsal), "unverified")


def _open(
    project: Project,
    release: RehearsedRelease,
    open_rehearsal: Open,
    actions: Mapping[str, Path],
) -> AbstractContextManager[Rehearsal]:
    return open_rehearsal(
        clone=project.root,
        slug=project.slug,
        default_branch=release.default_branch,
        commit=release.commit,
        path=release.path,
        event=release.event,
        ref=release.ref,
        tag=release.tag,
        version=release.version,
        message=release.message,
        edits=release.edits,
        inputs=release.inputs,
        actions=actions,
        limit=project.settings.wait_timeout,
        report_set_up=partial(status, step="set-up"),
        refusal=BadInput,
        missing=ProgramMissing,
    )


def _checks(
    project: Project, rehearsed: Rehearsed, rehearsal: Rehearsal
) -> dict[str, Callable[[], Finding]]:
    """Return the checks by the names of their rows; most are of the chart that was pushed."""
    checks = {
        "run": partial(check_run, rehearsed),
        "pushed": partial(check_place, rehearsed),
    }
    of_chart = {
        "availability": partial(check_availability, rehearsed, rehearsal),
        "versions": partial(check_versions, rehearsed),
        "references": partial(check_users, project, rehearsed),
        "changes": partial(check_changes, project, rehearsed),
        "overwriting": partial(check_overwriting, project, rehearsed),
    }
    if rehearsed.charts:
        checks |= of_chart
    return {**checks, "isolation": partial(check_isolation, rehearsed)}


def _run(project: Project, rehearsal: Rehearsal, *, quiet: bool) -> Results:
    """Run the workflow to its end, or to WAIT_TIMEOUT, and return what it did."""

    def probe() -> bool | Pending:
        return rehearsal.has_ended() or Pending(rehearsal.current())

    rehearsal.begin()
    limit = project.settings.wait_timeout
    try:
        if quiet:
            _wait_quietly(rehearsal, limit)
        else:
            poll_until(probe, interval=TICK, limit=limit, advice="set WAIT_TIMEOUT, in seconds")
    except TookTooLong:
        rehearsal.stop()
    return rehearsal.collect()


def _wait_quietly(rehearsal: Rehearsal, limit: float) -> None:
    """Wait in the background. Raises TookTooLong after `limit` seconds, or at the end of all."""
    deadline = time.monotonic() + limit
    while not rehearsal.has_ended():
        if shutting_down.wait(TICK) or time.monotonic() > deadline:
            raise TookTooLong("the rehearsal did not end", "set WAIT_TIMEOUT, in seconds")


def parse_actions(texts: Sequence[str]) -> dict[str, Path]:
    """Return the folders of actions given as owner/name=FOLDER. Raises BadInput."""
    folders = {}
    for text in texts:
        name, _, folder = text.partition("=")
        if name.count("/") != 1 or not folder:
            what = f"--action {text!r} is not owner/name=FOLDER"
            raise BadInput(what, "for example --action sigstore/cosign-installer=./actions/cosign")
        folders[name] = Path(folder).resolve()
    return folders


def _note(rehearsed: Rehearsed) -> None:
    """Note the steps and what was pushed in the result for --json."""
    release, results = rehearsed.release, rehearsed.results
    steps = []
    for step in results.steps:
        steps.append(
            {
                "job": step.job,
                "step": step.name,
                "conclusion": step.conclusion,
                "not_rehearsed": list(step.not_rehearsed),
            }
        )
    add_details(
        {
            "rehearsed": {
                "commit": release.commit,
                "version": release.version,
                "how": release.how,
                "conclusion": results.conclusion,
                "steps": steps,
                "pushed": [describe_pushed(one) for one in results.pushed],
            }
        }
    )
