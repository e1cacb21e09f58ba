"""What comes next is got ready in the background: others see nothing of it."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tasks.sandbox.registry import Registry
from tasks.toolkit.core.errors import Refused
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery.ahead import prepare_chart, prepare_login

from .charts import CHART_DIR, REPOSITORY, git, reference

PUBLISHING = ["rollback.revert", "--pr", "42", "--merge", "publish.all"]
LONGEST = 10.0  # seconds


def type_words(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["invoke", *words])


def tree_of(clone: Path) -> str:
    return git(clone, "rev-parse", "HEAD^{tree}")


def wait_for_requests(registry: Registry, count: int) -> None:
    deadline = time.monotonic() + LONGEST
    while len(registry.requests) < count and time.monotonic() < deadline:
        time.sleep(0.01)


def test_helm_is_logged_in_once(
    clone: Path, project: Project, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert clone.is_dir()  # its chart has the name of the repository
    type_words(monkeypatch, *PUBLISHING)
    prepare_login(project)
    user, token = project.login
    assert project.helm.login.log_in(registry.host, user, token)
    wait_for_requests(registry, 7)
    tokens_of_helm = [path for method, path in registry.requests if method == "POST"]
    assert len(tokens_of_helm) == 1
    assert registry.repositories == {}


def test_a_look_needs_no_further_token(project: Project, registry: Registry) -> None:
    chart = reference(registry, "1.0.0")
    project.registry(chart).prepare(chart)
    before = len(registry.requests)
    assert project.registry(chart).manifest(chart) is None
    assert registry.requests[before:] == [("GET", f"/v2/{REPOSITORY}/manifests/1.0.0")]


@pytest.mark.parametrize("words", [PUBLISHING[:-1], ["recover", "--skip-publish"]])
def test_nothing_is_done_where_nothing_is_published(
    clone: Path,
    project: Project,
    registry: Registry,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
) -> None:
    type_words(monkeypatch, *words)
    prepare_login(project)
    prepare_chart(project, tree_of(clone))
    time.sleep(0.1)
    assert registry.requests == []


def test_a_chart_that_is_another_by_then_is_checked_again(
    clone: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_words(monkeypatch, *PUBLISHING)
    prepare_chart(project, tree_of(clone))
    folder = clone / CHART_DIR
    chart = project.helm.read_chart(folder)
    project.helm.check_chart(folder, chart)
    template = folder / "templates" / "broken.yaml"
    template.parent.mkdir()
    template.write_text("{{ fail }}\n")
    with pytest.raises(Refused, match="helm lint refuses podinfo"):
        project.helm.check_chart(folder, chart)


def test_a_chart_with_links_is_left_to_the_check_before_it_is_packaged(
    clone: Path, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_words(monkeypatch, *PUBLISHING)
    (clone / CHART_DIR / "outside.yaml").symlink_to("/etc/hostname")
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message", "feat: a link")
    prepare_chart(project, tree_of(clone))
    time.sleep(0.2)
    assert not list(project.scratch.glob(f"ahead-*/{CHART_DIR}"))
