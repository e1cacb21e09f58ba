"""Comments, labels, releases and packages in the REST API: https://docs.github.com/en/rest."""

from __future__ import annotations

from ..server import Reply, Request
from .records import Release, check_length, json_value
from .rest import Json, Routes, page
from .state import State


def _list_comments(github: State, request: Request, number: str) -> Reply:
    issue = {**github.issues, **github.pulls}[int(number)]
    return page(request, [{"id": key, "body": text} for key, text in issue.comments.items()])


def _edit_comment(github: State, request: Request, number: str) -> Json:
    github.require_write("issues")
    text = request.json()["body"]
    check_length(text)
    for issue in (*github.issues.values(), *github.pulls.values()):
        if int(number) in issue.comments:
            issue.comments[int(number)] = text
            return {"id": int(number), "body": text}
    raise LookupError(number)


def _create_label(github: State, request: Request) -> Reply:
    github.require_write("issues")
    label = request.json()
    if label["name"] in github.labels:
        errors = [{"resource": "Label", "code": "already_exists", "field": "name"}]
        return Reply(422, {"message": "Validation Failed", "errors": errors})
    github.labels[label["name"]] = (label["color"], label.get("description", ""))
    return Reply(201, label)


def _edit_label(github: State, request: Request, name: str) -> Json:
    github.require_write("issues")
    color, description = github.labels[name]
    label = {"color": color, "description": description, **request.json()}
    github.labels[name] = (label["color"], label["description"])
    return {"name": name, **label}


def _show(github: State, release: Release) -> Json:
    attributes = {name: json_value(value) for name, value in vars(release).items()}
    return {
        **attributes,
        "published_at": json_value(release.published_at),
        "html_url": f"{github.repository.url}/releases/tag/{release.tag_name}",
        "url": f"https://api.github.com/repos/{github.slug}/releases/{release.id}",
    }


def _list_releases(github: State, request: Request) -> Reply:
    return page(request, [_show(github, release) for release in github.releases])


def _find_release(github: State, number: str) -> Release:
    return {release.id: release for release in github.releases}[int(number)]


def _get_release(github: State, _request: Request, number: str) -> Json:
    return _show(github, _find_release(github, number))


def _get_published(github: State, _request: Request, tag: str) -> Json:
    published = {release.tag_name: release for release in github.releases if not release.draft}
    return _show(github, published[tag])


def _create_release(github: State, request: Request) -> Reply:
    github.require_write("contents")
    given = request.json()
    tag = given["tag_name"]
    title = given.get("name", tag)
    notes = given.get("body", "")
    prerelease = given.get("prerelease", False)
    release = github.create_release(tag, title, notes, prerelease, given.get("draft", False))
    return Reply(201, _show(github, release))


def _edit_release(github: State, request: Request, number: str) -> Json:
    github.require_write("contents")
    release = _find_release(github, number)
    given = request.json()
    for name in given.keys() & vars(release).keys():
        setattr(release, name, given[name])
    return _show(github, release)


def _delete_release(github: State, _request: Request, number: str) -> None:
    github.require_write("contents")
    github.releases.remove(_find_release(github, number))


def _digests(github: State, package: str) -> dict[int, str]:
    """Return the digests that the registry holds of a package, by the ids of its versions."""
    tags = github.packages.tags(f"{github.repository.owner}/{package}")
    return {int(digest.removeprefix("sha256:")[:12], 16): digest for digest in tags.values()}


def _list_versions(github: State, _request: Request, package: str) -> list[Json]:
    digests = _digests(github, package)
    if not digests:
        raise LookupError(package)
    return [{"id": number, "name": digest} for number, digest in digests.items()]


def _delete_version(
    github: State,
    _request: Request,
    package: str,
    number: str,
) -> None:
    github.require_write("packages")
    digest = _digests(github, package)[int(number)]
    github.packages.remove(f"{github.repository.owner}/{package}", digest)


CONTENT_ROUTES: Routes = {
    "GET /": lambda *_: {"current_user_url": "https://api.github.com/user"},
    "GET /users/([^/]+)": lambda _github, _request, login: {"login": login, "type": "User"},
    r"GET REPO/issues/(\d+)/comments": _list_comments,
    r"PATCH REPO/issues/comments/(\d+)": _edit_comment,
    "POST REPO/labels": _create_label,
    "PATCH REPO/labels/(.+)": _edit_label,
    "GET REPO/releases": _list_releases,
    "POST REPO/releases": _create_release,
    "GET REPO/releases/tags/(.+)": _get_published,
    r"GET REPO/releases/(\d+)": _get_release,
    r"PATCH REPO/releases/(\d+)": _edit_release,
    r"DELETE REPO/releases/(\d+)": _delete_release,
    "GET /users/[^/]+/packages/container/(.+)/versions": _list_versions,
    r"DELETE /users/[^/]+/packages/container/(.+)/versions/(\d+)": _delete_version,
}
