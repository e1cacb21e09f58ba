"""Conventional commits: which subjects are, which histories are, and the version after them."""

from __future__ import annotations

import pytest

from tasks.toolkit.core.conventional import (
    are_conventional,
    bumped,
    is_conventional,
    release_as,
)

CONVENTIONAL = [
    "feat: one",
    "fix(argo-cd): render the name (#3939)",
    "feat(api)!: drop v1",
    "refactor!: all",
    "chore(deps): bump x from 1 to 2",
    'fix: revert "feat: one" (#42)',
    "Fix: one",
]
OTHERS = [
    "",
    'Revert "feat: one"',
    "Merge pull request #511 from stefanprodan/release-6.14.1",
    "Release 6.14.1",
    "fix:one",
    "fix : one",
    "charts/podinfo: bump",
    "README: fix a link",
    "fixed: one",
]


@pytest.mark.parametrize("subject", CONVENTIONAL)
def test_a_subject_with_a_type_is_conventional(subject: str) -> None:
    assert is_conventional(subject)


@pytest.mark.parametrize("subject", OTHERS)
def test_another_is_not(subject: str) -> None:
    assert not is_conventional(subject)


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        ([], False),
        (["feat: one"], True),
        (["feat: one", "fix: two", "More"], True),
        (["feat: one", "More"], False),
        (["chore(main): release 1.7.0", "More"], False),
        (["chore(release): 1.7.0 [skip ci]", "chore: release 1.7.1", "Release 1.7.0"], False),
        (["Release 1.7.0", "Release 1.6.0", "feat: one"], True),
    ],
)
def test_a_history_is_conventional_if_most_of_it_is_but_for_releases(
    subjects: list[str],
    expected: bool,
) -> None:
    assert are_conventional(subjects) == expected


@pytest.mark.parametrize(
    ("version", "messages", "expected"),
    [
        ("1.7.0", [], "1.7.1"),
        ("1.7.0", ["docs: x", "whatever"], "1.7.1"),
        ("1.7.0", ["fix: x", 'fix: revert "feat: y" (#42)'], "1.7.1"),
        ("1.7.0", ["fix: x", "feat(chart): y"], "1.8.0"),
        ("1.7.3", ["feature: y"], "1.8.0"),
        ("1.7.0", ["fix!: x", "feat: y"], "2.0.0"),
        ("1.7.0", ["fix: x\n\nBREAKING CHANGE: y"], "2.0.0"),
        ("1.7.0", ["fix: x\n\nBREAKING-CHANGE: y"], "2.0.0"),
        ("1.7.0", ["Merge x\n\nBREAKING CHANGE: y"], "1.7.1"),
        ("1.7.0", ["fix: x\n\nno BREAKING CHANGE: y"], "1.7.1"),
        ("0.7.0", ["feat!: x"], "1.0.0"),
        ("0.7.0", ["feat: x"], "0.8.0"),
    ],
)
def test_the_version_after_commits(version: str, messages: list[str], expected: str) -> None:
    assert bumped(version, messages) == expected


@pytest.mark.parametrize(
    ("version", "message", "expected"),
    [
        ("0.7.0", "feat!: x", "0.8.0"),
        ("0.7.0", "feat: x", "0.7.1"),
        ("1.7.0", "feat!: x", "2.0.0"),
        ("1.7.0", "feat: x", "1.8.0"),
    ],
)
def test_before_1_0_0_the_steps_may_be_smaller(version: str, message: str, expected: str) -> None:
    found = bumped(version, [message], minor_if_breaking=True, patch_if_feature=True)
    assert found == expected


def test_the_newest_commit_that_sets_a_version_counts() -> None:
    messages = ["fix: x", "chore: y\n\nRelease-As: v2.1.0", "chore: z\n\nrelease-as: 1.9.0"]
    assert release_as(messages) == "2.1.0"
    assert release_as(messages[2:]) == "1.9.0"
    assert release_as(["feat: x", "x\n\nRelease-As: soon", "see Release-As: 1.0.0"]) == ""
