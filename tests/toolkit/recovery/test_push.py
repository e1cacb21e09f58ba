"""Pushing: which archive, and what is refused or skipped before helm is started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.clients.helm.chart import Chart
from tasks.toolkit.clients.helm.program import NotCaughtUp
from tasks.toolkit.clients.registry.reference import Reference
from tasks.toolkit.core.errors import BadInput, Refused
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.push import RETRIES, push_chart
from tasks.toolkit.recovery.withdraw import withdraw_version

from .charts import REPOSITORY, archive, publish

pytestmark = pytest.mark.usefixtures("clone")

ONE = archive({"values.yaml": "replicas: 1\n"})


class FakeHelm:
    """Push to the sandbox's registry without helm; `failures` are raised first."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.failures: Iterator[Exception] = iter(())
        self.pushed: list[Path] = []

    def read_archive(self, _: Path) -> Chart:
        return Chart("podinfo", "1.0.0", "6.0.0")

    read_chart = read_archive

    def push(self, file: Path, registry: Reference) -> tuple[Reference, str]:
        self.pushed.append(file)
        for failure in self.failures:
            raise failure
        digest = publish(self.registry, "1.0.0", file.read_bytes()).digest
        return registry.with_chart("podinfo").with_version("1.0.0"), digest


@pytest.fixture
def helm(project: Project, registry: Registry, monkeypatch: pytest.MonkeyPatch) -> FakeHelm:
    """Give a helm that needs no program."""
    helm = FakeHelm(registry)
    monkeypatch.setitem(vars(project), "helm", helm)
    return helm


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a packaged chart."""
    file = tmp_path / "podinfo-1.0.0.tgz"
    file.write_bytes(ONE)
    return file


def test_a_chart_is_pushed_and_its_facts_recorded(
    project: Project, log: IncidentLog, registry: Registry, helm: FakeHelm, file: Path
) -> None:
    push_chart(project, log, str(file))
    assert helm.pushed == [file]
    facts = log.facts
    assert facts.digest == registry.tags(REPOSITORY)["1.0.0"]
    assert facts.reference == f"oci://{registry.host}/{REPOSITORY}"
    assert (facts.name, facts.version, facts.app_version) == ("podinfo", "1.0.0", "6.0.0")


def test_the_same_content_is_not_pushed_again_but_recorded(
    project: Project, log: IncidentLog, registry: Registry, helm: FakeHelm, file: Path
) -> None:
    manifest = publish(registry, "1.0.0", ONE)
    push_chart(project, log, str(file))
    assert helm.pushed == []
    assert log.facts.digest == manifest.digest


def test_without_a_packaged_chart_the_push_is_refused(project: Project, log: IncidentLog) -> None:
    with pytest.raises(BadInput, match="no chart was packaged"):
        push_chart(project, log)
    with pytest.raises(BadInput, match=r"/nowhere\.tgz is not a file"):
        push_chart(project, log, "/nowhere.tgz")


def test_a_withdrawn_version_is_not_pushed_again(
    project: Project, log: IncidentLog, registry: Registry, helm: FakeHelm, file: Path
) -> None:
    publish(registry, "0.9.0", archive())
    publish(registry, "1.0.0", ONE)
    withdraw_version(project, log, "1.0.0")
    with pytest.raises(Refused, match=r"invoke publish\.restore --version 1\.0\.0"):
        push_chart(project, log, str(file))
    assert helm.pushed == []


def test_a_push_is_repeated_while_the_registry_has_not_caught_up(
    project: Project, log: IncidentLog, helm: FakeHelm, file: Path
) -> None:
    helm.failures = iter([NotCaughtUp("not found"), NotCaughtUp("not found")])
    push_chart(project, log, str(file))
    assert len(helm.pushed) == 3
    assert log.facts.published


def test_a_push_is_not_repeated_for_ever(
    project: Project, log: IncidentLog, helm: FakeHelm, file: Path
) -> None:
    helm.failures = iter([NotCaughtUp("not found") for _ in range(99)])
    with pytest.raises(Exception, match=r"not found; nothing was published at oci://"):
        push_chart(project, log, str(file))
    assert len(helm.pushed) == 1 + RETRIES
