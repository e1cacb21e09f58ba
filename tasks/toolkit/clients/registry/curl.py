"""What a dry run shows for a change in a registry: shell lines that make it with curl.

The token is in no argument: the shell's own printf writes it to curl's standard input.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from .manifest import MANIFEST, Manifest, saved_blob, saved_text
from .reference import Reference
from .session import RegistrySession, encode_scopes, token_url

CURL = "curl --config - --fail --silent"
FROM_JSON = r"""sed -E 's/.*"token": *"([^"]*)".*/\1/'"""


def curl_command(
    session: RegistrySession,
    method: str,
    repository: str,
    path: str,
    *options: str,
    source: str = "",
) -> str:
    """Return the command for a request; `path` and `options` are shell text. Raises ServiceError.

    `source` is another repository that is read.
    """
    user = shlex.quote(session.user)
    login = f'printf "user = %s:%s" {user} "$(gh auth token)"'
    challenge = session.challenge(repository)
    if challenge.lower().startswith("bearer"):
        scopes = encode_scopes(method, repository, source)
        token_source = shlex.quote(token_url(challenge, scopes))
        token = f"{login} | {CURL} {token_source} | {FROM_JSON}"
        login = f"""printf 'header = "Authorization: Bearer %s"' "$({token})\""""
    request = [
        CURL,
        "--show-error",
        f"--request {method}",
        *options,
        f'"{session.url(repository, path)}"',
    ]
    return f"{login} | {' '.join(request)}"


def put_manifest_lines(
    session: RegistrySession,
    reference: Reference,
    manifest: Manifest,
) -> list[str]:
    """Return the lines that let the tag name a manifest."""
    data = shlex.quote(manifest.body.decode())
    command = curl_command(
        session,
        "PUT",
        reference.repository,
        f"manifests/{reference.tag}",
        f"--header 'Content-Type: {manifest.media_type}' --data-binary {data}",
    )
    return [command]


def delete_lines(session: RegistrySession, reference: Reference, digest: str) -> list[str]:
    """Return the lines that delete a manifest."""
    path = f"manifests/{digest}"
    return [curl_command(session, "DELETE", reference.repository, path)]


def copy_lines(session: RegistrySession, source: Reference, target: Reference) -> list[str]:
    """Return the lines that copy a manifest; they read it, since a dry run has pushed nothing."""
    read = curl_command(
        session,
        "GET",
        source.repository,
        f"manifests/{source.tag}",
        f"--header 'Accept: {MANIFEST}'",
    )
    mount = curl_command(
        session,
        "POST",
        target.repository,
        f"blobs/uploads/?mount=$digest&from={source.repository}",
        source=source.repository,
    )
    put = curl_command(
        session,
        "PUT",
        target.repository,
        f"manifests/{target.tag}",
        f"--header 'Content-Type: {MANIFEST}' --data-binary @manifest.json",
    )
    return [
        f"{read} > manifest.json",
        "for digest in $(grep -o 'sha256:[0-9a-f]*' manifest.json); do",
        f"  {mount}; done",
        f"{put} && rm manifest.json",
    ]


def save_lines(
    session: RegistrySession,
    reference: Reference,
    manifest: Manifest,
    folder: Path,
) -> list[str]:
    """Return the lines that write a manifest and its blobs into a folder."""
    lines = [f"mkdir -p -m 700 {_quote(folder)}"]
    for digest in manifest.blobs:
        path = f"blobs/{digest}"
        read = curl_command(session, "GET", reference.repository, path, "--location")
        file = saved_blob(folder, digest)
        lines.append(f"{read} > {_quote(file)}")
    text = shlex.quote(saved_text(manifest))
    file = folder / "manifest.json"
    lines.append(f"printf %s {text} > {_quote(file)}")
    return lines


def _quote(path: Path) -> str:
    return shlex.quote(str(path))
