"""What a registry's answers mean. An unclear answer is an error, never an absence."""

from __future__ import annotations

import json
import re
from typing import Any

from ...core.errors import AccessDenied, ServiceError
from .connections import RegistryResponse
from .manifest import MANIFEST, MalformedManifest, Manifest, shown

TRY_AGAIN = "run the same command again in a minute"
LOGIN_ADVICE = (
    "it is invalid or lacks write:packages; in Actions, grant this repository access under"
    " Package settings, Manage Actions access"
)
TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
LONGEST_REASON = 300  # characters


class Unsupported(ServiceError):
    """The registry does not support the operation."""


def explain(response: RegistryResponse, what: str, token: str) -> ServiceError:
    """Return the error that a status about `what` means: AccessDenied, Unsupported or another.

    `token` names the one that was sent, such as "the token of gh"; it is empty without a login.
    """
    answer = f"{response.status}{_reason(response.body)}"
    is_denied = response.status in (401, 403)
    if is_denied and token:
        message = f"{what}: the registry refused {token}: {answer}"
        return AccessDenied(message, LOGIN_ADVICE)
    message = f"{what}: the registry answered {answer}"
    if is_denied:
        return AccessDenied(message, "it needs a login: make the package public")
    if response.status == 405:
        return Unsupported(message, "this registry does not support that")
    return ServiceError(message, TRY_AGAIN)


def _reason(body: bytes) -> str:
    """Return the messages of an error's body in parentheses, or "" if it has none."""
    try:
        messages = []
        for error in json.loads(body)["errors"]:
            message = error.get("message") or error.get("code", "")
            messages.append(message)
        words = ", ".join(messages)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    printable = "".join(char if char.isprintable() else " " for char in words)
    reason = " ".join(printable.split())[:LONGEST_REASON]
    return f" ({reason})" if reason else ""


def parse_json(response: RegistryResponse, what: str) -> dict[str, Any]:
    """Return the JSON object of an answer about `what`. Raises ServiceError."""
    try:
        answer = json.loads(response.body)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ServiceError(f"{what}: the registry's answer is not a JSON object", TRY_AGAIN)
    return answer


def parse_manifest(response: RegistryResponse, what: str) -> Manifest:
    """Return the manifest in an answer about `what`, of whatever kind. Raises ServiceError."""
    media_type = response.headers.get("content-type", MANIFEST)
    media_type = media_type.partition(";")[0].strip().lower()
    manifest = Manifest(response.body, media_type)
    try:
        manifest.check()
    except MalformedManifest as error:
        advice = "it is neither read nor changed: ask the registry's administrator"
        raise ServiceError(f"{what} is not a chart: {error}", advice) from error
    announced = response.headers.get("docker-content-digest", manifest.digest)
    if announced.startswith("sha256:") and announced != manifest.digest:
        message = f"{what} arrived damaged: announced as {shown(announced)}, not {manifest.digest}"
        raise ServiceError(message, TRY_AGAIN)
    return manifest


def parse_tags(response: RegistryResponse, what: str) -> list[str]:
    """Return the tags in an answer about `what`. Raises ServiceError."""
    content = parse_json(response, what)
    tags = content.get("tags", 0)
    if tags is None:  # registries written in Go have null for none
        return []
    if not isinstance(tags, list) or not all(map(_is_tag, tags)):
        raise ServiceError(f"{what}: the registry's answer is not a list of tags", TRY_AGAIN)
    return tags


def _is_tag(tag: Any) -> bool:
    return isinstance(tag, str) and bool(TAG.fullmatch(tag))


def next_page(response: RegistryResponse) -> str:
    """Return the query of the next page that a Link names, or "" if this is the last one.

    https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-tags
    """
    link = response.headers.get("link", "")
    match = re.search(r'<[^<>?]*\?([!-;=?-~]+)>\s*;\s*rel="?next', link)
    return match[1] if match else ""
