"""Run the workflow by hand (workflow_dispatch) on a branch, and watch the run."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..clients.github.runs import Run
from ..clients.github.workflow_file import Workflow
from ..console.output import status
from ..core.errors import BadInput, Refused
from ..core.shell import quote
from ..incident.facts import Facts
from ..incident.log import IncidentLog
from ..incident.permissions import ensure_may_write
from ..incident.project import Project
from .branch import TEST_VERSION, fetch_branch
from .callers import workflow_at
from .checks import MERGE_FIRST, NOT_ON_BRANCH
from .paths import join_words
from .runs import (
    ExpectedRun,
    naming_what_goes_on,
    report_result,
    watch_command,
    watch_run,
)


def parse_inputs(texts: Sequence[str]) -> dict[str, str]:
    """Return the inputs given as name=value. Raises BadInput."""
    for text in texts:
        if not re.match(r"[\w-]+=", text):
            what = f"--input {text!r} is not name=value"
            raise BadInput(what, f"for example --input chart_version={TEST_VERSION}")
    return dict(text.split("=", 1) for text in texts)


def dispatch_and_watch(
    project: Project,
    log: IncidentLog,
    ref: str,
    inputs: dict[str, str],
) -> None:
    """Run the workflow on the branch `ref`, or else the current one, and watch it to its end.

    Raises BadInput for what GitHub would refuse, Refused, CheckFailed, TookTooLong.
    """
    ref = ref or project.git.current_branch()
    if not ref:
        advice = f"say which to run on, for example --ref {quote(project.default_branch)}"
        raise BadInput("no branch is checked out", advice)
    commit = fetch_branch(project, ref)
    workflow = workflow_at(project, commit, ref)
    ensure_inputs_accepted(workflow, ref, inputs)
    _ensure_known_to_github(project, ref)
    expected = ExpectedRun(project, "workflow_dispatch", ref)
    earlier = expected.earlier_in_progress
    if earlier:
        _watch_earlier(project, earlier, inputs)
        return
    ensure_may_write(project)
    with log.recording_step(opens=False, ref=ref, inputs=inputs) as outcome:
        file = project.settings.workflow
        actions = project.github.actions
        expected.planned.begin()
        number = actions.dispatch(file, ref, inputs, expected.find_unconfirmed)
        if number is None:
            expected.planned.watch()
            return
        with naming_what_goes_on(lambda: expected.number):
            run = expected.watch(number)
        outcome.learn(Facts(run=run.id))
    report_result(run)


def _watch_earlier(project: Project, earlier: Run, inputs: dict[str, str]) -> None:
    """Watch a run that is in progress, if it may be the wanted one. Raises Refused, CheckFailed."""
    what = f"run {earlier.id} is in progress on {earlier.branch}"
    if inputs:
        command = watch_command(earlier.id)
        advice = f"wait for it with `{command}`, then run the same command again"
        raise Refused(f"{what}, and its inputs are not visible", advice)
    status(f"{what}: watching it, no new run", "warning")
    with naming_what_goes_on(lambda: earlier.id):
        run = watch_run(project, earlier.id)
    report_result(run)


def ensure_inputs_accepted(workflow: Workflow, ref: str, inputs: dict[str, str]) -> None:
    """Raise BadInput, with what the workflow takes, for inputs that GitHub would refuse."""
    place = f"the workflow on {ref}"
    accepted = workflow.inputs
    if accepted is None:
        what = f"{place} does not accept workflow_dispatch"
        raise BadInput(what, "add `workflow_dispatch:` under `on:`")
    unknown = [name for name in inputs if name not in accepted]
    if unknown:
        what = f"{place} has no input {join_words(unknown)}"
        names = ", ".join(accepted) or "none"
        raise BadInput(what, f"it takes {names}")
    required = sorted(workflow.required_inputs)
    missing = [name for name in required if not inputs.get(name)]
    if missing:
        what = f"{place} needs {join_words(missing)}"
        options = [f"--input {name}=..." for name in missing]
        raise BadInput(what, " ".join(options))


def _ensure_known_to_github(project: Project, ref: str) -> None:
    """Raise BadInput for a workflow that GitHub does not know yet."""
    file = project.settings.workflow
    main = project.default_branch
    try:
        project.github.actions.workflow(file)
    except BadInput as error:
        tip = project.git.fetch(main)
        if project.git.files.read(tip, project.workflow_path):
            raise
        what = f"{file} on {ref} cannot be run by hand yet: {NOT_ON_BRANCH.format(main)}"
        raise BadInput(what, MERGE_FIRST) from error
