"""Workaround instructions: only what was tested is offered, as Markdown to be pasted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tasks.toolkit.clients.helm.chart import Chart
from tasks.toolkit.core.errors import Refused, ServiceError
from tasks.toolkit.incident.facts import Facts
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.reports.workarounds import Method, as_markdown, workaround_instructions

REFERENCE = "oci://ghcr.io/o/podinfo"
PUBLISHED = Facts(name="podinfo", reference=REFERENCE, version="1.7.1", digest="sha256:0")
METHODS = [Method("One", ["git clone x", "helm install x"]), Method("Two", ["curl x"])]


def test_methods_are_numbered_only_if_there_are_several() -> None:
    text = as_markdown(None, METHODS, REFERENCE)
    assert f"Until `{REFERENCE}` can be installed again, there are 2 ways" in text
    assert "**Option 1: One**\n\n```bash\ngit clone x\nhelm install x\n```\n" in text
    assert "**Option 2: Two**" in text
    text = as_markdown(None, METHODS[:1], REFERENCE)
    assert "there is one way" in text
    assert "**One**" in text


def test_what_is_published_comes_first() -> None:
    text = as_markdown(Method("Install this", ["helm install y"]), METHODS[1:], REFERENCE)
    assert text.startswith("Install this:\n\n```bash\nhelm install y\n```\n\nWithout the registry")
    alone = as_markdown(Method("Install this", ["helm install y"]), [], REFERENCE)
    assert alone == "Install this:\n\n```bash\nhelm install y\n```\n"


class Releases:
    """A project whose refs in `broken` hold a chart that cannot be installed."""

    def __init__(self, *tags: str, broken: tuple[str, ...] = ()) -> None:
        self.broken = broken
        self.in_registry = True
        releases = [SimpleNamespace(tag=tag, version=tag.lstrip("v")) for tag in tags]
        tag_client = SimpleNamespace(fetch=lambda: None, tag_of_version=lambda text: f"v{text}")
        git = SimpleNamespace(
            fetch=lambda _: "main",
            resolve=lambda ref: ref.removeprefix("refs/tags/"),
            tags=tag_client,
            worktrees=SimpleNamespace(checkout=self._checkout),
        )
        installer = SimpleNamespace(try_install=self._try_install)
        settings = SimpleNamespace(
            github_server_url="https://github.com",
            plain_http=False,
            release_name="test",
            namespace="default",
        )
        self.project = SimpleNamespace(
            slug="o/podinfo",
            default_branch="main",
            chart_dir="charts/podinfo",
            settings=settings,
            git=git,
            helm=SimpleNamespace(check_chart=self._check_chart, installer=installer),
            github=SimpleNamespace(releases=SimpleNamespace(newest=lambda: releases)),
            chart_at=lambda _, __: Chart("podinfo", "1.7.0", "1.7.0"),
            install_reference=lambda: SimpleNamespace(oci=REFERENCE),
        )

    @contextmanager
    def _checkout(self, commit: str, *, quiet: bool) -> Iterator[Path]:
        assert quiet
        yield Path(commit)

    def _check_chart(self, folder: Path, _: Chart) -> None:
        if folder.parts[0] in self.broken:
            raise Refused("helm template refuses podinfo", "correct the chart")

    def _try_install(self, *_: str) -> str:
        if not self.in_registry:
            raise ServiceError("the registry is down")
        return "5 objects"

    def instructions(self, facts: Facts | None = None, **options: Any) -> str:
        log = SimpleNamespace(facts=facts or Facts())
        project = cast(Project, self.project)
        return workaround_instructions(project, cast(IncidentLog, log), **options)


def test_the_newest_release_that_can_be_installed_is_offered() -> None:
    text = Releases("v1.7.0", "v1.6.1", broken=("v1.7.0",)).instructions()
    assert "**Option 1: From the repository, as it is now**" in text
    assert "helm install podinfo ./podinfo/charts/podinfo" in text
    assert "**Option 2: The release v1.6.1**" in text
    assert "helm install podinfo ./podinfo-1.6.1/charts/podinfo" in text
    assert "v1.7.0" not in text


def test_a_releases_own_source_is_preferred_to_the_newest() -> None:
    text = Releases("v1.7.0", "v1.6.1").instructions(own_tag="v1.6.1")
    assert "The release v1.6.1**" in text
    assert "v1.7.0" not in text


def test_a_version_that_was_asked_for_is_offered_or_refused() -> None:
    releases = Releases("v1.7.0", "v1.6.1", broken=("v1.6.1",))
    assert "The release v1.7.0**" in releases.instructions(version="1.7.0")
    with pytest.raises(Refused, match=r"v1\.6\.1 cannot be installed: helm template refuses"):
        releases.instructions(version="1.6.1")


def test_nothing_to_offer_is_an_error() -> None:
    with pytest.raises(Refused, match=r"neither main nor v1\.7\.0 can be installed"):
        Releases("v1.7.0", broken=("main", "v1.7.0")).instructions()


def test_what_the_incident_published_is_offered_if_it_can_be_installed() -> None:
    releases = Releases("v1.7.0", broken=("main", "v1.7.0"))
    text = releases.instructions(PUBLISHED)
    assert f"helm install podinfo {REFERENCE} --version 1.7.1\n" in text
    assert "**" not in text
    releases.in_registry = False
    with pytest.raises(Refused):
        releases.instructions(PUBLISHED)


def test_the_users_own_reference_is_offered_where_the_chart_has_an_alias() -> None:
    alias = "oci://ghcr.io/o/chart/podinfo"
    facts = Facts(**{**vars(PUBLISHED), "alias": alias})
    assert f"helm install podinfo {alias} --version" in Releases("v1.7.0").instructions(facts)
