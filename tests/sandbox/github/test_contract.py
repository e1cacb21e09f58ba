"""The stand-in for GitHub, held to GitHub's own descriptions of its REST and GraphQL APIs."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

import graphql
import pytest

from tasks.sandbox.github.environments import APPROVAL, Environment
from tasks.sandbox.github.queries import SCHEMA
from tasks.sandbox.github.records import Execution
from tasks.sandbox.github.rest_objects import number_of
from tasks.sandbox.github.service import ROUTES
from tasks.sandbox.server import Reply, Request
from tasks.sandbox.typed_commands import maintainer_commands, read_advice
from tasks.sandbox.world import World

from ...conftest import Person
from . import descriptions
from .graphql_schema import SchemaComparison
from .openapi import Contract

pytestmark = pytest.mark.thorough
Property = Callable[[str, object], None]
REPO = "/repos/stianfro/threek8s"
RUNS = f"{REPO}/actions/runs"
WORKFLOW = f"{REPO}/actions/workflows/publish-helm.yml"
PACKAGE = "/users/stianfro/packages/container"
VERSION = "threek8s%2Fchart%2Fthreek8s/versions"
INPUTS = {"chart_version": "1.7.0", "app_version": "1.7.0"}
LONG = "x" * 65537

# What is asked after the drill, in order: the status of the answer, the request, and its body.


def review(environment: int) -> dict[str, Any]:
    """Return the answer of a reviewer of an environment."""
    return {"environment_ids": [environment], "state": "approved", "comment": "seen"}


REQUESTS: list[tuple[int, str, Any]] = [
    (200, "GET /", None),
    (200, "GET /users/stianfro", None),
    (404, "GET /repos/stianfro/nothing", None),
    (200, f"GET {REPO}/collaborators/stianfro/permission", None),
    (200, f"GET {REPO}/actions/workflows", None),
    (200, f"GET {WORKFLOW}", None),
    (404, f"GET {WORKFLOW}x", None),
    (200, f"GET {WORKFLOW}/runs", None),
    (204, f"PUT {WORKFLOW}/disable", None),
    (422, f"POST {WORKFLOW}/dispatches", {"ref": "main", "inputs": INPUTS}),
    (204, f"PUT {WORKFLOW}/enable", None),
    (204, f"POST {WORKFLOW}/dispatches", {"ref": "main", "inputs": INPUTS}),
    (422, f"POST {WORKFLOW}/dispatches", {"ref": "main", "inputs": {"x": "y"}}),
    (422, f"POST {WORKFLOW}/dispatches", {"ref": "nothing"}),
    (422, f"POST {WORKFLOW}/dispatches", {}),
    (404, f"POST {WORKFLOW}x/dispatches", {"ref": "main"}),
    (200, f"GET {RUNS}", None),
    (200, f"GET {RUNS}/1", None),
    (404, f"GET {RUNS}/999", None),
    (200, f"GET {RUNS}/1/jobs", None),
    (200, f"GET {REPO}/actions/artifacts/100/zip", None),
    (404, f"GET {REPO}/actions/artifacts/999/zip", None),
    (200, f"GET {REPO}/environments/rollback", None),
    (404, f"GET {REPO}/environments/nothing", None),
    (200, f"GET {RUNS}/1/pending_deployments", None),
    (422, f"POST {RUNS}/1/pending_deployments", review(environment=1)),
    (200, f"POST {RUNS}/1/pending_deployments", review(environment=number_of("rollback"))),
    (200, f"GET {REPO}/actions/jobs/101/logs", None),
    (404, f"GET {REPO}/actions/jobs/999/logs", None),
    (201, f"POST {RUNS}/1/rerun", {"enable_debug_logging": True}),
    (403, f"POST {RUNS}/1/rerun-failed-jobs", None),
    (201, f"POST {RUNS}/3/rerun-failed-jobs", None),
    (404, f"POST {RUNS}/999/rerun", None),
    (200, f"GET {RUNS}/3", None),
    (200, f"GET {RUNS}/1/artifacts", None),
    (200, f"GET {REPO}/check-runs/100/annotations", None),
    (200, f"GET {REPO}/issues/42/comments", None),
    (404, f"GET {REPO}/issues/999/comments", None),
    (200, f"PATCH {REPO}/issues/comments/3000000001", {"body": "Hello."}),
    (422, f"PATCH {REPO}/issues/comments/3000000001", {"body": LONG}),
    (422, f"PATCH {REPO}/issues/comments/3000000001", {}),
    (404, f"PATCH {REPO}/issues/comments/1", {"body": "Hello."}),
    (201, f"POST {REPO}/labels", {"name": "type: x", "color": "ff0000"}),
    (422, f"POST {REPO}/labels", {"name": "type: x", "color": "ff0000"}),
    (422, f"POST {REPO}/labels", {}),
    (422, f"POST {REPO}/labels", {"name": 1, "color": "ff0000"}),
    (400, f"POST {REPO}/labels", b"{"),
    (200, f"PATCH {REPO}/labels/type:%20x", {"color": "00ff00"}),
    (404, f"PATCH {REPO}/labels/nothing", {"color": "00ff00"}),
    (200, f"GET {REPO}/releases", None),
    (201, f"POST {REPO}/releases", {"tag_name": "v9", "draft": True}),
    (422, f"POST {REPO}/releases", {"tag_name": "v1.7.0"}),
    (422, f"POST {REPO}/releases", {}),
    (200, f"GET {REPO}/releases/tags/v1.7.0", None),
    (404, f"GET {REPO}/releases/tags/v9", None),
    (200, f"GET {REPO}/releases/1", None),
    (404, f"GET {REPO}/releases/999", None),
    (200, f"PATCH {REPO}/releases/1", {"body": "Less is new."}),
    (404, f"PATCH {REPO}/releases/999", {"body": "Less is new."}),
    (204, f"DELETE {REPO}/releases/1", None),
    (404, f"DELETE {REPO}/releases/1", None),
    (200, f"GET {PACKAGE}/{VERSION}", None),
    (404, f"GET {PACKAGE}/nothing/versions", None),
    (422, f"GET {REPO}/commits/{'0' * 40}/pulls", None),
    (200, f"GET {REPO}/branches/main", None),
    (404, f"GET {REPO}/branches/nothing", None),
    (200, f"GET {REPO}/rules/branches/main", None),
    (404, f"DELETE {PACKAGE}/{VERSION}/1", None),
]

# Where the stand-in deviates from the description, and why that is right.
JUSTIFIED = {
    r"GET / 200: \.\w+ is missing": "gh reads only the headers of this answer, the token's scopes",
    r"GET \S+/pulls 200: \[\]\.\w+ is missing": "the recipes read the numbers and the merges alone",
    r"GET \S+/branches/\S+ 200: \S+ is missing": "the recipes read the required checks alone",
    r"GET \S+/pulls 422: the status is not documented": "GitHub answers so to an unknown commit",
    r".* 400: the status is not documented": "each operation answers so to a body that is no JSON",
    r".* 40[13]: the status is not documented": "each operation refuses a token without rights so",
    r".* 404: the status is not documented": "each operation answers so if there is nothing",
    r".*/(logs|artifacts/\S+) 200: .*": "GitHub redirects to the file, and gh follows",
    r".*/dispatches 422: the status is not documented": "gh prints this answer to its user",
    r".*/pending_deployments 422: the status is not documented": "GitHub answers so, if none waits",
    r".* 422: \.status is unknown to GitHub": "GitHub adds the status to the body of each error",
}
NEWER = {  # than the package that describes GitHub's schema; gh asks for them
    "Issue.blockedBy is unknown to GitHub": "since 2025, as gh's own query shows",
    "Issue.blocking is unknown to GitHub": "since 2025, as gh's own query shows",
    "Issue.issueType is unknown to GitHub": "since 2025, as gh's own query shows",
    "IssueType is no such type of GitHub": "since 2025, as gh's own query shows",
}


def is_justified(deviation: str) -> bool:
    """Tell whether there is a reason for a deviation."""
    return any(re.fullmatch(pattern, deviation) for pattern in JUSTIFIED)


class Recorder:
    """Checks all REST answers of a world, and notes the routes that gave one without error."""

    def __init__(self, world: World) -> None:
        self.contract = Contract(descriptions.REST.text())
        self.routes = set[str]()
        self.internal_errors = list[Any]()
        self._token = world.token
        self._answer = world.github.server.answer
        world.github.server.answer = self.answer

    def answer(self, request: Request) -> Reply:
        """Answer a request, and check the answer."""
        reply = self._answer(request)
        body = reply.body
        if not isinstance(body, bytes):
            body = json.loads(json.dumps(body))
        if request.path == "/graphql":
            errors = body.get("errors", [])
            self.internal_errors += [error for error in errors if not error["type"]]
            return reply
        arguments = (request.method, request.path, reply.status, reply.content_type, body)
        self.contract.check(*arguments)
        if reply.status < 400:
            path = request.path.replace(REPO, "REPO")
            self.routes |= {
                route for route in ROUTES if re.fullmatch(route, f"{request.method} {path}")
            }
        return reply

    def ask(self, line: str, body: Any = None, token: str = "") -> Reply:
        """Ask as gh does; a body of bytes is sent as it is."""
        method, path = line.split()
        headers = {"authorization": f"token {token or self._token}"}
        content = body
        if not isinstance(body, bytes):
            content = json.dumps(body or {}).encode()
        return self.answer(Request(method, unquote(path), {}, headers, content))


def let_wait(world: World) -> None:
    """Let the first run, which kept something, wait for a reviewer."""
    world.github.actions.environments["rollback"] = Environment(["stianfro"])
    run = world.github.runs[-1]
    job, *_ = run.jobs.values()
    job.environment = "rollback"
    job.steps[APPROVAL] = Execution("Wait", status="in_progress")
    kept = world.github.actions.workdir / f"artifacts-{run.id}" / "incident" / "journal.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text("{}\n")


def test_each_rest_answer_is_as_github_describes_it(
    broken: World, person: Person, record_property: Property
) -> None:
    recorder = Recorder(broken)
    let_wait(broken)
    for line, code, _ in maintainer_commands(partial(read_advice, broken)):
        program, _, words = line.partition(" ")
        if program == "invoke":
            person(words, code)
        else:
            assert broken.run(program, *shlex.split(words)).returncode == code
    for status, line, body in REQUESTS:
        assert recorder.ask(line, body).status == status, line
    merged = broken.github.pulls[42].merge_sha
    assert recorder.ask(f"GET {REPO}/commits/{merged}/pulls").status == 200
    (version, *_) = recorder.ask(f"GET {PACKAGE}/{VERSION}").body
    deletion = f"DELETE {PACKAGE}/{VERSION}/{version['id']}"
    assert recorder.ask(deletion).status == 204
    assert recorder.ask("GET /", token="wrong").status == 401
    broken.github.permissions["issues"] = "read"
    assert recorder.ask(f"POST {REPO}/labels", {"name": "x", "color": "ff0000"}).status == 403
    contract = recorder.contract
    deviations = [text for text in contract.deviations if not is_justified(text)]
    summary = (
        f"REST contract: {len(contract.operations)} operations, {contract.answers} answers, "
        f"{contract.fields} fields, {len(deviations)} deviations"
    )
    record_property("summary", summary)
    assert sorted(deviations) == []
    assert recorder.internal_errors == []
    assert ROUTES.keys() - recorder.routes == set()


def test_the_graphql_schema_is_a_part_of_githubs(record_property: Property) -> None:
    whole = graphql.build_schema(descriptions.GRAPHQL.text(), assume_valid_sdl=True)
    comparison = SchemaComparison(whole)
    comparison.compare(SCHEMA)
    deviations = set(comparison.deviations) - NEWER.keys()
    summary = (
        f"GraphQL contract: {comparison.types} types, {comparison.fields} fields and arguments, "
        f"{len(deviations)} deviations"
    )
    record_property("summary", summary)
    assert sorted(deviations) == []
