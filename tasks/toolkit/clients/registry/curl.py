"""What a dry run shows for a change in a registry: shell lines that make it with curl.

The token is in no argument: the shell's own printf writes it to curl's standard input.
"""

from __future__ import annotations

from pathlib import Path

from ...core.shell import quote
from .manifest import MANIFEST, Manifest
from .reference import Reference
from .saved import FILE, saved_blob, saved_text
from .session import RegistrySession, encode_scopes

CURL = "curl --config - --fail --silent"
# At most one line, without a quote: curl takes what follows as its configuration.
FROM_JSON = r"""sed -nE '/"token"/{s/.*"token": *"([A-Za-z0-9._~+\/=-]+)".*/\1/p;q;}'"""
DIGEST = "$digest"  # the only variable in a path


def curl_command(
    session: RegistrySession,
    method: str,
    repository: str,
    path: str,
    *options: str,
    source: str = "",
) -> str:
    """Return the command for a request; `options` are shell text. Raises ServiceError.

    `path` may have a DIGEST, and `source` is another repository that is read.
    """
    user = quote(session.user)
    login = f'printf "user = %s:%s" {user} "$(gh auth token)"'
    challenge = session.challenge(repository)
    if challenge.lower().startswith("bearer"):
        scopes = encode_scopes(method, repository, source)
        token_source = quote(session.token_url(challenge, scopes))
        token = f"{login} | {CURL} {token_source} | {FROM_JSON}"
        login = f"""printf 'header = "Authorization: Bearer %s"' "$({token})\""""
    request = [
        CURL,
        "--show-error",
        f"--request {method}",
        *options,
        _quote_url(session.url(repository, path)),
    ]
    return f"{login} | {' '.join(request)}"


def put_manifest_lines(
    session: RegistrySession,
    reference: Reference,
    manifest: Manifest,
) -> list[str]:
    """Return the lines that let the tag name a manifest."""
    data = quote(manifest.body.decode())
    media_type = quote(f"Content-Type: {manifest.media_type}")
    command = curl_command(
        session,
        "PUT",
        reference.repository,
        f"manifests/{reference.tag}",
        f"--header {media_type} --data-binary {data}",
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
        f"blobs/uploads/?mount={DIGEST}&from={source.repository}",
        source=source.repository,
    )
    put = curl_command(
        session,
        "PUT",
        target.repository,
        f"manifests/{target.tag}",
        f"--header 'Content-Type: {MANIFEST}' --data-binary @\"$manifest\"",
    )
    return [
        "manifest=$(mktemp)",
        f'{read} > "$manifest"',
        """for digest in $(grep -o 'sha256:[0-9a-f]*' "$manifest"); do""",
        f"  {mount}; done",
        f'{put} && rm "$manifest"',
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
        read = curl_command(session, "GET", reference.repository, path, _follow(session))
        file = saved_blob(folder, digest)
        lines.append(f"{read} > {_quote(file)}")
    text = quote(saved_text(manifest))
    file = folder / FILE
    lines.append(f"printf %s {text} > {_quote(file)}")
    return lines


def _follow(session: RegistrySession) -> str:
    """Return the options that follow redirects, but not from https to http."""
    protocols = "=https"
    if session.url("", "").startswith("http:"):
        protocols = "=http,https"
    return f"--location --proto-redir {quote(protocols)}"


def _quote_url(url: str) -> str:
    """Return a URL as shell text, in which only DIGEST is expanded."""
    parts = map(quote, url.split(DIGEST))
    return f'"{DIGEST}"'.join(parts)


def _quote(path: Path) -> str:
    return quote(str(path))
