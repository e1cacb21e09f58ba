"""What users are told: which references are the chart's, and what comes of each."""

from __future__ import annotations

import pytest

from tasks.sandbox.world import CHART, PUSH_TO, World
from tasks.toolkit.clients.helm.instructions import Instruction, find_instructions
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.console.findings import Finding
from tasks.toolkit.diagnosis.lookups import Answer
from tasks.toolkit.diagnosis.user_references import (
    UserReference,
    check_references,
    judge_each,
    judge_references,
    user_references,
)
from tasks.toolkit.incident.project import Project
from tasks.toolkit.workflows.chart_references import ChartReferences, concerns_chart

from .staging import PUBLISHED, make_project, publish, put_index

PUSH = Reference.parse("oci://ghcr.io/owner/charts")
USERS = "oci://ghcr.io/owner/charts/podinfo"
REFERENCES = ChartReferences("podinfo", PUSH, Reference.parse(USERS))
NOT_PUBLISHED = Answer("is not published")


def instruction(text: str) -> Instruction:
    (found,) = find_instructions(text)
    return found


OF_THE_CHART = [
    f"see {USERS}",
    f"helm install podinfo {USERS} --version 1.0.0",
    f"url: {USERS}/chart",
    "helm install podinfo oci://ghcr.io/owner/charts",
    "helm show chart oci://ghcr.io/owner",
    "helm install podinfo oci://ghcr.io/owner/podinfo",
    "helm pull oci://ghcr.io/owner/old/path/podinfo",
    "helm push x.tgz oci://ghcr.io/owner/charts",
    f"helm push x.tgz {USERS}",
    "helm push dist/podinfo-*.tgz oci://ghcr.io/owner/elsewhere",
]
OF_OTHERS = [
    "repo: oci://ghcr.io/owner/charts",
    "helm install redis oci://ghcr.io/owner/charts/redis",
    "helm install podinfo oci://ghcr.io/other/charts/podinfo",
    "helm install podinfo oci://quay.io/owner/charts/podinfo",
    "helm install x oci://ghcr.io/owner/charts/podinfo-extra",
    "helm push redis.tgz oci://ghcr.io/owner/elsewhere",
    "timoni apply podinfo oci://ghcr.io/owner/modules/podinfo",
    "flux pull artifact oci://ghcr.io/owner/manifests/podinfo",
]


@pytest.mark.parametrize("text", OF_THE_CHART)
def test_a_reference_that_users_take_for_the_charts_concerns_it(text: str) -> None:
    assert concerns_chart(instruction(text), REFERENCES)


@pytest.mark.parametrize("text", OF_OTHERS)
def test_other_charts_and_artifacts_do_not_concern_it(text: str) -> None:
    assert not concerns_chart(instruction(text), REFERENCES)


def judge(
    text: str,
    unread: str = "",
    installs: Answer | None = None,
    **answers: Answer,
) -> Finding:
    """Return the finding on README.md; the answers are by the last part of a reference."""
    told = list(user_references({"README.md": text}))
    known = {REFERENCES.install: Answer()}
    for one in told:
        known[one.reference] = answers.get(one.reference.name, Answer())
    if installs:
        known[REFERENCES.install] = installs
    judged = judge_each(told, known, REFERENCES)
    return judge_references(judged, known, REFERENCES, unread)


def test_references_that_work_pass_with_where_they_are() -> None:
    finding = judge(f"{USERS}\nhelm push x {PUSH.oci}")
    evidence = "all documented references work: 2 in README.md"
    assert finding == Finding("references", "passed", evidence)


def test_a_repository_without_references_passes() -> None:
    assert judge("helm install x").evidence == "no text for users has an OCI reference of podinfo"


def test_each_stale_line_is_listed_with_why_and_what_to_write() -> None:
    text = f"{USERS}\n\nhelm install x oci://ghcr.io/owner/podinfo/old\nhelm push x {USERS}"
    finding = judge(text, old=NOT_PUBLISHED)
    assert finding.outcome == "stale"
    assert finding.evidence.splitlines() == [
        "2 of 3 documented references do not work",
        "README.md:3: oci://ghcr.io/owner/podinfo/old is not published",
        f"README.md:4: {USERS} gets the name appended: helm push publishes {USERS}/podinfo",
    ]
    assert finding.next.splitlines() == [
        f"write in these lines: install from {USERS}, push to {PUSH.oci}",
        "or publish there too: set CHART_REF=oci://ghcr.io/owner/podinfo/old, "
        "then invoke publish.alias",
    ]


def test_a_version_that_is_missing_is_a_matter_of_the_version_alone() -> None:
    missing = Answer("is a version that is not published", is_version=True)
    finding = judge(f"helm pull {USERS} --version 9.9.9", podinfo=missing)
    assert f"README.md:1: {USERS}:9.9.9 is a version that is not" in finding.evidence
    assert finding.next == "write in these lines: name a version that is published, or none"


@pytest.mark.parametrize("reference", ["oci://ghcr.io/owner", f"{USERS}/image"])
def test_no_alias_is_offered_where_none_can_be(reference: str) -> None:
    image = Answer("is a container image, not a chart", is_other=True)
    finding = judge(f"helm install x {reference}", owner=NOT_PUBLISHED, image=image)
    assert finding.next == f"write in these lines: install from {USERS}"


def test_what_users_are_told_fails_if_they_cannot_install_from_anywhere() -> None:
    finding = judge(USERS, podinfo=NOT_PUBLISHED, installs=NOT_PUBLISHED)
    assert (finding.outcome, finding.next) == ("failed", "invoke publish.all")
    unknown = Answer("could not be looked up: 502", is_unknown=True)
    finding = judge(f"helm push x {USERS}", installs=unknown)
    assert finding.outcome == "stale"


def test_what_could_not_be_looked_up_is_unverified() -> None:
    unknown = Answer("could not be looked up: 502", is_unknown=True)
    finding = judge(USERS, podinfo=unknown)
    assert finding.outcome == "unverified"
    assert finding.evidence == f"README.md:1: {USERS} could not be looked up: 502"
    assert judge(USERS, unread="no notes").outcome == "unverified"
    finding = judge(f"{USERS}\nhelm push x {USERS}", unread="no notes")
    assert finding.outcome == "stale"
    assert finding.evidence.endswith("\nno notes")


def test_another_artifact_beside_the_chart_is_ignored_but_not_in_a_helm_command() -> None:
    image = Answer("is a container image, not a chart", is_other=True)
    reference = f"{USERS}/backend"
    assert judge(f"the image is {reference}", backend=image).outcome == "passed"
    assert judge(f"helm install x {reference}", backend=image).outcome == "stale"
    assert judge(f"the chart is {USERS}", podinfo=image).outcome == "failed"


# In a sandbox


def write(world: World, path: str, text: str) -> None:
    file = world.clone / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_each_text_at_origin_and_the_notes_are_looked_up_as_anybody(
    world: World,
    project: Project,
) -> None:
    for version in ("1.6.0", "1.7.0"):
        publish(world, version)
    assert check_references(project).outcome == "passed"
    moved = f"oci://{world.registry.host}/stianfro/threek8s"
    write(world, "docs/install.md", f"helm pull {world.reference} --version 1.5.0\n")
    write(world, "CHANGELOG.md", f"helm pull {moved}\n")
    write(world, f"{CHART}/templates/NOTES.txt", f"helm upgrade x \\\n  {moved}\n")
    world.commit("docs: tell users")
    world.git("push", "--quiet", "origin", "main")
    write(world, "README.md", "not at origin")
    world.git("tag", "v1.7.0")
    world.git("push", "--quiet", "origin", "v1.7.0")
    world.github.create_release("v1.7.0", "v1.7.0", f"helm pull {moved} --version 1.7.0")
    finding = check_references(project)
    assert finding.outcome == "stale"
    assert finding.evidence.splitlines() == [
        "3 of 4 documented references do not work",
        f"notes of v1.7.0:1: {moved}:1.7.0 is not published",
        f"docs/install.md:1: {world.reference}:1.5.0 is a version that is not published",
        f"{CHART}/templates/NOTES.txt:2: {moved} is not published",
    ]
    assert "change " not in finding.next
    world.git("checkout", "--quiet", "README.md")
    steps = f"[{{run: echo helm pull {moved}}}]"
    jobs = f"{{a: {{runs-on: ubuntu-latest, steps: {steps}}}}}"
    workflow = f"on: {{workflow_dispatch: {{}}}}\njobs: {jobs}\n"
    write(world, ".github/workflows/notes.yml", workflow)
    world.commit("ci: write notes")
    world.git("push", "--quiet", "origin", "main")
    *_, writer = check_references(project).next.splitlines()
    assert writer.startswith("change .github/workflows/notes.yml:2 too: ")
    repositories = world.registry.repositories
    repositories["stianfro/threek8s"] = repositories[PUBLISHED]
    finding = check_references(project)
    assert "1 of 4 documented references" in finding.evidence


def test_each_reference_is_looked_up_once(world: World, project: Project) -> None:
    publish(world, "1.7.0")
    write(world, "docs/a.md", f"{world.reference}\n" * 20)
    world.commit("docs: repeat it")
    world.git("push", "--quiet", "origin", "main")
    finding = check_references(project)
    assert "work: 21 in README.md, docs/a.md" in finding.evidence
    requests = [path for _, path in world.registry.requests if "/manifests/" in path]
    assert len(requests) == 1


@pytest.mark.thorough
def test_what_is_denied_or_no_chart_is_stale_and_a_registry_that_is_down_unverified(
    world: World,
    project: Project,
) -> None:
    publish(world, "1.7.0")
    put_index(world, "1.8.0")
    finding = check_references(project)
    assert finding.outcome == "failed"
    assert f"README.md:3: {world.reference} is an image index, not a chart" in finding.evidence
    world.registry.access.private.add(PUBLISHED)
    assert "is denied to users: private, or not published" in check_references(project).evidence
    world.registry.stop()
    finding = check_references(make_project(world))
    assert finding.outcome == "unverified"
    assert "README.md:3: " in finding.evidence
    assert "could not be looked up" in finding.evidence


@pytest.mark.thorough
def test_notes_that_cannot_be_read_leave_a_doubt(world: World, project: Project) -> None:
    publish(world, "1.7.0")
    world.git("tag", "v1.7.0")
    world.git("push", "--quiet", "origin", "v1.7.0")
    world.github.stop()
    finding = check_references(project)
    assert finding.outcome == "unverified"
    assert finding.evidence.startswith("the newest release's notes could not be read: ")


@pytest.mark.thorough
def test_users_who_are_told_where_an_alias_belongs_are_helped_by_the_alias(world: World) -> None:
    publish(world, "1.7.0")
    told = f"oci://{world.registry.host}/{PUSH_TO}"
    finding = check_references(make_project(world))
    assert finding.outcome == "passed"
    world.commit("docs: short", {"README.md": (f"{told}/threek8s", told)})
    world.git("push", "--quiet", "origin", "main")
    finding = check_references(make_project(world))
    assert f"or publish there too: set CHART_REF={told}, then" in finding.next
    finding = check_references(make_project(world, CHART_REF=told))
    assert (finding.outcome, finding.next) == ("failed", "invoke publish.alias")


def test_a_place_is_shown_as_an_editor_takes_it() -> None:
    (one,) = user_references({"docs/a b.md": f"\n{USERS}"})
    assert one == UserReference("docs/a b.md:2", instruction(f"\n{USERS}"))
