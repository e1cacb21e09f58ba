"""What a dry run shows for a change in a registry: shell lines that make it with curl.

The token is in no argument: the shell's own printf writes it to curl's standard input.
"""

from __future__ import annotations

import shlex
from pathlib import Path

from .manifest import MANIFEST, Manifest, saved_blob, saved_text
from .reference import Reference
from .session import RegistrySession, encode_scopes, token_url


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
    login = f'printf "user = %s:%s" {shlex.quote(session.user)} "$(gh auth token)"'
    challenge = session.challenge(repository)
    if challenge.lower().startswith("bearer"):
        url = shlex.quote(token_url(challenge, encode_scopes(method, repository, source)))
        extract = r"""sed -E 's/.*"token": *"([^"]*)".*/\1/'"""
        token = f"{login} | curl --config - --fail --silent {url} | {extract}"
        login = f"""printf 'header = "Authorization: Bearer %s"' "$({token})\""""
    url = f'"{session.url(repository, path)}"'
    request = " ".join([f"--request {method}", *options, url])
    return f"{login} | curl --config - --fail --silent --show-error {request}"


def put_manifest_lines(
    session: RegistrySession, reference: Reference, manifest: Manifest
) -> list[str]:
    """Return the lines that let the tag name a manifest."""
    data = shlex.quote(manifest.body.decode())
    options = f"--header 'Content-Type: {manifest.media_type}' --data-binary {data}"
    path = f"manifests/{reference.tag}"
    return [curl_command(session, "PUT", reference.repository, path, options)]


def delete_lines(session: RegistrySession, reference: Reference, digest: str) -> list[str]:
    """Return the lines that delete a manifest."""
    return [curl_command(session, "DELETE", reference.repository, f"manifests/{digest}")]


def copy_lines(session: RegistrySession, source: Reference, target: Reference) -> list[str]:
    """Return the lines that copy a manifest; they read it, since a dry run has pushed nothing."""
    accept = f"--header 'Accept: {MANIFEST}'"
    content_type = f"--header 'Content-Type: {MANIFEST}' --data-binary @manifest.json"
    read = curl_command(session, "GET", source.repository, f"manifests/{source.tag}", accept)
    mount = f"blobs/uploads/?mount=$digest&from={source.repository}"
    post = curl_command(session, "POST", target.repository, mount, source=source.repository)
    path = f"manifests/{target.tag}"
    put = curl_command(session, "PUT", target.repository, path, content_type)
    return [
        f"{read} > manifest.json",
        "for digest in $(grep -o 'sha256:[0-9a-f]*' manifest.json); do",
        f"  {post}; done",
        f"{put} && rm manifest.json",
    ]


def save_lines(
    session: RegistrySession,
    reference: Reference,
    manifest: Manifest,
    folder: Path,
) -> list[str]:
    """Return the lines that write a manifest and its blobs into a folder."""
    lines = [f"mkdir -p -m 700 {shlex.quote(str(folder))}"]
    for digest in manifest.blobs:
        read = curl_command(session, "GET", reference.repository, f"blobs/{digest}", "--location")
        lines.append(f"{read} > {shlex.quote(str(saved_blob(folder, digest)))}")
    file = shlex.quote(str(folder / "manifest.json"))
    lines.append(f"printf %s {shlex.quote(saved_text(manifest))} > {file}")
    return lines
