"""Recover on GitHub Actions: start the rollback workflow, follow it, and take its incident over."""

from __future__ import annotations

from dataclasses import replace

from ..clients.github.runs import Run
from ..clients.github.workflow_file import Workflow
from ..console.output import status
from ..console.result import note_chart
from ..console.waiting import Pending
from ..core.errors import BadInput, CheckFailed, RecipeError, Refused
from ..incident.journal import FILE, Journal
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_write
from ..incident.project import Project
from .dispatch import ensure_inputs_accepted
from .laid_files import ENVIRONMENT, ROLLBACK, ROLLBACK_FILE
from .runs import ExpectedRun, naming_what_goes_on, watch_command

ARTIFACT = "incident"
RECOVER_JOB = "Recover"
RECOVERS = "recover"  # begins the title of a run that does; others change nothing
NOT_ASKED = "nobody is asked before it acts"


def recover_on_actions(project: Project, log: IncidentLog, pr: str, version: str) -> bool:
    """Let Actions recover, and take its journal over; return False if there was nothing to do.

    A run that does the same is followed instead. Without `pr` it takes the clear suspect. In a dry
    run the return value is False too. Raises BadInput, Refused, CheckFailed, TookTooLong.
    """
    if log.is_open:
        what = f"incident {log.journal.id} is open on this machine"
        raise Refused(what, "continue it with `invoke recover`, or `invoke timeline.stop` first")
    inputs = {"what": "recover", "pr": _number_of(project, pr), "version": version}
    branch = project.default_branch
    _ensure_laid(project, inputs)
    rollback = _of_rollback(project)
    expected = ExpectedRun(rollback, "workflow_dispatch", branch)
    number = _same_in_progress(project, expected, inputs)
    if not number:
        ensure_may_write(project)
        _warn_without_reviewers(project)
        expected.planned.begin()
        actions = project.github.actions
        started = actions.dispatch(ROLLBACK_FILE, branch, inputs, expected.find_unconfirmed)
        if started is None:
            expected.planned.watch()
            return False
        number = started or _await_start(rollback, expected)
        status(f"run {number} started on {branch}")
    with naming_what_goes_on(lambda: number):
        run = _follow(project, number)
    note_chart(run_url=run.url)
    return _has_recovered(project, log, run)


def _number_of(project: Project, pr: str) -> str:
    """Return the number of a merged pull request; nothing if none is given. Raises BadInput."""
    if not pr:
        return ""
    pulls = project.github.pulls
    pull = pulls.get(pulls.parse_number(pr))
    if pull.state != "MERGED":
        what = f'#{pull.number} "{pull.title}" is {pull.state.lower()}, not merged'
        raise BadInput(what, "there is nothing to revert")
    return str(pull.number)


def _ensure_laid(project: Project, inputs: dict[str, str]) -> None:
    """Raise BadInput if the workflow is not there, or takes other inputs."""
    branch = project.default_branch
    text = project.git.files.read(project.fetch_tip(), ROLLBACK)
    if not text:
        what = f"{branch} has no {ROLLBACK}"
        raise BadInput(what, "`invoke init --actions` writes it: commit and push that first")
    ensure_inputs_accepted(Workflow.parse(text, ROLLBACK), branch, inputs)


def _of_rollback(project: Project) -> Project:
    """Return the project with the runs of the rollback workflow as its runs."""
    settings = replace(project.settings, workflow=ROLLBACK_FILE)
    return Project(settings, project.runner, project.scratch)


def _same_in_progress(project: Project, expected: ExpectedRun, inputs: dict[str, str]) -> int:
    """Return the run in progress that does the same, 0 if there is none. Raises Refused."""
    recoveries = [run for run in expected.in_progress if run.title.startswith(RECOVERS)]
    if not recoveries:
        return 0
    run = recoveries[0]
    what = f'run {run.id} "{run.title}" is in progress'
    if not project.git.history.contains(project.fetch_tip(), run.commit):
        # A tag can have the name of the branch, and another workflow.
        branch = project.default_branch
        advice = f"see {run.url}: who started it, and on which tag"
        raise Refused(f"{what}, and its commit is not on {branch}", advice)
    if run.title != _title(inputs):
        watch = f"wait for it with `{watch_command(run.id)}`"
        raise Refused(what, f"{watch}, then run the same command again")
    status(f"{what}: following it, no new run", "warning")
    return run.id


def _title(inputs: dict[str, str]) -> str:
    """Return the title of a run with these inputs, as the workflow's `run-name` has it."""
    title = inputs["what"]
    if inputs["pr"]:
        title += f" of {inputs['pr']}"
    if inputs["version"]:
        title += f" as {inputs['version']}"
    return title


def _warn_without_reviewers(project: Project) -> None:
    has_reviewers = project.github.environments.has_reviewers(ENVIRONMENT)
    if has_reviewers is None:
        status(f"could not tell whether the environment {ENVIRONMENT} has reviewers", "warning")
    elif not has_reviewers:
        status(f"the environment {ENVIRONMENT} has no reviewers: {NOT_ASKED}", "warning")


def _await_start(rollback: Project, expected: ExpectedRun) -> int:
    rollback.wait(expected.find, f"see https://github.com/{rollback.slug}/actions")
    return expected.number


def _follow(project: Project, number: int) -> Run:
    """Wait until a run has ended; say once that it waits for its approval. Raises TookTooLong."""
    actions = project.github.actions
    is_said = False

    def ended() -> Run | Pending:
        nonlocal is_said
        answer = actions.ended(number)
        if isinstance(answer, Run):
            return answer
        run = actions.run(number)
        if run.status == "waiting" and not is_said:
            is_said = True
            status(
                f"a reviewer of the environment {ENVIRONMENT} must approve it: {run.url}", "next"
            )
        return answer

    return project.wait(ended, watch_command(number))


def _has_recovered(project: Project, log: IncidentLog, run: Run) -> bool:
    """Take over what a run has recorded; return whether it recovered. Raises CheckFailed."""
    conclusions = {}
    for job in project.github.actions.jobs(run.id):
        conclusions[job.name] = job.conclusion
    is_skipped = conclusions.get(RECOVER_JOB) == "skipped"
    if run.conclusion == "success" and is_skipped:
        status(f"run {run.id} found nothing to recover, {run.url}", "done")
        return False
    if not is_skipped:
        _take_journal(project, log, run)
    if run.conclusion != "success":
        what = f"run {run.id} ended in {run.conclusion}, {run.url}"
        raise CheckFailed(what, f"invoke run.logs --run {run.id}")
    status(f"run {run.id} recovered, {run.url}", "done")
    return True


def _take_journal(project: Project, log: IncidentLog, run: Run) -> None:
    """Keep the journal of the incident that a run has opened here too, so that it goes on here."""
    folder = project.scratch / f"run-{run.id}"
    if not project.github.download_artifact(run.id, ARTIFACT, folder):
        status(f"run {run.id} has kept no journal", "warning")
        return
    files = sorted(folder.glob(f"*/{FILE}"))
    for file in files[-1:]:
        try:
            journal = Journal(file)
        except RecipeError as error:
            status(f"the journal of run {run.id} is ignored: {error.what}", "warning")
            continue
        if journal.repository.lower() != project.slug.lower():
            status(f"the journal of run {run.id} is of another repository: ignored", "warning")
        else:
            log.journal.keep_in(log.state, journal.events)
