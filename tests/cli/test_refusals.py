"""A line that cannot be read: one sentence with the nearest names, and exit code 2."""

from __future__ import annotations

import pytest

import tasks
from tasks.cli.catalogue import Catalogue

from .typed import inv, refusal

MISTYPED = {
    "rollback.rever --pr 42": "'rollback.rever' is not known; did you mean rollback.revert?",
    "whencheck": "'whencheck' is not known; did you mean when.check?",
    "When_Check": "'When_Check' is not known; did you mean when.check?",
    "revert": "'revert' is not known; did you mean rollback.revert?",
    "when check": "'check' is not known; did you mean when.check?",
    "rollback revert": "'rollback' is a section; did you mean rollback.revert?",
    "rollbak": "'rollbak' is not known; did you mean rollback?",
    "help recoverr": "'recoverr' is not known; did you mean recover?",
    "--list suport": "'suport' is not a section; did you mean support?",
    "recover 42": "'42' is not a task; did you mean recover --pr 42?",
    "recover pr=42": "'pr=42' is not a task; did you mean recover --pr 42?",
    "recover --skip": "'--skip' is not an option of recover; did you mean --skip-publish?",
    "recover -pr 42": "'-pr' is not an option of recover; did you mean --pr?",
    "drill --scenario publsh": "--scenario 'publsh' is not known; did you mean publish?",
    "zzz": "'zzz' is not known: invoke --list shows all tasks",
}


@pytest.mark.parametrize("line", MISTYPED)
def test_a_mistyped_word_is_answered_with_the_nearest_names(line: str) -> None:
    assert refusal(line) == MISTYPED[line]


INCOMPLETE = {
    "rollback.revert": "rollback.revert needs --pr: for example invoke rollback.revert --pr 42",
    "rollback.revert --merge verify.all": "rollback.revert needs --pr: for example invoke "
    "rollback.revert --pr 42",
    "recover --pr": "--pr needs a value: for example --pr 42",
    "recover --pr=": "--pr needs a value: for example --pr 42",
    "recover --pr --dry": "--pr needs a value: for example --pr 42",
    "recover ''": "an argument is empty: leave it out, or set the variable that it comes from",
    "rollback --dry": "'rollback' is a section: choose rollback.revert or rollback.commit",
    "--pr 42 recover": "'--pr' comes before its task: type the task first, such as invoke recover "
    "--pr 42",
}


@pytest.mark.parametrize("line", INCOMPLETE)
def test_what_is_missing_is_named(line: str) -> None:
    assert refusal(line) == INCOMPLETE[line]


CONTRADICTORY = [
    "rollback.revert --pr 42 --draft --merge",
    "rollback.commit --sha 1a2b3c4 --push-to-default --merge",
    "timeline.show --json --mermaid",
    "support.notify --resolved --version 1.7.0",
]


@pytest.mark.parametrize("line", CONTRADICTORY)
def test_options_that_cannot_work_together_are_refused_before_any_task_runs(line: str) -> None:
    assert refusal(f"timeline.history {line}").endswith(" exclude each other: leave one out")


def test_the_version_of_a_task_is_not_that_of_the_program() -> None:
    assert "'--version' is not an option of verify.all" in refusal("verify.all --version 1.7.0")
    assert inv("--version").stdout.count(".") == 2


def test_no_option_of_a_task_has_a_letter() -> None:
    for context in Catalogue(tasks.ns).contexts.values():
        for argument in context.args.values():
            assert len(argument.names) == 1, (context.name, argument.names)


def test_junk_is_shown_harmless() -> None:
    assert refusal("'\x1b[31m→'").startswith("'\\x1b[31m→' is not known")
