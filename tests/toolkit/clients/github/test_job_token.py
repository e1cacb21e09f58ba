"""The token of a job is told by its login, which GitHub is asked for once, and only if needed."""

from __future__ import annotations

from tasks.sandbox.github import GitHub as Server
from tasks.sandbox.server import Reply, Request
from tasks.toolkit.clients.github.client import GitHub
from tasks.toolkit.core.errors import ServiceError

from .conftest import add_pull, client, runner_of

OF_JOB = "ghs_16C7e42F292c6912E7710c838347Ae178B4a"
STATELESS = "ghs_1234567_eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOjF9.c2lnbmVk"  # since 2026
OF_APP = '{"data": {"viewer": {"login": "release-bot[bot]"}}}'


def of_job(server: Server, token: str = OF_JOB) -> GitHub:
    """Return the client of a job whose token is `token`."""
    server.actions.job_token = token
    return client(runner_of(server), token)


def record(server: Server) -> list[bytes]:
    """Return a list of the bodies of the requests that GitHub gets from now on."""
    bodies = []
    answer = server.server.answer

    def recording(request: Request) -> Reply:
        bodies.append(request.body)
        return answer(request)

    server.server.answer = recording
    return bodies


def test_the_token_of_a_job_is_asked_for_its_login_once(server: Server) -> None:
    github = of_job(server)
    bodies = record(server)
    assert github.job_token.is_used
    assert github.job_token.is_used
    assert len(bodies) == 1
    assert of_job(server, STATELESS).job_token.is_used


def test_what_a_revert_asks_tells_it_too(server: Server) -> None:
    github = of_job(server)
    bodies = record(server)
    add_pull(server, 42)
    github.pull_to_revert(42, "main")
    assert github.scopes.granted() is None
    assert github.job_token.is_used
    assert len(bodies) == 1


def test_a_person_is_not_asked(server: Server, github: GitHub) -> None:
    assert not github.job_token.is_used
    assert server.requests == []


def test_the_token_of_another_app_and_one_that_nobody_answers_for_are_none(
    server: Server,
) -> None:
    github = of_job(server)
    server.server.answer = lambda _: Reply(200, OF_APP.encode(), {"Content-Type": "text/json"})
    assert not github.job_token.is_used
    assert not client(runner_of(server), "ghs_unknown").job_token.is_used


def test_github_names_no_permission_of_an_app(server: Server) -> None:
    assert of_job(server).permission() == ""


def test_the_refusals_of_a_job_say_what_to_do(server: Server) -> None:
    github = of_job(server)
    server.actions.default_permissions = "read"
    refusals = {}
    try:
        github.issues.create("A title", "A text", [])
    except ServiceError as error:
        refusals["permissions"] = error.advice
    assert "`permissions:` of the job" in refusals["permissions"]
