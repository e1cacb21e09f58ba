"""What a registry's answers mean. An unclear answer is an error, never an absence."""

from __future__ import annotations

import json
import re
from typing import Any

from ...core.errors import AccessDenied, ServiceError
from .connections import RegistryResponse
from .manifest import MANIFEST, Manifest

TRY_AGAIN = "run the same command again in a minute"
LOGIN_ADVICE = (
    "it is invalid or lacks write:packages; in Actions, grant this repository access under"
    " Package settings, Manage Actions access"
)
DIGEST = re.compile(r"sha\d+:[0-9a-f]{64,128}")


class Unsupported(ServiceError):
    """The registry does not support the operation."""


def explain(response: RegistryResponse, what: str, *, has_login: bool) -> ServiceError:
    """Return the error that a status about `what` means: AccessDenied, Unsupported or another."""
    answer = f"{response.status}{_reason(response.body)}"
    is_denied = response.status in (401, 403)
    if is_denied and has_login:
        message = f"{what}: the registry refused the token: {answer}"
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
        words = ", ".join(messages).split()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ""
    return f" ({' '.join(words)})" if words else ""


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
    """Return the manifest in an answer about `what`. Raises ServiceError."""
    content = parse_json(response, what)
    layers = content.get("layers")
    config = content.get("config")
    parts = [config] if config else []
    if not isinstance(layers, list) or not _have_digests(parts + layers):
        raise ServiceError(f"{what} is not a chart", "look at it with `helm show chart`")
    media_type = response.headers.get("content-type", MANIFEST)
    return Manifest(response.body, media_type)


def _have_digests(parts: list[Any]) -> bool:
    for part in parts:
        if not isinstance(part, dict):
            return False
        digest = str(part.get("digest"))
        if not DIGEST.fullmatch(digest):
            return False
    return True


def parse_tags(response: RegistryResponse, what: str) -> list[str]:
    """Return the tags in an answer about `what`. Raises ServiceError."""
    content = parse_json(response, what)
    tags = content.get("tags", 0)
    if tags is None:  # registries written in Go have null for none
        return []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise ServiceError(f"{what}: the registry's answer is not a list of tags", TRY_AGAIN)
    return tags
