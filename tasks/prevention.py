"""Prevention Measures."""

from __future__ import annotations

from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import EACH_CHART, ONE_CHART, recipe

OPTIONS = {"strict": "count unverified as failed"}
BRANCH_HELP = {"branch": "the branch at origin; default: the working copy"}
REHEARSE_HELP = {
    "ref": "a branch at origin, a tag or a commit; default: HEAD",
    "pr": "or the pull request: 42, #42 or its URL",
    "as_": "release: as releases are published, the default; tag: a pushed tag; dispatch: by hand",
    "trust-code": "run the code of a fork's pull request, after you have read it",
    "action": "an action that is unknown here, owner/name=FOLDER; may be repeated",
}
DISPATCH_HELP = {
    "ref": "the branch at origin; default: the one checked out",
    "input": "an input, name=value; may be repeated",
}
TEST_TAG_HELP = {
    "tag": "the tag to create, of a pre-release; default: that of the version 999.0.0-test",
    "ref": "the commit or branch to tag; default: HEAD",
    "clean": "also remove what the run published: the chart's version, the release",
}
MONITOR_HELP = {
    "releases": "how many, the newest first: 1 to 10",
    "watch": "check every POLL_INTERVAL seconds, for WAIT_TIMEOUT seconds or until Ctrl-C",
}


@recipe(takes=ONE_CHART, help=BRANCH_HELP | OPTIONS)
def branch(incident: Incident, branch: str = "", strict: bool = False) -> None:
    """1. Always test workflow changes in a feature branch first: check the file and its paths."""
    from .sandbox.rehearsal.start import find_rehearsal
    from .toolkit.console.findings import report
    from .toolkit.diagnosis.release_outlook import rehearse_branch
    from .toolkit.workflows.branch import read_workflow_file
    from .toolkit.workflows.checks import check_workflow_file

    file = read_workflow_file(incident.project, branch)
    findings = check_workflow_file(incident.project, file)
    findings += rehearse_branch(incident.project, branch, find_rehearsal(), findings)
    report(f"{incident.project.workflow_path} on {file.place}", findings, strict)


@recipe(takes=ONE_CHART, iterable=["action"], excluding=[("ref", "pr")], help=REHEARSE_HELP)
def rehearse(
    incident: Incident,
    ref: str = "",
    pr: str = "",
    as_: str = "",
    trust_code: bool = False,
    action: list[str] | None = None,
) -> None:
    """1. and 2. Rehearse a release before merging: the real workflow runs here, pushing nothing."""
    from .sandbox.rehearsal.start import open_rehearsal
    from .toolkit.diagnosis.rehearsal import Request
    from .toolkit.diagnosis.rehearsal import rehearse as rehearse_release

    request = Request(ref, pr, as_, trust_code, action or [])
    rehearse_release(incident.project, request, open_rehearsal)


@recipe(acts=True, iterable=["input"], help=DISPATCH_HELP)
def dispatch(incident: Incident, ref: str = "", input: list[str] | None = None) -> None:
    """2. Use workflow_dispatch to manually test before merging: run it on a branch and watch it."""
    from .toolkit.workflows.dispatch import dispatch_and_watch, parse_inputs

    inputs = parse_inputs(input or [])
    dispatch_and_watch(incident.project, incident.log, ref, inputs)


@recipe(acts=True, takes=ONE_CHART, help=TEST_TAG_HELP)
def test_tag(incident: Incident, tag: str = "", ref: str = "", clean: bool = False) -> None:
    """3. Create test tags to verify the full flow: push a tag, watch its run, delete the tag."""
    from .toolkit.workflows.test_tag import run_release_test

    run_release_test(incident.project, incident.log, tag, ref, clean=clean)


@recipe(takes=EACH_CHART, help=MONITOR_HELP | OPTIONS)
def monitor(
    incident: Incident, releases: str = "3", watch: bool = False, strict: bool = False
) -> None:
    """4. Monitor the first few releases after changes: their runs, published charts, versions."""
    from .toolkit.diagnosis.monitoring import monitor_releases

    monitor_releases(incident.project, incident.log, releases, watch=watch, strict=strict)
