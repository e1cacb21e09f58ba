"""Errors: one line that says what is wrong and what to do, and an exit code."""

from __future__ import annotations

from tasks.toolkit.core.errors import (
    AccessDenied,
    Advice,
    BadInput,
    ProgramFailed,
    Refused,
    ServiceError,
)

TABLE: Advice = (("denied", AccessDenied, "log in"), ("not found", ProgramFailed, "publish it"))


def test_the_exit_code_says_who_was_wrong() -> None:
    assert Refused("x").code == 1
    assert BadInput("x").code == 2
    assert ServiceError("x").code == 3


def test_advice_follows_what_is_wrong() -> None:
    assert str(Refused("it is merged", "revert it")) == "it is merged: revert it"
    assert str(Refused("it is merged")) == "it is merged"


def test_the_first_matching_row_explains_a_failure() -> None:
    failure = ProgramFailed(["helm", "push", "x", "y"], 1, "denied: not found")
    denied = failure.explained(TABLE)
    assert type(denied) is AccessDenied
    assert str(denied) == "helm push x: denied: not found: log in"


def test_a_failure_can_get_advice_and_stay_a_failure() -> None:
    failure = ProgramFailed(["helm", "pull"], 1, "not found")
    missing = failure.explained(TABLE)
    assert type(missing) is ProgramFailed
    assert missing.advice == "publish it"


def test_a_failure_that_no_row_matches_stays_as_it_is() -> None:
    failure = ProgramFailed(["git", "push", "x"], 128, "")
    assert failure.explained(TABLE) is failure
    assert str(failure) == "git: exit code 128, no output"


def test_of_what_helm_prints_only_its_error_is_shown() -> None:
    cause = "Error: execution error at (podinfo/templates/deployment.yaml:32:42): region is needed"
    printed = f"Digest: sha256:0123\n{cause}\n\nUse --debug flag to render out invalid YAML\n"
    failure = ProgramFailed(["helm", "template", "podinfo", "oci://x/y"], 1, printed)
    assert str(failure) == f"helm template podinfo: {cause}"
