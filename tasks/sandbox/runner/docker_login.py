"""Add a login to docker's configuration: docker_login.py USER [REGISTRY] < PASSWORD.

It is what is left of docker on a machine without it. The registry is not asked.
https://docs.docker.com/reference/cli/docker/login/
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path

DOCKER_HUB = "https://index.docker.io/v1/"


def registry_key(registry: str) -> str:
    """Return the key of a registry in docker's configuration."""
    host = registry.removeprefix("https://").removeprefix("http://").partition("/")[0]
    if host in ("", "docker.io", "index.docker.io", "registry-1.docker.io"):
        return DOCKER_HUB
    return host


def add_login(user: str, registry: str, password: str) -> Path:
    """Write a login beside the others, and return the file."""
    folder = Path(os.environ.get("DOCKER_CONFIG", Path.home() / ".docker"))
    file = folder / "config.json"
    config = {}
    if file.exists():
        config = json.loads(file.read_text())
    secret = base64.b64encode(f"{user}:{password}".encode()).decode()
    config.setdefault("auths", {})[registry_key(registry)] = {"auth": secret}
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(config))
    file.chmod(0o600)
    return file


if __name__ == "__main__":
    _, name, *rest = sys.argv
    host = rest[0] if rest else ""
    add_login(name, host, sys.stdin.read().rstrip("\r\n"))
    print("Login Succeeded")
