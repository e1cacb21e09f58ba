"""Faults of GitHub that pass: answers and changes are the same as without them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.github.faults import (
    BAD_GATEWAY,
    BASE_MODIFIED,
    NOT_FOUND,
    SOMETHING_WENT_WRONG,
    secondary_limit,
)
from tasks.sandbox.github.records import now
from tasks.sandbox.server import Reply
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.clients.github.merging import MergeRules
from tasks.toolkit.clients.retry import Retries
from tasks.toolkit.core.errors import BadInput, RecipeError, ServiceError

from .conftest import add_issue, add_pull, add_release

FILE = "publish-helm.yml"
PASSING: dict[str, Reply | None] = {
    "bad gateway": BAD_GATEWAY,
    "something went wrong": SOMETHING_WENT_WRONG,
    "secondary limit": secondary_limit(0.01),
    "reset": None,
}


@pytest.mark.parametrize("name", PASSING)
def test_a_question_is_asked_again(
    server: Server,
    github: GitHub,
    name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    add_pull(server, 42)
    server.faults.add("/graphql", PASSING[name])
    server.faults.add("/rate_limit", secondary_limit(0.01))
    assert github.pulls.get(42).title == "Change 42"
    assert "asking again" in capsys.readouterr().err


@pytest.mark.thorough
def test_a_used_up_rate_limit_is_waited_for_until_its_reset(
    server: Server,
    github: GitHub,
) -> None:
    server.faults.clock_offset = timedelta(hours=5)
    server.faults.limited_until = now() + timedelta(seconds=0.5)
    assert github.permission() == "ADMIN"
    paths = [path.partition(" ")[0] for _, path in server.requests]
    assert paths == ["/graphql", "/rate_limit", "/graphql"]


LASTING = [
    (Reply(401, {"message": "Bad credentials"}), "HTTP 401"),
    (Reply(403, {"message": "Must have admin rights to Repository."}), "HTTP 403"),
    (NOT_FOUND, "has no workflow"),
    (Reply(422, {"message": "Validation Failed"}), "HTTP 422"),
]


@pytest.mark.parametrize(("reply", "message"), LASTING)
def test_what_does_not_pass_is_asked_once(
    server: Server,
    github: GitHub,
    reply: Reply,
    message: str,
) -> None:
    server.faults.add("workflows", reply, times=9)
    with pytest.raises(RecipeError, match=message):
        github.actions.workflow(FILE)
    assert len(server.requests) == 1


def test_another_shape_of_an_answer_is_one_error(server: Server, github: GitHub) -> None:
    bodies: list[object] = [None, [], {}, {"name": 1, "state": "active"}]
    for body in bodies:
        server.faults.add("workflows", Reply(200, body))
        with pytest.raises(ServiceError, match=f"gh api .*{FILE} answered in another form"):
            github.actions.workflow(FILE)


@dataclass(frozen=True)
class Change:
    """A change: the request that makes it, how it is made, and whether it is made, once."""

    request: str
    make: Callable[[GitHub], object]
    is_made: Callable[[Server], bool]


def titles(server: Server) -> list[str]:
    return [issue.title for issue in server.issues.values()]


def commits(server: Server) -> int:
    return int(server.repository.git("rev-list", "--count", "main"))


OPEN_ISSUE = Change(
    "IssueCreate",
    lambda github: github.issues.create("Title", "Text", []),
    lambda server: titles(server) == ["Issue 7", "Title"],
)


def merge(github: GitHub) -> object:
    return github.merging.merge(github.pulls.get(8), MergeRules("--squash", False))


MERGE = Change(
    "PullRequestMerge",
    merge,
    lambda server: server.pulls[8].state == "MERGED" and commits(server) == 2,
)
OTHERS = {
    "comment": Change(
        "CommentCreate",
        lambda github: github.issues.comment(7, "Text"),
        lambda server: list(server.issues[7].comments.values()) == ["Text"],
    ),
    "edit": Change(
        "IssueUpdate",
        lambda github: github.issues.edit(7, "New", "Text"),
        lambda server: titles(server) == ["New"],
    ),
    "close": Change(
        "IssueClose",
        lambda github: github.issues.close(7),
        lambda server: server.issues[7].state == "CLOSED",
    ),
    "label": Change(
        "POST .*labels",
        lambda github: github.issues.create_labels({"new": "ededed"}),
        lambda server: "new" in server.labels,
    ),
    "notes": Change(
        "PATCH .*releases",
        lambda github: github.releases.edit_notes("v1.0.0", "New"),
        lambda server: server.releases[0].body == "New",
    ),
    "release": Change(
        "DELETE .*releases",
        lambda github: github.releases.delete("v1.0.0"),
        lambda server: not server.releases,
    ),
    "pull": Change(
        "PullRequestCreate",
        lambda github: github.openings.create("three", "main", "Three", "Text"),
        lambda server: len(server.pulls) == 2,
    ),
}


@pytest.fixture
def prepared(server: Server) -> Server:
    """Give GitHub with an issue, a release, and a pull request that can be merged."""
    add_issue(server, 7)
    add_release(server, "v1.0.0", 1)
    server.next_number = 8
    server.open_pull("two", "main", "Two")
    server.repository.git("branch", "three", "two")
    return server


def check_change(server: Server, github: GitHub, change: Change, *, late: bool) -> None:
    server.faults.add(change.request, BAD_GATEWAY, late=late)
    change.make(github)
    (fault,) = server.faults.to_come
    assert fault.times == 0, server.requests
    assert change.is_made(server)


def test_a_change_that_was_made_although_its_answer_was_lost_is_not_made_again(
    prepared: Server,
    github: GitHub,
) -> None:
    check_change(prepared, github, OPEN_ISSUE, late=True)


def test_a_merge_is_asked_for_again_if_the_base_branch_was_modified(
    prepared: Server,
    github: GitHub,
) -> None:
    prepared.faults.add(MERGE.request, BASE_MODIFIED)
    MERGE.make(github)
    assert MERGE.is_made(prepared)


ALL = OTHERS | {"issue": OPEN_ISSUE, "merge": MERGE}


@pytest.mark.thorough
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("name", ALL)
def test_each_change_is_made_once_whether_or_not_the_lost_request_made_it(
    prepared: Server,
    github: GitHub,
    name: str,
    late: bool,
) -> None:
    check_change(prepared, github, ALL[name], late=late)


@pytest.mark.thorough
def test_a_pull_request_that_github_does_not_show_yet_is_waited_for(
    prepared: Server,
    github: GitHub,
) -> None:
    prepared.lag = 0.5
    github.pulls._gh.program.runner.retries = Retries(pause=0.1)
    created = github.openings.create("three", "main", "x" * 300, "Text")
    assert created
    assert created.title == "x" * 255 + "…"


def test_a_pull_request_that_was_not_just_made_is_not_waited_for(
    server: Server,
    github: GitHub,
) -> None:
    with pytest.raises(BadInput):
        github.pulls.get(99)
    assert len(server.requests) == 1
