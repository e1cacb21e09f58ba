"""Prevention Measures."""

from __future__ import annotations

import re
from functools import partial

from .toolkit.clients.github.workflow_file import Workflow
from .toolkit.console.findings import (
    Finding,
    failing,
    report,
    run_checks,
    show_findings,
    watch_findings,
)
from .toolkit.console.output import status
from .toolkit.core.errors import BadInput, CheckFailed, Refused
from .toolkit.incident.context import Incident
from .toolkit.incident.recipe import recipe
from .toolkit.workflows import checks
from .toolkit.workflows.runs import RunStart, ensure_successful, watch_run
from .toolkit.workflows.test_tag import USUAL, ReleaseTest

OPTIONS = {"strict": "count unverified as failed", "json": "print the result as JSON on stdout"}


@recipe(help={"branch": "the branch at origin to look at; without it the working copy", **OPTIONS})
def branch(incident: Incident, branch: str = "", strict: bool = False, json: bool = False) -> None:
    """1. Always test workflow changes in a feature branch first: changed there only, well formed, and right about its paths."""
    git, path = incident.git, incident.workflow_file
    tip = git.fetch(incident.branch)
    if branch:
        _at_origin(incident, branch)
    ours = git.fetch(branch) if branch else git.commit("HEAD")
    here, file = branch or git.current_branch(), incident.root / path
    text = (
        git.file(ours, path)
        if branch
        else file.read_text(encoding="utf-8")
        if file.is_file()
        else ""
    )
    if not text:
        raise BadInput(
            f"{here or 'the working copy'} has no {path}",
            "set WORKFLOW to the file's name in .github/workflows",
        )
    workflow = Workflow.parse(text, path)
    base, main = git.file(git.merge_base(ours, tip), path), git.file(tip, path)
    wanted = {
        "branch": partial(checks.check_branch, incident, here, text != base, main != base),
        "form": partial(checks.check_form, incident, text, workflow),
        "dispatch": partial(checks.check_dispatch, here, workflow, "" if main else incident.branch),
        "path": partial(checks.check_path, incident, workflow, incident.chart_at(ours).name),
    }
    found = run_checks(wanted, "unverified")
    report(f"{path} on {here or 'no branch'}", found, json, strict)


@recipe(
    acts=True,
    iterable=["input"],
    help={
        "ref": "the branch at origin; without it the one checked out",
        "input": "an input, name=value; may be repeated",
    },
)
def dispatch(incident: Incident, ref: str = "", input: list[str] | None = None) -> None:  # noqa: A002
    """2. Use workflow_dispatch to manually test before merging: run it on a branch, and watch it to its end."""
    step, file = "prevention.dispatch", incident.settings.workflow
    ref, values = ref or incident.git.current_branch(), _values(input or [])
    if not ref:
        raise BadInput(
            "no branch is checked out to run it on",
            f"say which, for example --ref {incident.branch}",
        )
    _at_origin(incident, ref)
    checks.ensure_inputs_accepted(incident.workflow_at(incident.git.fetch(ref)), ref, values)
    checks.ensure_known(incident, ref)
    start = RunStart(incident, "workflow_dispatch", ref)
    if start.at_work and values:
        advice = f"wait for it with `gh run watch {start.at_work.id} --repo {incident.slug}`, then type it again"
        raise Refused(
            f"run {start.at_work.id} is at work on {ref}, and its inputs cannot be seen", advice
        )
    if start.at_work:
        status(
            step,
            f"run {start.at_work.id} is at work on {ref}: it is watched, and no other started",
            "look",
        )
        status(
            step, ensure_successful(incident, watch_run(incident, step, start.at_work.id)), "done"
        )
        return
    with incident.acting(step, opens=False, ref=ref, inputs=values) as learned:
        number = incident.github.dispatch(file, ref, values)
        if incident.dry:
            return
        learned["run"] = number or start.began(step)
        status(step, f"started run {learned['run']} on {ref}", "done")
        ended = watch_run(incident, step, learned["run"])
    status(step, ensure_successful(incident, ended), "done")


@recipe(
    acts=True,
    help={
        "tag": "the tag to make, a pre-release",
        "ref": "the commit or branch to tag; without it what is checked out",
        "clean": "remove too what the run published: the chart's version, the release",
    },
)
def test_tag(incident: Incident, tag: str = USUAL, ref: str = "", clean: bool = False) -> None:
    """3. Create test tags to verify the full flow: make and push one, watch its run, and delete it again whatever happens."""
    trial = ReleaseTest(incident, step := "prevention.test-tag", tag, ref)
    if not ref and (
        lacks := incident.git.behind(trial.commit, incident.git.fetch(incident.branch))
    ):
        what = f"what is checked out lacks {lacks} commit{'s' * (lacks > 1)} of {incident.branch} at origin"
        status(
            step,
            f"{what}: {checks.catch_up_command(incident, incident.git.current_branch())}",
            "look",
        )
    trial.prepare(clean)
    with (
        incident.acting(step, opens=False, tag=tag, commit=trial.commit) as learned,
        trial.tagged(),
    ):
        if incident.dry:
            incident.commands.plan.add(
                f"# the run is watched: gh run list --repo {incident.slug} --branch {tag}"
            )
            return
        ended = trial.watched()
        learned["run"] = ended.id
        trial.leaves(clean)
        status(step, ensure_successful(incident, ended), "done")


@recipe(
    help={
        "releases": "how many, the newest first: 1 to 10",
        "watch": "look again every POLL_INTERVAL seconds, for WAIT_TIMEOUT at the most or until Ctrl-C",
        **OPTIONS,
    }
)
def monitor(
    incident: Incident,
    releases: str = "3",
    watch: bool = False,
    strict: bool = False,
    json: bool = False,
) -> None:
    """4. Monitor the first few releases after changes: of each, its run, its chart in the registry, its versions."""
    if not re.fullmatch(r"[1-9]|10", releases):
        raise BadInput(
            f"--releases {releases!r} is not a number from 1 to 10", "for example --releases 3"
        )

    def now() -> list[Finding]:
        newest, runs = (
            incident.github.releases(int(releases)),
            incident.github.deployments(incident.branch, incident.settings.workflow),
        )
        incident.git.fetch_tags()
        return run_checks(
            {
                release.tag: partial(checks.check_release, incident, release, newest, runs)
                for release in newest
            },
            "unverified",
        )

    found = now()
    if not found:
        raise BadInput(f"{incident.slug} has no release yet", "there is nothing to monitor")
    title = f"The newest releases of {incident.slug}"
    if watch:
        found = watch_findings(
            title, found, now, incident.settings.poll_interval, incident.settings.wait_timeout
        )
    if json or not watch:
        show_findings(title, found, json, "releases", passed=not failing(found, strict))
    if wrong := failing(found, strict):
        newest = found[0].name in wrong
        advice = (
            "`invoke when.check` says whether to roll back"
            if newest
            else "the lines below the table say what to do next"
        )
        raise CheckFailed(f"{' and '.join(wrong)} did not pass", advice)


def _at_origin(incident: Incident, branch: str) -> None:
    if not incident.git.remote_commit(branch):
        raise BadInput(
            f"origin has no branch {branch}",
            f"`git push --set-upstream origin {branch}`, or give another",
        )


def _values(given: list[str]) -> dict[str, str]:
    if wrong := [text for text in given if not re.match(r"[\w-]+=", text)]:
        raise BadInput(
            f"--input {wrong[0]!r} is not name=value",
            "for example --input chart_version=999.0.0-test",
        )
    return dict(text.split("=", 1) for text in given)
