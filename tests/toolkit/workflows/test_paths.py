"""Where the workflow pushes, compared with REGISTRY and CHART_REF: what differs, in words."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import CHART, PUSH_TO, WORKFLOW, World
from tasks.toolkit.clients.github.workflow_file import Workflow
from tasks.toolkit.clients.github.workflow_paths import find_references
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.core.errors import ServiceError, SettingError
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows.chart_references import ChartReferences
from tasks.toolkit.workflows.paths import check_path, judge_path, suggest_registry

from ..diagnosis.staging import make_project

REGISTRY = "oci://ghcr.io/owner/charts"
PUBLISHED = f"{REGISTRY}/podinfo"


def judge(script: str, registry: str = REGISTRY, users: str = "", **env: str) -> Finding:
    """Return the finding on a workflow with one script, for the chart podinfo."""
    pushed = Reference.parse(registry)
    installed = Reference.parse(users) if users else pushed.with_chart("podinfo")
    job = {"env": env, "steps": [{"run": script}]}
    workflow = Workflow({"push": None}, {"jobs": {"publish": job}})
    references = ChartReferences("podinfo", pushed, installed)
    workflows = {"p/publish.yml": workflow}
    pushes, used = find_references(workflows, "p/publish.yml", "Owner/podinfo")
    return judge_path("p/publish.yml", pushes, used, references)


SAME = [
    f"helm push dist/*.tgz {REGISTRY}",
    f"helm push dist/*.tgz {REGISTRY}/ --plain-http",
    f"helm push --ca-file ca.crt --username push x.tgz {REGISTRY}",
    "helm push podinfo-${{ steps.prep.outputs.VERSION }}.tgz oci://ghcr.io/owner/charts",
    "helm push $FILE oci://ghcr.io/${{ github.repository_owner }}/charts",
    f'for pkg in *.tgz; do\n  helm push "${{pkg##*/}}" "{REGISTRY}" |& tee .digest\ndone',
    f"helm push x {REGISTRY} && helm show chart {PUBLISHED} --version 1.0.0",
    f"helm push x {REGISTRY}\nhelm push x oci://quay.io/owner/charts",
    f"helm push x {REGISTRY}\nhelm push x $OTHER",
    f"helm push x {REGISTRY}\nhelm pull oci://ghcr.io/owner/charts/redis",
    f"helm push x {REGISTRY}\nhelm pull oci://ghcr.io/other/podinfo",
    f"helm push x {REGISTRY}\nhelm show chart $WHERE",
    f"helm push x {REGISTRY}\nhelm pull {PUBLISHED}/$PART",
]


@pytest.mark.parametrize("script", SAME)
def test_a_workflow_that_pushes_to_the_registry_that_is_set_passes(script: str) -> None:
    finding = judge(script)
    assert (finding.outcome, finding.next) == ("passed", "")
    assert REGISTRY in finding.evidence
    ending = ", where users install from"
    if script.count("helm push") > 1:
        ending = f"users install from {PUBLISHED}"
    assert finding.evidence.endswith(ending)


PUSH = "helm push x"
DIFFERENT = [
    (f"{PUSH} oci://quay.io/owner/charts", "the host differs: the workflow's is quay.io"),
    (f"{PUSH} oci://ghcr.io:5000/owner/charts", "the host differs: the workflow's is ghcr.io:5000"),
    (f"{PUSH} oci://ghcr.io/owner", "the path differs: the workflow's is owner, REGISTRY has"),
    (f"{PUSH} {PUBLISHED}", "REGISTRY lacks the name podinfo that publish.yml appends"),
    (f"{PUSH} oci://quay.io/owner/$CHARTS", "the host differs: the workflow's is quay.io"),
    (f"{PUSH} oci://ghcr.io/other/$CHARTS", "the path differs: the workflow's is other/$CHARTS"),
    (f"{PUSH} oci://ghcr.io/$OWNER/other", "the path differs: the workflow's is $OWNER/other"),
    (f"{PUSH} oci://ghcr.io/$A/team/$B", "the path differs: the workflow's is $A/team/$B"),
]


@pytest.mark.parametrize(("script", "words"), DIFFERENT)
def test_each_part_that_differs_from_the_registry_is_named(script: str, words: str) -> None:
    finding = judge(script)
    assert finding.outcome == "failed"
    assert words in finding.evidence
    assert f"let publish.yml push to {REGISTRY}" in finding.next
    assert ("set REGISTRY=oci://" in finding.next) == ("$" not in script)


def test_a_host_and_a_path_that_differ_are_both_named() -> None:
    _, _, *differences = judge(f"{PUSH} oci://quay.io/other").evidence.splitlines()
    assert differences == [
        "the host differs: the workflow's is quay.io, REGISTRY has ghcr.io",
        "the path differs: the workflow's is other, REGISTRY has owner/charts",
    ]


def test_of_several_places_the_one_on_the_same_host_is_compared() -> None:
    finding = judge(f"{PUSH} oci://docker.io/owner/charts\n{PUSH} oci://ghcr.io/other")
    _, _, *differences = finding.evidence.splitlines()
    path = "the path differs: the workflow's is other, REGISTRY has owner/charts"
    assert differences == [path]
    assert "set REGISTRY=oci://ghcr.io/other" in finding.next


def test_only_a_reference_that_is_written_out_is_suggested_as_the_registry() -> None:
    finding = suggest_registry("publish.yml", {REGISTRY, "oci://ghcr.io/$OWNER"})
    assert finding.next == f"set REGISTRY={REGISTRY}"
    with pytest.raises(SettingError, match="REGISTRY is not set"):
        suggest_registry("publish.yml", {"oci://ghcr.io/$OWNER"})


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost:5000"])
def test_a_registry_on_this_machine_is_no_fault_of_the_workflow(host: str) -> None:
    finding = judge(f"{PUSH} {REGISTRY}", registry=f"oci://{host}/owner/charts")
    assert finding.outcome == "unverified"
    assert f"the host differs: the workflow's is ghcr.io, REGISTRY has {host}" in finding.evidence
    assert f"{host} is on this machine, where no run on GitHub pushes" in finding.evidence
    finding = judge(f"{PUSH} {REGISTRY}", registry=f"oci://{host}/owner")
    assert finding.outcome == "failed"


def test_a_registry_with_the_name_that_helm_appends_is_named() -> None:
    finding = judge(f"{PUSH} {REGISTRY}", registry=PUBLISHED)
    assert "REGISTRY ends in the name podinfo once too often" in finding.evidence
    assert f"or set REGISTRY={REGISTRY}" in finding.next


INSTALLED = [
    (REGISTRY, "the appended name differs: CHART_REF lacks the name podinfo that helm appends"),
    ("oci://quay.io/owner/charts/podinfo", "the host differs: the workflow's is ghcr.io"),
    ("oci://ghcr.io/owner/podinfo", "CHART_REF has owner/podinfo"),
]


@pytest.mark.parametrize(("users", "words"), INSTALLED)
def test_where_users_install_from_must_be_where_helm_publishes(users: str, words: str) -> None:
    finding = judge(f"{PUSH} {REGISTRY}", users=users)
    assert finding.outcome == "failed"
    assert words in finding.evidence
    assert "REGISTRY" not in finding.evidence
    assert finding.next.startswith(f"set CHART_REF={PUBLISHED} and tell users that, or put each")


def test_a_workflow_that_publishes_at_both_places_passes() -> None:
    users = "oci://ghcr.io/owner/podinfo"
    script = f"{PUSH} {REGISTRY}\n{PUSH} oci://ghcr.io/owner"
    assert judge(script, users=users).outcome == "passed"


WRONG_USE = ["oci://ghcr.io/owner/charts", f"{PUBLISHED}/podinfo", "oci://ghcr.io/owner"]


@pytest.mark.parametrize("used", WRONG_USE)
def test_a_workflow_that_looks_where_it_does_not_publish_fails(used: str) -> None:
    finding = judge(f"{PUSH} {REGISTRY}\nhelm show chart {used}")
    assert finding.outcome == "failed"
    assert f"it gets the chart from {used}, where helm does not publish it" in finding.evidence
    assert finding.next == f"let publish.yml get the chart from {PUBLISHED}"


OPEN = [
    (f"{PUSH} oci://ghcr.io/${{{{ vars.PATH }}}}", "oci://ghcr.io/${vars.PATH}/podinfo"),
    (
        f"{PUSH} oci://ghcr.io/${{{{ format('{{0}}', vars.A) }}}}",
        "oci://ghcr.io/${format..0..,vars.A..}/podinfo",
    ),
    (f"{PUSH} oci://ghcr.io/${{PATH_TO:-$(pwd)}}", "oci://ghcr.io/${PATH_TO:-${command}}/podinfo"),
    (f"{PUSH} oci://ghcr.io/${{{{ vars.A || 'x' }}}}", "oci://ghcr.io/${vars.A..x..}/podinfo"),
    (f"{PUSH} $REMOTE", "$REMOTE/podinfo"),
    (f"{PUSH} oci://ghcr.io/$(echo $OWNER | tr A-Z a-z)/charts", "${command}/charts/podinfo"),
    (f"{PUSH} oci://$HOST/owner/charts --password x", "oci://$HOST/owner/charts/podinfo"),
]


@pytest.mark.parametrize(("script", "unknown"), OPEN)
def test_what_only_a_run_knows_is_unverified(script: str, unknown: str) -> None:
    finding = judge(script)
    assert finding.outcome == "unverified"
    *_, doubt = finding.evidence.splitlines()
    assert doubt.startswith("only a run knows whether ")
    assert doubt.endswith(f"{unknown} is {PUBLISHED}")


def test_another_copy_of_the_chart_is_a_doubt() -> None:
    copy = "oci://ghcr.io/owner/staging/podinfo"
    finding = judge(f"{PUSH} {REGISTRY}\nhelm pull {copy}")
    assert finding.outcome == "unverified"
    assert f"it gets the chart from {copy} too" in finding.evidence


NO_PUSH = ["cr upload", "helm cm-push x museum", "make push", f"docker push {REGISTRY}"]


@pytest.mark.parametrize("script", NO_PUSH)
def test_a_workflow_that_pushes_in_another_way_is_unverified(script: str) -> None:
    finding = judge(script)
    assert finding.outcome == "unverified"
    assert finding.evidence == "no step of publish.yml runs `helm push` to an OCI reference"
    assert REGISTRY in finding.next


def test_the_file_at_origin_is_what_counts(world: World, project: Project) -> None:
    assert check_path(project).outcome == "passed"
    host = world.registry.host
    move = {WORKFLOW: (f"oci://{host}/{PUSH_TO}\n", f"oci://{host}/stianfro\n")}
    world.commit("ci: move the path", move)
    assert check_path(project).outcome == "passed"
    world.git("push", "--quiet", "origin", "main")
    world.git("reset", "--quiet", "--hard", "HEAD~")
    finding = check_path(project)
    assert finding.outcome == "failed"
    path = f"the path differs: the workflow's is stianfro, REGISTRY has {PUSH_TO}"
    assert path in finding.evidence


def test_a_registry_that_is_not_set_is_read_from_the_workflow(world: World) -> None:
    project = make_project(world, REGISTRY="")
    finding = check_path(project)
    assert finding.outcome == "failed"
    assert finding.next == f"set REGISTRY=oci://{world.registry.host}/{PUSH_TO}"
    world.commit("ci: build", {WORKFLOW: ("helm push dist/*.tgz", "make push")})
    world.git("push", "--quiet", "origin", "main")
    with pytest.raises(SettingError, match="REGISTRY is not set"):
        check_path(project)


def test_the_name_that_helm_appends_is_that_at_origin(world: World, project: Project) -> None:
    world.commit("feat: rename", {f"{CHART}/Chart.yaml": ("name: threek8s", "name: chart")})
    world.git("push", "--quiet", "origin", "main")
    world.git("reset", "--quiet", "--hard", "HEAD~")
    finding = check_path(project)
    assert f"helm publishes at oci://{world.registry.host}/{PUSH_TO}/chart" in finding.evidence


def test_an_origin_that_cannot_be_read_leaves_the_check_unmade(
    world: World,
    project: Project,
) -> None:
    world.remote.rename(world.folder / "gone")
    with pytest.raises(ServiceError, match="repository"):
        check_path(project)


def test_a_workflow_that_origin_lacks_is_unverified(world: World, project: Project) -> None:
    world.git("rm", "--quiet", WORKFLOW)
    world.commit("ci: no workflow")
    world.git("push", "--quiet", "origin", "main")
    finding = check_path(project)
    assert finding.outcome == "unverified"
    assert finding.evidence == f"main at origin has no well-formed {WORKFLOW}"
