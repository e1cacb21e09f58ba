"""What clients see of GitHub's stand-in: its REST API (https://docs.github.com/en/rest), and the way to its GraphQL API."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from . import github_graphql
from .github_mutations import short
from .github_runs import RUNS
from .records import Issue, Refusal, Release, moment
from .server import Reply, Request

if TYPE_CHECKING:
    from .github import GitHub


class Api:
    """Answers requests for one repository."""

    def __init__(self, github: GitHub) -> None:
        self.github = github

    def answer(self, request: Request) -> Reply:
        """Answer one request, and let what it changed take effect."""
        github, graphql = self.github, request.path == "/graphql"
        asked = request.json() if graphql else {}
        operation = re.search(r"(?:query|mutation)\s+(\w+)", asked.get("query", ""))
        github.requests.append((request.method, f"{request.path} {operation[1]}" if operation else request.path))
        if request.headers.get("authorization", "").partition(" ")[2] != github.token:
            return _error(401, "Bad credentials")
        with github.lock:
            github.sync()
            reply = Reply(body=github_graphql.answer(github, asked)) if graphql else self._rest(request)
            github.sync()
        return Reply(reply.status, reply.body, {"X-Oauth-Scopes": github.scopes, **reply.headers})

    def _rest(self, request: Request) -> Reply:
        prefix = f"/repos/{self.github.slug}"
        for route, handle in ROUTES.items():
            method, _, pattern = route.partition(" ")
            found = re.fullmatch(pattern.replace("{repo}", prefix), request.path, re.I)
            if found and method == request.method:
                try:
                    return _reply(handle(self.github, request, *map(unquote, found.groups())))
                except Refusal as error:
                    return _error(403 if error.kind == "FORBIDDEN" else 422, str(error))
                except (LookupError, StopIteration):
                    break
        return _error(404, "Not Found")


def _reply(answer: Any) -> Reply:
    return answer if isinstance(answer, Reply) else Reply(body=answer) if answer is not None else Reply(204)


def _error(status: int, message: str, **more: Any) -> Reply:
    return Reply(status, {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status), **more})


def _release(github: GitHub, release: Release) -> dict[str, Any]:
    link = f"https://github.com/{github.slug}/releases/tag/{release.tag_name}"
    return {
        **vars(release), "created_at": moment(release.created_at), "published_at": None if release.draft else moment(release.created_at),
        "html_url": link, "url": f"https://api.github.com/repos/{github.slug}/releases/{release.id}", "assets": [], "upload_url": "",
        "author": {"login": github.owner}, "target_commitish": github.default_branch, "tarball_url": "", "zipball_url": "",
    }  # fmt: skip


def _paged(request: Request, items: Sequence[Any]) -> Reply:
    """Answer with the page that was asked for, and say where the next one is: https://docs.github.com/en/rest/using-the-rest-api."""
    size, page = min(int(request.query.get("per_page", 30)), 100), int(request.query.get("page", 1))
    more = f'<https://api.github.com{request.path}?per_page={size}&page={page + 1}>; rel="next"' if items[page * size :] else ""
    return Reply(body=list(items[(page - 1) * size : page * size]), headers={"Link": more} if more else {})


def _comment(github: GitHub, issue: Issue, number: int) -> dict[str, Any]:
    url = f"https://github.com/{github.slug}/issues/{issue.number}#issuecomment-{number}"
    return {"id": number, "body": issue.comments[number], "html_url": url, "user": {"login": issue.author}}


def _comments(github: GitHub, request: Request, number: str) -> Reply:
    issue = {**github.issues, **github.pulls}[int(number)]
    return _paged(request, [_comment(github, issue, one) for one in issue.comments])


def _edit_comment(github: GitHub, request: Request, number: str) -> dict[str, Any]:
    github.demand("issues")
    issue = next(issue for issue in [*github.issues.values(), *github.pulls.values()] if int(number) in issue.comments)
    issue.comments[int(number)] = short(request.json())["body"]
    return _comment(github, issue, int(number))


def _create_release(github: GitHub, request: Request) -> Reply:
    github.demand("contents")
    asked = request.json()
    name, notes, flags = (
        asked.get("name") or asked["tag_name"],
        asked.get("body") or "",
        [bool(asked.get(flag)) for flag in ("prerelease", "draft")],
    )
    release = github.create_release(asked["tag_name"], name, notes, *flags)
    return Reply(201, _release(github, release))


def _edit_release(github: GitHub, request: Request, number: str) -> dict[str, Any]:
    github.demand("contents")
    release = {release.id: release for release in github.releases}[int(number)]
    vars(release).update({name: value for name, value in request.json().items() if name in vars(release)})
    return _release(github, release)


def _delete_release(github: GitHub, _: Request, number: str) -> None:
    github.demand("contents")
    github.releases.remove({release.id: release for release in github.releases}[int(number)])


def _package_versions(github: GitHub, _: Request, name: str) -> list[dict[str, Any]]:
    """List what the registry holds of a package, an id for each digest: https://docs.github.com/en/rest/packages/packages."""
    tags = github.packages.tags(f"{github.owner}/{name}") if github.packages else {}
    found = {digest: [tag for tag in tags if tags[tag] == digest] for digest in dict.fromkeys(tags.values())}
    if not found:
        raise LookupError(name)
    return [
        {"id": int(digest[7:19], 16), "name": digest, "metadata": {"package_type": "container", "container": {"tags": listed}}}
        for digest, listed in found.items()
    ]


def _delete_package_version(github: GitHub, request: Request, name: str, number: str) -> None:
    github.demand("packages")
    digest = {version["id"]: version["name"] for version in _package_versions(github, request, name)}[int(number)]
    if github.packages:
        github.packages.remove(f"{github.owner}/{name}", digest)


def _create_label(github: GitHub, request: Request) -> Reply:
    github.demand("issues")
    asked = request.json()
    if asked["name"] in github.labels:
        return _error(422, "Validation Failed", errors=[{"resource": "Label", "code": "already_exists", "field": "name"}])
    github.labels[asked["name"]] = (asked.get("color", "ededed"), asked.get("description") or "")
    return Reply(201, {"name": asked["name"], "color": asked.get("color")})


def _edit_label(github: GitHub, request: Request, name: str) -> dict[str, Any]:
    github.demand("issues")
    asked, (color, description) = request.json(), github.labels.pop(name)
    github.labels[asked.get("new_name", name)] = (asked.get("color", color), asked.get("description", description))
    return {"name": asked.get("new_name", name)}


def _delete_ref(github: GitHub, _: Request, name: str) -> None:
    if f"refs/{name}" not in github.refs():
        raise Refusal("Reference does not exist")
    github.git("update-ref", "-d", f"refs/{name}")


def _repository(github: GitHub, _: Request) -> dict[str, Any]:
    owner = {"login": github.owner, "type": "User"}
    return {"name": github.name, "full_name": github.slug, "default_branch": github.default_branch, "owner": owner, "private": False}


ROUTES: Mapping[str, Callable[..., Any]] = {
    "GET /": lambda *_: {"current_user_url": "https://api.github.com/user"},
    "GET /user": lambda github, _: {"login": github.owner},
    r"GET /users/([^/]+)": lambda _, __, name: {"login": name, "type": "User"},
    r"GET /users/[^/]+/packages/container/(.+)/versions": _package_versions,
    r"DELETE /users/[^/]+/packages/container/(.+)/versions/(\d+)": _delete_package_version,
    "GET {repo}": _repository,
    **RUNS,
    r"GET {repo}/issues/(\d+)/comments": _comments,
    r"PATCH {repo}/issues/comments/(\d+)": _edit_comment,
    "GET {repo}/releases": lambda github, asked: _paged(asked, [_release(github, release) for release in github.releases]),
    "POST {repo}/releases": _create_release,
    r"GET {repo}/releases/tags/(.+)": lambda github, _, tag: _release(github, {r.tag_name: r for r in github.releases if not r.draft}[tag]),
    r"GET {repo}/releases/latest": lambda github, _: _release(github, next(r for r in github.releases if not r.draft and not r.prerelease)),
    r"GET {repo}/releases/(\d+)": lambda github, _, number: _release(github, {r.id: r for r in github.releases}[int(number)]),
    r"PATCH {repo}/releases/(\d+)": _edit_release,
    r"DELETE {repo}/releases/(\d+)": _delete_release,
    "POST {repo}/labels": _create_label,
    r"PATCH {repo}/labels/(.+)": _edit_label,
    r"DELETE {repo}/git/refs/(.+)": _delete_ref,
}
