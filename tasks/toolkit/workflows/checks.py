"""What can be said of a workflow's file before it runs, and of a release after it did, as findings."""

from __future__ import annotations

import textwrap
from datetime import UTC, datetime

from ..clients.github.actionlint import run_actionlint
from ..clients.github.actions import Run, run_of_release
from ..clients.github.issues import Release
from ..clients.github.workflow_file import Workflow
from ..console.findings import Finding
from ..core.errors import BadInput
from ..core.versions import same_precedence
from ..incident.context import Incident

TEST_VERSION = "999.0.0-test"  # a pre-release, which nobody gets who does not ask for it
# https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_dispatch
UNKNOWN = "GitHub does not know the file before it is on {}"
MERGE_FIRST = (
    "merge it there first, if need be with one step that does nothing; then run yours on its branch"
)


def check_branch(incident: Incident, here: str, changed: bool, moved: bool) -> Finding:
    """The workflow is changed on a feature branch only."""
    main = incident.branch
    if changed and here in ("", main):
        return Finding(
            "branch",
            "failed",
            f"the workflow is changed on {here or 'no branch'}",
            "git switch --create a-feature-branch",
        )
    if moved and not changed:
        what = f"the workflow on {here or 'no branch'} is older than on {main}, where it was changed meanwhile"
        return Finding("branch", "unverified", what, catch_up_command(incident, here))
    if moved:
        return Finding(
            "branch",
            "failed",
            f"the workflow is changed on {here}, and on {main} meanwhile",
            f"git rebase origin/{main}, and test it again",
        )
    return Finding(
        "branch",
        "passed",
        f"the workflow is changed on {here} only" if changed else f"the workflow is as on {main}",
    )


def catch_up_command(incident: Incident, here: str) -> str:
    """Return the command that brings the branch `here` up to the default branch."""
    return "git pull" if here == incident.branch else f"git rebase origin/{incident.branch}"


def check_form(incident: Incident, text: str, workflow: Workflow) -> Finding:
    """The workflow is well formed: actionlint says so where it is installed."""
    found = run_actionlint(incident.commands, text)
    judge = (
        "GitHub's demands on its shape (actionlint, which knows more, is not installed)"
        if found is None
        else "actionlint"
    )
    faults = workflow.faults() if found is None else found
    if faults:
        more = f"\nand {len(faults) - 5} more" if len(faults) > 5 else ""
        return Finding(
            "form",
            "failed",
            "\n".join(textwrap.shorten(fault, 200) for fault in faults[:5]) + more,
            "mend the file",
        )
    return Finding(
        "form", "passed", f"it meets {judge}" if found is None else f"{judge} finds nothing"
    )


def check_dispatch(here: str, workflow: Workflow, lacking: str = "") -> Finding:
    """The workflow can be run by hand; `lacking` is the default branch if the file is not on it."""
    if workflow.faults():
        return Finding("dispatch", "unverified", "it is not well formed", "mend it first")
    if workflow.inputs is None:
        return Finding(
            "dispatch",
            "failed",
            "it does not accept workflow_dispatch",
            "add `workflow_dispatch:` under `on:`",
        )
    if lacking:
        return Finding(
            "dispatch",
            "unverified",
            f"it accepts workflow_dispatch, but {UNKNOWN.format(lacking)}",
            MERGE_FIRST,
        )
    given = "".join(
        f" --input {name}={TEST_VERSION}" for name in workflow.needed if "version" in name.lower()
    )
    return Finding(
        "dispatch",
        "passed",
        "it accepts workflow_dispatch",
        f"invoke prevention.dispatch --ref {here or 'BRANCH'}{given}",
    )


def workflow_references(incident: Incident, workflow: Workflow) -> tuple[set[str], set[str]]:
    """Return where the workflow pushes to, and the references that it gets a chart from."""
    owner, _, repository = incident.slug.partition("/")
    context = {
        "github.repository": incident.slug,
        "github.repository_owner": owner,
        "github.event.repository.name": repository,
    }
    return workflow.references(context)


def check_path(incident: Incident, workflow: Workflow, name: str) -> Finding:
    """Where the workflow pushes to, with the chart's name appended, is where it verifies and where users install from."""
    if workflow.faults():
        return Finding("path", "unverified", "it is not well formed", "mend it first")
    pushed, used = workflow_references(incident, workflow)
    unknown = sorted(text for text in pushed | used if "$" in text)
    if not pushed or unknown:
        why = (
            f"{', '.join(unknown)} is known only in the run"
            if unknown
            else "no `helm push` is in its steps"
        )
        return Finding("path", "unverified", why, "write the reference out, in `env`")
    published, told = {f"{text}/{name}" for text in pushed}, incident.told.oci
    evidence = [
        f"it pushes to {join_words(pushed)}, so that helm publishes at {join_words(published)}"
    ]
    evidence += [f"it looks at {join_words(used)}"] * bool(used) + [f"users install from {told}"]
    if published == {told} and used <= published:
        return Finding("path", "passed", "\n".join(evidence))
    remedy = (
        f"helm push appends the chart's name: push to {told.rpartition('/')[0]}, and look at {told}"
    )
    if not told.endswith(f"/{name}"):
        remedy = f"helm push appends the chart's name: look at {join_words(published)}, and tell users so (CHART_REF)"
    return Finding("path", "failed", "\n".join(evidence), remedy)


def join_words(words: set[str]) -> str:
    """Return the words, sorted, as a sentence has them."""
    return " and ".join(sorted(words))


def ensure_inputs_accepted(workflow: Workflow, ref: str, values: dict[str, str]) -> None:
    """Raise BadInput, saying what the workflow takes, for inputs that GitHub would refuse."""
    if workflow.inputs is None:
        raise BadInput(
            f"the workflow on {ref} does not accept workflow_dispatch",
            "add `workflow_dispatch:` under `on:`",
        )
    takes = ", ".join(workflow.inputs) or "none"
    if unknown := set(values) - set(workflow.inputs):
        raise BadInput(
            f"the workflow on {ref} has no input {join_words(unknown)}", f"it takes {takes}"
        )
    if missing := {name for name in workflow.needed if not values.get(name)}:
        raise BadInput(
            f"the workflow on {ref} needs {join_words(missing)}",
            " ".join(f"--input {name}=..." for name in sorted(missing)),
        )


def ensure_known(incident: Incident, ref: str) -> None:
    """Raise BadInput for a workflow on `ref` that GitHub does not know yet."""
    try:
        incident.github.workflow(incident.settings.workflow)
    except BadInput as error:
        if incident.git.file(incident.git.fetch(incident.branch), incident.workflow_file):
            raise
        what = f"{incident.settings.workflow} on {ref} cannot be run by hand yet, since {UNKNOWN.format(incident.branch)}"
        raise BadInput(what, MERGE_FIRST) from error


def check_release(
    incident: Incident, what: Release, releases: list[Release], runs: list[Run]
) -> Finding:
    """Of one release: its newest run succeeded, its chart is there for anybody, and its Chart.yaml says its version."""
    run, newer = run_of_release(what, releases, runs, incident.branch), releases[0] != what
    place = incident.told.at(what.version)
    manifest = incident.registry(place, anonymous=True).manifest(place)
    chart = incident.chart_at(incident.git.commit(f"refs/tags/{what.tag}"), what.tag)
    told = {
        f"run {run.id}: {run.conclusion or run.status}" if run else "no run": bool(
            run and run.conclusion == "success"
        ),
        f"{place} is {'there, ' + manifest.digest if manifest else 'not there'}": bool(manifest),
        f"version {chart.version}, appVersion {chart.app_version}": all(
            same_precedence(v, what.version) for v in (chart.version, chart.app_version)
        ),
    }
    age = (datetime.now(UTC) - what.published_at).total_seconds()
    pending = run.status != "completed" if run else age < incident.settings.wait_timeout
    if all(told.values()):
        return Finding(what.tag, "passed", "\n".join(told))
    if newer:  # of which when.check says nothing
        done = f"{releases[0].tag} is newer: nothing is to be done, unless somebody needs {what.version}"
        return Finding(what.tag, "failed", "\n".join(told), done)
    outcome, advice = (
        ("unverified", "wait for the run") if pending else ("failed", "invoke when.check")
    )
    return Finding(what.tag, outcome, "\n".join(told), advice)
