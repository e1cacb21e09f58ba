"""Comments, labels and releases in the REST API: https://docs.github.com/en/rest."""

from __future__ import annotations

from urllib.parse import quote

from ..server import Reply
from .records import Issue, Refusal, Release, check_length, json_value
from .rest import Json, Routes
from .rest_objects import API, CREATED, number_of, show_user
from .state import State


def _get_user(_github: State, login: str) -> Json:
    return {
        **show_user(login),
        **dict.fromkeys(("bio", "company", "email", "hireable", "location", "name")),
        **dict.fromkeys(("followers", "following", "public_gists", "public_repos"), 0),
        "blog": "",
        "created_at": CREATED,
        "updated_at": CREATED,
    }


def _get_permission(github: State, login: str) -> Json:
    permission = github.collaborators.get(login, "read")  # as everybody has in a public repository
    return {"permission": permission, "role_name": permission, "user": None}


def _list_comments(github: State, number: str) -> list[Json]:
    items = {**github.issues, **github.pulls}
    item = items[int(number)]
    return [_show_comment(github, item, key) for key in item.comments]


def _edit_comment(github: State, number: str, body: str) -> Json:
    check_length(body)
    key = int(number)
    items = {**github.issues, **github.pulls}
    for item in items.values():
        if key in item.comments:
            item.comments[key] = body
            return _show_comment(github, item, key)
    raise LookupError(number)


def _show_comment(github: State, item: Issue, key: int) -> Json:
    repository = github.repository
    created_at = json_value(item.created_at)
    author = item.comment_authors.get(key, repository.owner)
    return {
        "id": key,
        "node_id": f"IC_{key}",
        "body": item.comments[key],
        "user": show_user(author),
        "author_association": "OWNER" if author == repository.owner else "NONE",
        "created_at": created_at,
        "updated_at": created_at,
        "url": f"{repository.api_url}/issues/comments/{key}",
        "html_url": f"{repository.url}/issues/{item.number}#issuecomment-{key}",
        "issue_url": f"{repository.api_url}/issues/{item.number}",
    }


def _create_label(
    github: State,
    name: str,
    color: str,
    description: str = "",
) -> Reply:
    if name in github.labels:
        raise Refusal("Validation Failed", code="already_exists", resource="Label", field="name")
    github.labels[name] = (color, description)
    return Reply(201, _show_label(github, name))


def _edit_label(
    github: State,
    name: str,
    color: str = "",
    description: str = "",
) -> Json:
    old_color, old_description = github.labels[name]
    github.labels[name] = (color or old_color, description or old_description)
    return _show_label(github, name)


def _show_label(github: State, name: str) -> Json:
    color, description = github.labels[name]
    return {
        "id": number_of(name),
        "node_id": f"LA_{name}",
        "url": f"{github.repository.api_url}/labels/{quote(name)}",
        "name": name,
        "color": color,
        "default": False,
        "description": description,
    }


def _show(github: State, release: Release) -> Json:
    repository = github.repository
    tag = quote(release.tag_name)
    url = f"{repository.api_url}/releases/{release.id}"
    upload = url.replace("//api.", "//uploads.")
    return {
        "id": release.id,
        "node_id": f"RE_{release.id}",
        "tag_name": release.tag_name,
        "target_commitish": repository.default_branch,
        "name": release.name,
        "body": release.body,
        "draft": release.draft,
        "prerelease": release.prerelease,
        "created_at": json_value(release.created_at),
        "published_at": json_value(release.published_at),
        "author": show_user(release.author or repository.owner),
        "assets": [],
        "url": url,
        "html_url": f"{repository.url}/releases/tag/{tag}",
        "assets_url": f"{url}/assets",
        "upload_url": f"{upload}/assets{{?name,label}}",
        "tarball_url": f"{repository.api_url}/tarball/{tag}",
        "zipball_url": f"{repository.api_url}/zipball/{tag}",
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
    target_commitish: str = "",
) -> Reply:
    release = github.create_release(
        tag_name,
        name or tag_name,
        body,
        prerelease,
        draft,
        target_commitish,
    )
    return Reply(201, _show(github, release))


def _edit_release(github: State, number: str, changes: Json) -> Json:
    release = _find_release(github, number)
    was_draft = release.draft
    for name in ("tag_name", "name", "body", "draft", "prerelease"):
        if name in changes:
            setattr(release, name, changes[name])
    if was_draft and not release.draft:
        github.publish(release)
    return _show(github, release)


def _delete_release(github: State, number: str) -> None:
    release = _find_release(github, number)
    github.releases.remove(release)


CONTENT_ROUTES: Routes = {
    "GET /": lambda *_: {"current_user_url": f"{API}/user"},
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
}
