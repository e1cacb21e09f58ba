"""Another operator who publishes the same version at the same moment is noticed by both."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from tasks.sandbox.registry import Registry
from tasks.sandbox.server import Reply
from tasks.toolkit.core.errors import ProgramFailed, ServiceError
from tasks.toolkit.incident.log import IncidentLog
from tasks.toolkit.incident.project import Project
from tasks.toolkit.recovery import other_operators
from tasks.toolkit.recovery.other_operators import watch_for_others, yielding_to_others
from tasks.toolkit.recovery.safeguards import Publication

from .charts import REPOSITORY, archive, publish, reference

ONE = archive({"values.yaml": "replicas: 1\n"})
SAME = archive({"values.yaml": "replicas: 1\n"}, mtime=99)
TWO = archive({"values.yaml": "replicas: 2\n"})
LONGEST = 10.0  # seconds that a test waits


@pytest.fixture
def publication(project: Project, registry: Registry) -> Publication:
    """Give the publication of ONE as 1.0.0, which is not published."""
    return Publication(project, reference(registry, "1.0.0"), ONE)


def push_while(publication: Publication, happens: Callable[[], object]) -> bool:
    """Let something happen while a push runs that nothing else ends; return whether it is ended."""
    is_ended = threading.Event()
    with yielding_to_others(publication) as on_start:
        on_start(is_ended.set)
        happens()
        is_ended.wait(1)
        if is_ended.is_set():
            raise ProgramFailed(["helm", "push"], -15, "")
    return is_ended.is_set()


def test_a_push_is_ended_if_somebody_else_publishes_first(
    publication: Publication, registry: Registry
) -> None:
    with pytest.raises(ServiceError, match="with other content") as error:
        push_while(publication, lambda: publish(registry, "1.0.0", TWO))
    assert registry.tags(REPOSITORY)["1.0.0"] in error.value.what


@pytest.mark.parametrize("content", [ONE, SAME])
def test_a_push_goes_on_if_the_same_content_is_published(
    content: bytes, publication: Publication, registry: Registry
) -> None:
    assert not push_while(publication, lambda: publish(registry, "1.0.0", content))


def test_a_push_goes_on_while_the_registry_cannot_be_read(
    publication: Publication, registry: Registry
) -> None:
    def fail() -> None:
        registry.server.answer = lambda _: Reply(500, {})

    assert not push_while(publication, fail)


def test_a_push_that_was_too_late_to_be_ended_fails(
    publication: Publication, registry: Registry
) -> None:
    is_ended = threading.Event()
    too_late = pytest.raises(ServiceError, match="at the same moment")
    with too_late, yielding_to_others(publication) as on_start:
        on_start(is_ended.set)
        publish(registry, "1.0.0", TWO)
        assert is_ended.wait(LONGEST)


def test_each_look_during_the_push_shortens_the_watch_after_it(publication: Publication) -> None:
    before = publication.checked_at
    push_while(publication, lambda: None)
    assert publication.checked_at > before


def test_one_who_overwrites_after_the_push_is_noticed_in_the_end(
    publication: Publication,
    registry: Registry,
    log: IncidentLog,
) -> None:
    publication.checked_at -= 1  # so that we watch for longer than two seconds
    ours = publish(registry, "1.0.0", ONE)
    publication.pushed_at = time.monotonic()
    with log.recording_step():
        watch_for_others(publication, log, ours.digest)
    overwrite = threading.Timer(0.3, publish, (registry, "1.0.0", TWO))
    overwrite.start()
    with pytest.raises(ServiceError, match="somebody else published it at the same moment"):
        publication.project.watches.finish()
    assert log.journal.events[-1].kind == "failed"
    publication.project.watches.finish()  # it is said once


def test_nothing_is_said_if_nobody_overwrites(
    publication: Publication,
    registry: Registry,
    log: IncidentLog,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ours = publish(registry, "1.0.0", ONE)
    watch_for_others(publication, log, ours.digest)
    publication.project.watches.finish()
    assert capsys.readouterr().err == ""


def test_the_same_content_of_somebody_else_is_recorded(
    publication: Publication,
    registry: Registry,
    log: IncidentLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(other_operators, "SETTLE", 0.3)
    ours = publish(registry, "1.0.0", ONE)
    publication.pushed_at = time.monotonic()
    watch_for_others(publication, log, ours.digest)
    theirs = publish(registry, "1.0.0", SAME)
    publication.project.watches.finish()
    assert log.facts.digest == theirs.digest


def test_a_registry_that_cannot_be_read_in_the_end_is_said(
    publication: Publication,
    registry: Registry,
    log: IncidentLog,
) -> None:
    ours = publish(registry, "1.0.0", ONE)
    registry.server.answer = lambda _: Reply(500, {})
    publication.pushed_at = time.monotonic()
    watch_for_others(publication, log, ours.digest)
    with pytest.raises(ServiceError, match="could not be confirmed"):
        publication.project.watches.finish()
