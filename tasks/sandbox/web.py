"""GitHub's website as far as users' commands ask it: clones over HTTP, and the source archives of tags."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from .server import Reply, Request, Server

if TYPE_CHECKING:
    from .github import GitHub

NOT_FOUND = Reply(404, b"Not Found", {"Content-Type": "text/plain; charset=utf-8"})


class Web:
    """Serves the repository of `github` on a loopback port, to anybody; `url` is where."""

    def __init__(self, github: GitHub) -> None:
        self.github, self.server = github, Server(self._answer)
        self.url = f"http://{self.server.host}"

    def _answer(self, request: Request) -> Reply:
        found = re.fullmatch(rf"/{self.github.slug}(\.git/.+|/archive/refs/tags/.+\.tar\.gz|/tar\.gz/refs/tags/.+)", request.path, re.I)
        if not found:
            return NOT_FOUND
        _, kind, tag = re.split(r"(\.git/|/archive/refs/tags/|/tar\.gz/refs/tags/)", found[1], maxsplit=1)
        if kind == ".git/":
            return self._git(request, tag)
        if kind.startswith("/archive"):  # as github.com sends one to codeload.github.com
            return Reply(302, headers={"Location": f"{self.url}/{self.github.slug}/tar.gz/refs/tags/{tag.removesuffix('.tar.gz')}"})
        return self._archive(tag)

    def _archive(self, tag: str) -> Reply:
        if f"refs/tags/{tag}" not in self.github.refs():
            return NOT_FOUND
        folder = f"{self.github.name}-{re.sub(r'^v(?=[0-9])', '', tag)}"
        argv = ["git", "archive", "--format=tar.gz", f"--prefix={folder}/", f"refs/tags/{tag}"]
        made = subprocess.run(argv, cwd=self.github.remote, env=self.github.env, capture_output=True, check=True).stdout
        return Reply(200, made, {"Content-Type": "application/x-gzip", "Content-Disposition": f"attachment; filename={folder}.tar.gz"})

    def _git(self, request: Request, path: str) -> Reply:
        """Answer by git's own CGI program: https://git-scm.com/docs/git-http-backend. Nobody may push."""
        env = {
            **self.github.env, "GIT_PROJECT_ROOT": str(self.github.remote), "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": f"/{path}",
            "REQUEST_METHOD": request.method, "QUERY_STRING": urlencode(request.query),
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.body)), "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
            "GIT_PROTOCOL": request.headers.get("git-protocol", ""), "PATH": self.github.env.get("PATH", os.defpath),
        }  # fmt: skip
        made = subprocess.run(["git", "http-backend"], input=request.body, env=env, capture_output=True, check=True).stdout
        head, _, body = made.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        return Reply(int(headers.pop("Status", "200").split()[0]), body, headers)
