"""GitHub's website, as far as users need it: clones over HTTP, and the source archives of tags."""

from __future__ import annotations

import os
import re
import subprocess
from urllib.parse import urlencode

from ..server import Reply, Request, Server
from .repository import Repository

NOT_FOUND = Reply(404, b"Not Found", {"Content-Type": "text/json_value; charset=utf-8"})


class Web:
    """Serves `repository` to everybody, at `url` on a loopback port."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.server = Server(self._answer)
        self.url = f"http://{self.server.host}"

    def _answer(self, request: Request) -> Reply:
        routes = {
            r"\.git/(.+)": self._serve_git,
            r"/archive/refs/tags/(.+)\.tar\.gz": self._redirect,
            r"/tar\.gz/refs/tags/(.+)": self._serve_archive,
        }
        prefix = re.escape(f"/{self.repository.slug}")
        for route, handle in routes.items():
            match = re.fullmatch(prefix + route, request.path, re.IGNORECASE)
            if match:
                return handle(request, match[1])
        return NOT_FOUND

    def _redirect(self, _request: Request, tag: str) -> Reply:
        """Redirect as github.com does to codeload.github.com."""
        location = f"{self.url}/{self.repository.slug}/tar.gz/refs/tags/{tag}"
        return Reply(302, headers={"Location": location})

    def _serve_archive(self, _request: Request, tag: str) -> Reply:
        if f"refs/tags/{tag}" not in self.repository.refs():
            return NOT_FOUND
        version = re.sub("^v(?=[0-9])", "", tag)
        folder = f"{self.repository.name}-{version}"
        argv = [
            "git",
            "archive",
            "--format=tar.gz",
            f"--prefix={folder}/",
            f"refs/tags/{tag}",
        ]
        done = subprocess.run(
            argv,
            cwd=self.repository.path,
            capture_output=True,
            check=True,
        )
        return Reply(200, done.stdout, {"Content-Type": "application/x-gzip"})

    def _serve_git(self, request: Request, path: str) -> Reply:
        """Answer by git's CGI program: https://git-scm.com/docs/git-http-backend."""
        env = {
            **os.environ,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_PROJECT_ROOT": str(self.repository.path),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{path}",
            "REQUEST_METHOD": request.method,
            "QUERY_STRING": urlencode(request.query),
            "CONTENT_TYPE": request.headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(request.body)),
            "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"],
            input=request.body,
            env=env,
            capture_output=True,
            check=True,
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        headers = dict[str, str]()
        for line in head.decode().splitlines():
            name, value = line.split(": ", 1)
            headers[name] = value
        status = headers.pop("Status", "200 OK").split()[0]
        return Reply(int(status), body, headers)
