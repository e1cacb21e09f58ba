"""Comments, labels, releases and packages in the REST API: https://docs.github.com/en/rest."""

from __future__ import annotations

from ..server import Reply
from .records import Release, check_length, json_fields, json_value
from .rest import Json, Routes
from .state import State

PACKAGE = "/users/[^/]+/packages/container/(?P<package>.+)"


def _get_user(_github: State, login: str) -> Json:
    return {"login": login, "type": "User"}


def _get_permission(github: State, login: str) -> Json:
    permission = github.collaborators.get(login, "read")  # as everybody has in a public repository
    return {"permission": permission, "role_name": permission, "user": None}


def _list_comments(github: State, number: str) -> list[Json]:
    items = {**github.issues, **github.pulls}
    item = items[int(number)]
    viewer = github.repository.owner
    comments = []
    for key, text in item.comments.items():
        author = item.comment_authors.get(key, viewer)
        comments.append({"id": key, "body": text, "user": {"login": author}})
    return comments


def _edit_comment(github: State, number: str, body: str) -> Json:
    check_length(body)
    key = int(number)
    items = {**github.issues, **github.pulls}
    for item in items.values():
        if key in item.comments:
            item.comments[key] = body
            return {"id": key, "body": body}
    raise LookupError(number)


def _create_label(
    github: State,
    name: str,
    color: str,
    description: str = "",
) -> Reply:
    if name in github.labels:
        error = {
            "resource": "Label",
            "code": "already_exists",
            "field": "name",
        }
        return Reply(422, {"message": "Validation Failed", "errors": [error]})
    github.labels[name] = (color, description)
    return Reply(201, _show_label(github, name))


def _edit_label(github: State, name: str, changes: Json) -> Json:
    label = {**_show_label(github, name), **changes}
    github.labels[name] = (label["color"], label["description"])
    return label


def _show_label(github: State, name: str) -> Json:
    color, description = github.labels[name]
    return {
        "name": name,
        "color": color,
        "description": description,
    }


def _show(github: State, release: Release) -> Json:
    return {
        **json_fields(release),
        "published_at": json_value(release.published_at),
        "html_url": f"{github.repository.url}/releases/tag/{release.tag_name}",
        "url": f"https://api.github.com/repos/{github.slug}/releases/{release.id}",
    }


def _list_releases(github: State) -> list[Json]:
    return [_show(github, release) for release in github.releases]


def _find_release(github: State, number: str) -> Release:
    releases = {str(release.id): release for release in github.releases}
    return releases[number]


def _get_release(github: State, number: str) -> Json:
    release = _find_release(github, number)
    return _show(github, release)


def _get_published_release(github: State, tag: str) -> Json:
    for release in github.releases:
        if release.tag_name == tag and not release.draft:
            return _show(github, release)
    raise LookupError(tag)


def _create_release(
    github: State,
    tag_name: str,
    name: str = "",
    body: str = "",
    prerelease: bool = False,
    draft: bool = False,
) -> Reply:
    release = github.create_release(tag_name, name or tag_name, body, prerelease, draft)
    return Reply(201, _show(github, release))


def _edit_release(github: State, number: str, changes: Json) -> Json:
    release = _find_release(github, number)
    for name, value in changes.items():
        if name in vars(release):
            setattr(release, name, value)
    return _show(github, release)


def _delete_release(github: State, number: str) -> None:
    release = _find_release(github, number)
    github.releases.remove(release)


def _digests(github: State, package: str) -> dict[int, str]:
    """Return the digests that the registry holds of a package, by the ids of its versions."""
    tags = github.packages.tags(f"{github.repository.owner}/{package}")
    digests = dict[int, str]()
    for digest in tags.values():
        number = digest.removeprefix("sha256:")[:12]
        digests[int(number, 16)] = digest
    return digests


def _list_versions(github: State, package: str) -> list[Json]:
    digests = _digests(github, package)
    if not digests:
        raise LookupError(package)
    return [{"id": number, "name": digest} for number, digest in digests.items()]


def _delete_version(github: State, package: str, number: str) -> None:
    digests = _digests(github, package)
    digest = digests[int(number)]
    github.packages.remove(f"{github.repository.owner}/{package}", digest)


CONTENT_ROUTES: Routes = {
    "GET /": lambda *_: {"current_user_url": "https://api.github.com/user"},
    "GET /users/(?P<login>[^/]+)": _get_user,
    "GET REPO/collaborators/(?P<login>[^/]+)/permission": _get_permission,
    r"GET REPO/issues/(?P<number>\d+)/comments": _list_comments,
    r"PATCH REPO/issues/comments/(?P<number>\d+)": _edit_comment,
    "POST REPO/labels": _create_label,
    "PATCH REPO/labels/(?P<name>.+)": _edit_label,
    "GET REPO/releases": _list_releases,
    "POST REPO/releases": _create_release,
    "GET REPO/releases/tags/(?P<tag>.+)": _get_published_release,
    r"GET REPO/releases/(?P<number>\d+)": _get_release,
    r"PATCH REPO/releases/(?P<number>\d+)": _edit_release,
    r"DELETE REPO/releases/(?P<number>\d+)": _delete_release,
    f"GET {PACKAGE}/versions": _list_versions,
    rf"DELETE {PACKAGE}/versions/(?P<number>\d+)": _delete_version,
}
