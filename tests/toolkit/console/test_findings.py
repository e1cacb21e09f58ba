"""Findings: checks that cannot be made are no failures, and the advice can be copied."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tasks.toolkit.console.findings import (
    STALE,
    Finding,
    failing,
    report,
    run_checks,
    shortened,
    show_findings,
    stale_as_failed,
)
from tasks.toolkit.console.result import Result, collecting
from tasks.toolkit.console.signals import shutting_down
from tasks.toolkit.console.watching import watch_findings
from tasks.toolkit.core.errors import BadInput, CheckFailed, ServiceError

PASSED = Finding("chart", "passed", "oci://ghcr.io/x:1.7.0")
FAILED = Finding("install", "failed", "helm refuses it", "invoke publish.withdraw\nand more")
UNVERIFIED = Finding("workflow", "unverified", "it has not run", "gh workflow run x.yml")
ALL = [PASSED, FAILED, UNVERIFIED]


@pytest.fixture(autouse=True)
def _not_shutting_down() -> Iterator[None]:
    yield
    shutting_down.clear()


def raising(error: Exception) -> Callable[[], Finding]:
    def check() -> Finding:
        raise error

    return check


def test_checks_are_named_and_keep_their_order() -> None:
    checks = {"chart": lambda: PASSED, "install": lambda: FAILED}
    assert run_checks(checks, "unverified") == [PASSED, FAILED]


def test_a_check_that_cannot_read_the_world_has_the_outcome_for_that() -> None:
    unread = raising(ServiceError("ghcr.io gave no answer", "try again"))
    bare = raising(ServiceError("ghcr.io gave no answer"))
    found = run_checks({"chart": unread, "install": bare}, "unverified")
    again = "run the same command again"
    assert found == [
        Finding("chart", "unverified", "ghcr.io gave no answer", "try again", unread=True),
        Finding("install", "unverified", "ghcr.io gave no answer", again, unread=True),
    ]


def test_what_could_not_be_read_ends_with_3_and_only_what_failed_comes_before_that() -> None:
    unread = Finding("chart", "unverified", "ghcr.io gave no answer", unread=True)
    with pytest.raises(ServiceError, match="could not check chart: "):
        report("", [PASSED, unread])
    with pytest.raises(CheckFailed, match="chart did not pass"):
        report("", [PASSED, unread], strict=True)
    with pytest.raises(CheckFailed, match="install did not pass"):
        report("", [Finding("install", "failed", ""), unread])
    report("", [PASSED, UNVERIFIED])
    assert unread.as_data()["unread"]
    assert "unread" not in UNVERIFIED.as_data()


def test_what_is_stale_is_failing_only_if_it_is_asked_for() -> None:
    stale = Finding("references", STALE, "README.md:1")
    assert failing([PASSED, stale], strict=False) == []
    assert failing([PASSED, stale], strict=True) == ["references"]
    assert stale_as_failed(stale).outcome == "failed"
    assert stale_as_failed(UNVERIFIED) == UNVERIFIED


def test_long_evidence_is_shortened_to_so_many_lines() -> None:
    finding = Finding("references", STALE, "a\nb\nc\nd")
    assert shortened(finding, 4) == finding
    assert shortened(finding, 3).evidence == "a\nb\nand 2 more: invoke verify.references"


def test_a_wrong_setting_is_an_error_unless_it_has_an_outcome_of_its_own() -> None:
    checks = {"chart": raising(BadInput("REGISTRY is not set", "set it"))}
    with pytest.raises(BadInput, match="REGISTRY is not set"):
        run_checks(checks, "unverified")
    (found,) = run_checks(checks, "unverified", "failed")
    assert (found.outcome, found.next) == ("failed", "set it")


def test_an_unverified_check_is_failing_only_if_that_is_asked_for() -> None:
    assert failing(ALL, strict=False) == ["install"]
    assert failing(ALL, strict=True) == ["install", "workflow"]


def test_failing_checks_end_with_their_names(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(CheckFailed, match="install and workflow did not pass: the lines below"):
        report("Verification", ALL, strict=True)
    assert "Verification" in capsys.readouterr().out
    report("Verification", [PASSED, UNVERIFIED])


def test_the_json_has_the_verdict_and_every_finding(capsys: pytest.CaptureFixture[str]) -> None:
    result = Result("verify.all")
    with pytest.raises(CheckFailed), collecting(result):
        report("Verification", ALL)
    assert capsys.readouterr().out == ""
    printed = result.details
    assert printed["passed"] is False
    assert [check["name"] for check in printed["checks"]] == ["chart", "install", "workflow"]
    assert printed["checks"][1] == {
        "name": "install",
        "outcome": "failed",
        "evidence": "helm refuses it",
        "next": "invoke publish.withdraw\nand more",
    }


def test_what_to_do_next_is_on_lines_of_its_own_below_the_findings(
    capsys: pytest.CaptureFixture[str],
) -> None:
    show_findings("When to rollback", ALL, "triggers", verdict="roll back")
    findings, *advice = capsys.readouterr().out.split("\n\n")
    assert "✗ install failed\n  helm refuses it" in findings
    assert "roll back" not in findings
    assert advice == [
        "→ next, for install:\n  invoke publish.withdraw\n  and more",
        "→ next, for workflow:\n  gh workflow run x.yml\n",
    ]


def test_a_command_that_several_checks_advise_is_printed_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    versions = Finding("versions", "fired", "1.7.0", "invoke recover --pr 42")
    publish = Finding("publish", "fired", "a run", "invoke publish.all\ninvoke recover --pr 42")
    show_findings("When to rollback", [publish, versions], "triggers")
    _, first, second = capsys.readouterr().out.split("\n\n")
    assert first == "→ next, for publish:\n  invoke publish.all"
    assert second == "→ next, for publish and versions:\n  invoke recover --pr 42\n"


def test_watching_prints_a_table_when_its_rows_change_and_the_advice_at_the_end(
    capsys: pytest.CaptureFixture[str],
) -> None:
    later = [[PASSED], [PASSED], [UNVERIFIED]]

    def check_again() -> list[Finding]:
        return later.pop(0)

    found = watch_findings("Releases", [PASSED], check_again, interval=0.02, limit=0.05)
    assert found[0] in (PASSED, UNVERIFIED)
    printed = capsys.readouterr().out
    assert printed.count("passed") == 1
    assert "UTC" in printed


def test_while_the_world_cannot_be_read_the_findings_stay_and_a_line_says_so() -> None:
    def check_again() -> list[Finding]:
        raise ServiceError("api.github.com gave no answer", "try again")

    found = watch_findings("Releases", [PASSED], check_again, interval=0.01, limit=0.02)
    assert found[0] == PASSED
    assert (found[1].name, found[1].outcome) == ("the last check", "unverified")
    assert "api.github.com gave no answer" in found[1].evidence


def test_a_setting_that_is_wrong_meanwhile_ends_the_watch(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def check_again() -> list[Finding]:
        raise BadInput("REGISTRY is not set")

    with pytest.raises(BadInput):
        watch_findings("Releases", [UNVERIFIED], check_again, interval=0.01, limit=5)
    assert "→ next, for workflow:\n  gh workflow run x.yml" in capsys.readouterr().out


def test_a_shutdown_ends_the_watch() -> None:
    shutting_down.set()
    assert watch_findings("Releases", [PASSED], list, interval=60, limit=60) == [PASSED]
