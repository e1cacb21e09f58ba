"""REST answers as GitHub's does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tasks.sandbox.github import rest
from tasks.sandbox.github.service import ROUTES
from tasks.sandbox.github.state import State
from tasks.sandbox.server import Reply, Request

from .conftest import Clone
from .test_workflows import PATH, WORKFLOW

REPOSITORY = "/repos/stianfro/threek8s"


def ask(
    github: State, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
) -> Reply:
    """Answer a request with a JSON body."""
    content = b"" if body is None else json.dumps(body).encode()
    return rest.answer(ROUTES, github, Request(method, path, query or {}, {}, content))


@pytest.mark.parametrize("path", ["/nothing", f"{REPOSITORY}/releases/9", "/repos/a/b/releases"])
def test_what_is_not_there_is_not_found(github: State, path: str) -> None:
    reply = ask(github, "GET", path)
    assert (reply.status, reply.body["message"]) == (404, "Not Found")


def test_a_list_has_pages_and_tells_the_next(github: State) -> None:
    for number in range(3):
        github.create_release(f"v{number}", "", "")
    path = f"{REPOSITORY}/releases"
    first = ask(github, "GET", path, query={"per_page": "2"})
    assert [release["tag_name"] for release in first.body] == ["v2", "v1"]
    link = f'<https://api.github.com{path}?per_page=2&page=2>; rel="next"'
    assert first.headers == {"Link": link}
    second = ask(github, "GET", path, query={"per_page": "2", "page": "2"})
    assert [release["tag_name"] for release in second.body] == ["v0"]
    assert second.headers == {}


def test_a_release_is_created_edited_and_deleted(github: State) -> None:
    path = f"{REPOSITORY}/releases"
    created = ask(github, "POST", path, {"tag_name": "v1", "name": "One", "body": "First."})
    assert (created.status, created.body["name"], created.body["draft"]) == (201, "One", False)
    edited = ask(github, "PATCH", f"{path}/1", {"body": "First & only."})
    assert edited.body["body"] == "First & only."
    assert ask(github, "GET", f"{path}/tags/v1").body == edited.body
    assert ask(github, "DELETE", f"{path}/1").status == 204
    assert github.releases == []


def test_a_draft_is_not_found_by_its_tag(github: State) -> None:
    github.create_release("v1", "", "", draft=True)
    assert ask(github, "GET", f"{REPOSITORY}/releases/tags/v1").status == 404
    assert ask(github, "GET", f"{REPOSITORY}/releases/1").body["published_at"] is None


def test_a_token_without_the_permission_is_refused(github: State) -> None:
    github.permissions["contents"] = "read"
    reply = ask(github, "POST", f"{REPOSITORY}/releases", {"tag_name": "v1"})
    assert (reply.status, github.releases) == (403, [])


def test_a_label_is_created_once_and_then_edited(github: State) -> None:
    label = {"name": "type: incident", "color": "ff0000"}
    path = f"{REPOSITORY}/labels"
    assert ask(github, "POST", path, label).status == 201
    again = ask(github, "POST", path, label)
    assert (again.status, again.body["errors"][0]["code"]) == (422, "already_exists")
    ask(github, "PATCH", f"{path}/type: incident", {"color": "00ff00"})
    assert github.labels == {"type: incident": ("00ff00", "")}


def test_a_comment_is_listed_and_edited(github: State) -> None:
    github.open_issue("Down").comments[7] = "Hello."
    listed = ask(github, "GET", f"{REPOSITORY}/issues/1/comments")
    assert listed.body == [{"id": 7, "body": "Hello."}]
    ask(github, "PATCH", f"{REPOSITORY}/issues/comments/7", {"body": "Goodbye."})
    assert github.issues[1].comments == {7: "Goodbye."}
    too_long = ask(github, "PATCH", f"{REPOSITORY}/issues/comments/7", {"body": "x" * 65537})
    assert (too_long.status, github.issues[1].comments) == (422, {7: "Goodbye."})


class Packages:
    """A registry with one chart."""

    def __init__(self) -> None:
        self.held = {"1.0.0": f"sha256:{'12' * 32}"}

    def tags(self, repository: str) -> dict[str, str]:
        return self.held if repository == "stianfro/charts/threek8s" else {}

    def remove(self, repository: str, digest: str) -> None:
        assert self.tags(repository) == {"1.0.0": digest}
        self.held = {}


def test_a_package_version_is_listed_and_deleted(github: State) -> None:
    github.packages = Packages()  # type: ignore[assignment]
    path = "/users/stianfro/packages/container/charts/threek8s/versions"
    (version,) = ask(github, "GET", path).body
    assert version["name"] == f"sha256:{'12' * 32}"
    assert ask(github, "DELETE", f"{path}/{version['id']}").status == 204
    assert ask(github, "GET", path).status == 404
    assert ask(github, "DELETE", f"{path}/{version['id']}").status == 404


def test_runs_are_listed_by_workflow_and_branch_with_their_jobs(
    github: State, clone: Clone
) -> None:
    clone.push("main", "", WORKFLOW, PATH)
    clone.git("push", "--quiet", "origin", "HEAD:refs/tags/v1")
    github.settle()
    runs = f"{REPOSITORY}/actions/workflows/publish.yml/runs"
    (run,) = ask(github, "GET", runs, query={"branch": "v1"}).body["workflow_runs"]
    assert (run["event"], run["head_branch"], run["conclusion"]) == ("push", "v1", "success")
    assert ask(github, "GET", runs, query={"branch": "main"}).body["workflow_runs"] == []
    (job,) = ask(github, "GET", f"{REPOSITORY}/actions/runs/1/jobs").body["jobs"]
    assert (job["name"], len(job["steps"])) == ("show", 1)


def test_a_workflow_is_disabled_and_enabled(github: State, clone: Clone) -> None:
    clone.push("main", "", WORKFLOW, PATH)
    path = f"{REPOSITORY}/actions/workflows/publish.yml"
    assert ask(github, "PUT", f"{path}/disable").status == 204
    assert ask(github, "GET", path).body["state"] == "disabled_manually"
    ask(github, "PUT", f"{path}/enable")
    assert ask(github, "GET", path).body["state"] == "active"


@pytest.mark.parametrize("tells", [True, False])
def test_a_dispatch_may_tell_its_run(github: State, clone: Clone, tells: bool) -> None:
    clone.push("main", "", WORKFLOW, PATH)
    github.actions.dispatch_returns_run = tells
    path = f"{REPOSITORY}/actions/workflows/publish.yml/dispatches"
    reply = ask(github, "POST", path, {"ref": "main", "inputs": {"version": "main"}})
    assert reply.status == (200 if tells else 204)
    assert github.settle() == "success"
