"""REST answers as GitHub's does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tasks.sandbox.github import rest
from tasks.sandbox.github.service import ROUTES
from tasks.sandbox.github.state import State
from tasks.sandbox.registry import Registry
from tasks.sandbox.registry.store import digest_of
from tasks.sandbox.server import Reply, Request

from .conftest import Clone
from .test_workflows import PATH, WORKFLOW

REPOSITORY = "/repos/stianfro/threek8s"
RELEASES = f"{REPOSITORY}/releases"
LABELS = f"{REPOSITORY}/labels"
COMMENTS = f"{REPOSITORY}/issues/comments"
PUBLISH = f"{REPOSITORY}/actions/workflows/publish.yml"
VERSIONS = "/users/stianfro/packages/container/charts/threek8s/versions"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
Ask = Callable[..., Reply]
each_missing_path = pytest.mark.parametrize(
    "path",
    ["/nothing", f"{RELEASES}/9", "/repos/a/b/releases"],
)
with_or_without_run = pytest.mark.parametrize(
    ("returns_run", "status"),
    [(True, 200), (False, 204)],
)


@pytest.fixture
def ask(github: State) -> Ask:
    """Return a function that answers a request with a JSON body and query parameters."""

    def answer(
        method: str,
        path: str,
        body: Any = None,
        **query: str,
    ) -> Reply:
        content = json.dumps(body or {})
        request = Request(method, path, query, {}, content.encode())
        return rest.answer(ROUTES, github, request)

    return answer


@each_missing_path
def test_what_is_not_there_is_not_found(ask: Ask, path: str) -> None:
    reply = ask("GET", path)
    assert reply.status == 404
    assert reply.body["message"] == "Not Found"


def tags(reply: Reply) -> list[str]:
    """Return the tags of the releases in a reply."""
    return [release["tag_name"] for release in reply.body]


def test_a_list_has_pages_and_tells_the_next(github: State, ask: Ask) -> None:
    for tag in ("v0", "v1", "v2"):
        github.create_release(tag, "", "")
    first = ask("GET", RELEASES, per_page="2")
    assert tags(first) == ["v2", "v1"]
    link = f'<https://api.github.com{RELEASES}?per_page=2&page=2>; rel="next"'
    assert first.headers == {"Link": link}
    second = ask("GET", RELEASES, per_page="2", page="2")
    assert tags(second) == ["v0"]
    assert second.headers == {}


def test_a_release_is_created_edited_and_deleted(github: State, ask: Ask) -> None:
    release = {
        "tag_name": "v1",
        "name": "One",
        "body": "First.",
    }
    created = ask("POST", RELEASES, release)
    assert created.status == 201
    assert created.body["name"] == "One"
    assert created.body["draft"] is False
    edited = ask("PATCH", f"{RELEASES}/1", {"body": "First & only."})
    assert edited.body["body"] == "First & only."
    found = ask("GET", f"{RELEASES}/tags/v1")
    assert found.body == edited.body
    deleted = ask("DELETE", f"{RELEASES}/1")
    assert deleted.status == 204
    assert github.releases == []


def test_a_draft_is_not_found_by_its_tag(github: State, ask: Ask) -> None:
    github.create_release("v1", "", "", draft=True)
    by_tag = ask("GET", f"{RELEASES}/tags/v1")
    assert by_tag.status == 404
    by_number = ask("GET", f"{RELEASES}/1")
    assert by_number.body["published_at"] is None


def test_a_token_without_the_permission_is_refused(github: State, ask: Ask) -> None:
    github.permissions["contents"] = "read"
    reply = ask("POST", RELEASES, {"tag_name": "v1"})
    assert reply.status == 403
    assert github.releases == []
    listed = ask("GET", RELEASES)
    assert listed.status == 200


def test_a_label_is_created_once_and_then_edited(github: State, ask: Ask) -> None:
    label = {"name": "type: incident", "color": "ff0000"}
    created = ask("POST", LABELS, label)
    assert created.status == 201
    again = ask("POST", LABELS, label)
    assert again.status == 422
    (error,) = again.body["errors"]
    assert error["code"] == "already_exists"
    ask("PATCH", f"{LABELS}/type: incident", {"color": "00ff00"})
    assert github.labels == {"type: incident": ("00ff00", "")}


def test_a_comment_is_listed_and_edited(github: State, ask: Ask) -> None:
    issue = github.open_issue("Down")
    issue.comments[7] = "Hello."
    listed = ask("GET", f"{REPOSITORY}/issues/1/comments")
    (comment,) = listed.body
    assert (comment["id"], comment["body"]) == (7, "Hello.")
    assert comment["user"]["login"] == "stianfro"
    ask("PATCH", f"{COMMENTS}/7", {"body": "Goodbye."})
    assert issue.comments[7] == "Goodbye."
    refused = ask("PATCH", f"{COMMENTS}/7", {"body": "x" * 65537})
    assert refused.status == 422
    assert issue.comments == {7: "Goodbye."}


def test_a_package_version_is_listed_and_deleted(github: State, ask: Ask) -> None:
    digest = digest_of(b"{}")
    github.packages = Registry()
    package = github.packages.repositories["stianfro/charts/threek8s"]
    package.manifests[digest] = (OCI_MANIFEST, b"{}")
    package.tags["1.0.0"] = digest
    (version,) = ask("GET", VERSIONS).body
    assert version["name"] == digest
    path = f"{VERSIONS}/{version['id']}"
    deleted = ask("DELETE", path)
    assert deleted.status == 204
    assert package.tags == {}
    listed = ask("GET", VERSIONS)
    assert listed.status == 404
    again = ask("DELETE", path)
    assert again.status == 404


def test_runs_are_listed_by_workflow_and_branch_with_their_jobs(
    github: State,
    clone: Clone,
    ask: Ask,
) -> None:
    clone.push("main", "", WORKFLOW, PATH)
    clone.git("push", "--quiet", "origin", "HEAD:refs/tags/v1")
    github.settle()
    listed = ask("GET", f"{PUBLISH}/runs", branch="v1")
    (run,) = listed.body["workflow_runs"]
    assert run["event"] == "push"
    assert run["head_branch"] == "v1"
    assert run["conclusion"] == "success"
    others = ask("GET", f"{PUBLISH}/runs", branch="main")
    assert others.body["workflow_runs"] == []
    reply = ask("GET", f"{REPOSITORY}/actions/runs/1/jobs")
    (job,) = reply.body["jobs"]
    assert job["name"] == "show"
    assert len(job["steps"]) == 1


def test_a_workflow_is_disabled_and_enabled(clone: Clone, ask: Ask) -> None:
    clone.push("main", "", WORKFLOW, PATH)
    disabled = ask("PUT", f"{PUBLISH}/disable")
    assert disabled.status == 204
    workflow = ask("GET", PUBLISH)
    assert workflow.body["state"] == "disabled_manually"
    ask("PUT", f"{PUBLISH}/enable")
    workflow = ask("GET", PUBLISH)
    assert workflow.body["state"] == "active"


@with_or_without_run
def test_a_dispatch_may_tell_its_run(
    github: State,
    clone: Clone,
    ask: Ask,
    returns_run: bool,
    status: int,
) -> None:
    clone.push("main", "", WORKFLOW, PATH)
    github.actions.dispatch_returns_run = returns_run
    body = {
        "ref": "main",
        "inputs": {"version": "main"},
    }
    reply = ask("POST", f"{PUBLISH}/dispatches", body)
    assert reply.status == status
    assert github.settle() == "success"


def test_a_disabled_workflow_is_not_dispatched(clone: Clone, ask: Ask) -> None:
    clone.push("main", "", WORKFLOW, PATH)
    ask("PUT", f"{PUBLISH}/disable")
    reply = ask("POST", f"{PUBLISH}/dispatches", {"ref": "main"})
    assert reply.status == 422
    assert "disabled workflow" in reply.body["message"]


def test_a_body_without_what_is_needed_or_of_wrong_types_is_refused(
    github: State, ask: Ask
) -> None:
    missing = ask("POST", RELEASES, {"name": "One"})
    assert missing.status == 422
    assert '"tag_name" wasn\'t supplied' in missing.body["message"]
    wrong = ask("POST", LABELS, {"name": 1, "color": "ff0000"})
    assert wrong.status == 422
    assert "properties/name" in wrong.body["message"]
    assert (github.releases, github.labels) == ([], {})
