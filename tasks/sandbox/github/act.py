"""Execute workflow runs with act, each in a folder, a HOME and an environment of its own.

https://nektosact.com. The jobs run on this machine, without containers and without a network;
the actions that they use are in the folder `actions`. The attempts of a run share its artifacts.
"""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from .act_log import ActLog, read_lines
from .repository import Repository
from .runs import Run
from .workflow_files import WorkflowFile, actions_of

SANDBOX = Path(__file__).parent.parent
ACTIONS = SANDBOX / "actions"
INHERITED = ("GOGC", "LANG", "LC_ALL", "PATH", "SSL_CERT_FILE", "TMPDIR", "TZ", "http_proxy")
NO_NETWORK = {
    "http_proxy": "http://127.0.0.1:9",
    "https_proxy": "http://127.0.0.1:9",
    "no_proxy": "127.0.0.1,localhost",
}
QUIET = {  # act gives jobs a terminal, unlike GitHub
    "GH_NO_UPDATE_NOTIFIER": "1",
    "GH_PROMPT_DISABLED": "1",
    "GH_TELEMETRY": "false",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "NO_COLOR": "1",
    "PAGER": "cat",
    "TERM": "dumb",
}
GIT_CONFIG = """[url "{remote}"]
    insteadOf = {url}
"""
OPTIONS = (
    "--json",
    "--no-cache-server",
    "--no-skip-checkout",
    "--env-file=/dev/null",
    "--platform=ubuntu-latest=-self-hosted",
)


@dataclass(frozen=True)
class Machine:
    """Where jobs run: folders are made in `workdir`, and programs see a part of `env`.

    Jobs have the token `token`, and find the API at `socket`.
    """

    repository: Repository
    workdir: Path
    env: Mapping[str, str]
    token: str
    socket: Path

    def execute(self, run: Run, files: Mapping[str, WorkflowFile]) -> None:
        """Execute a run, whose workflow is one of `files` by its path."""
        run.start()
        log = ActLog(run)
        exit_code = 1
        try:
            with TemporaryDirectory(dir=self.workdir, ignore_cleanup_errors=True) as temporary:
                exit_code = self._run_act(run, files, Path(temporary), log)
        except OSError as error:
            run.log += str(error)
        finally:
            log.complete(exit_code)
            run.ended.set()

    def _run_act(
        self,
        run: Run,
        files: Mapping[str, WorkflowFile],
        folder: Path,
        log: ActLog,
    ) -> int:
        self.prepare(run, files, folder)
        # A step can open a pipe of act in /proc and write there what act would; a socket it cannot.
        output, acts_end = socket.socketpair()
        with acts_end:
            run.process = subprocess.Popen(
                self.command(run, files, folder),
                cwd=folder / "source",
                env=self.environment(folder, run),
                start_new_session=True,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=acts_end.fileno(),
                stderr=subprocess.STDOUT,
            )
        with run.process as process, output:
            if run.cancelled:
                process.kill()
            with output.makefile(encoding="utf-8", errors="replace", newline="\n") as lines:
                for line in read_lines(lines):
                    log.read(line)
        return process.returncode

    def prepare(self, run: Run, files: Mapping[str, WorkflowFile], folder: Path) -> None:
        """Write the workflows, the event and the configuration of the programs."""
        url = f"{self.repository.url}.git"
        secrets = {**run.secrets, "GITHUB_TOKEN": self.token}
        contents = {
            "event.json": json.dumps(run.context["github"]["event"]),
            "secrets": "".join(f"{name}={value}\n" for name, value in secrets.items()),
            "home/.gitconfig": GIT_CONFIG.format(url=url, remote=self.repository.path),
            "home/.config/gh/config.yml": f"http_unix_socket: {self.socket}\n",
        }
        for path, workflow in files.items():
            contents[f"source/{path}"] = workflow.text
        for path, text in contents.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def command(
        self,
        run: Run,
        files: Mapping[str, WorkflowFile],
        folder: Path,
    ) -> list[str]:
        """Return the command that starts act."""
        github = run.context["github"]
        variables = {
            "GITHUB_REF": github["ref"],
            "GITHUB_REPOSITORY": github["repository"],
            "GITHUB_RUN_ATTEMPT": run.attempt,
            "GITHUB_RUN_ID": run.id,
            "GITHUB_RUN_NUMBER": run.id,
            "SHA_REF": run.head_sha,  # act's name of GITHUB_SHA
        }
        return [
            "act",
            run.event,
            f"--workflows={run.path}",
            *OPTIONS,
            f"--actor={github['actor']}",
            f"--defaultbranch={self.repository.default_branch}",
            f"--eventpath={folder / 'event.json'}",
            f"--secret-file={folder / 'secrets'}",
            *[f"--env={name}={value}" for name, value in variables.items()],
            *self.action_options(files),
        ]

    def action_options(self, files: Mapping[str, WorkflowFile]) -> list[str]:
        """Return where the actions are that workflows use."""
        return _action_options(files)

    def environment(self, folder: Path, run: Run) -> dict[str, str]:
        """Return the variables of act, which steps get too."""
        inherited = {}
        for name in INHERITED:
            if name in self.env:
                inherited[name] = self.env[name]
        own = {
            "HOME": str(folder / "home"),
            "RUNNER_ARTIFACTS": str(self.workdir / f"artifacts-{run.id}"),
            "RUNNER_TOOLS": str(SANDBOX),
        }
        return {**NO_NETWORK, **QUIET, **inherited, **own}


def _action_options(files: Mapping[str, WorkflowFile]) -> list[str]:
    """Return where the actions are that workflows use. Those that are nowhere fail their jobs."""
    actions = set[tuple[str, str]]()
    for workflow in files.values():
        actions |= actions_of(workflow.spec)
    options = []
    for name, ref in sorted(actions):
        folder = ACTIONS / name
        options.append(f"--local-repository={name}@{ref}={folder}")
    return options
