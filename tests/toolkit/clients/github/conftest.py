"""A gh that gives recorded answers: what is asked and what is made of it is tested, not gh."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.github.gh import Gh
from tasks.toolkit.clients.process import ProcessRunner, ProgramOutput
from tasks.toolkit.core.errors import ProgramFailed
from tasks.toolkit.core.secret import Secret

SLUG = "owner/name"


def failure(message: str) -> ProgramOutput:
    """Return how gh ends when it prints `message` on stderr."""
    return ProgramOutput(1, "", message)


class RecordedRunner(ProcessRunner):
    """Answer each command by how it begins; `commands`, `inputs` and `limits` keep what was run."""

    def __init__(self, answers: Mapping[str, Any], *, dry_run: bool) -> None:
        super().__init__({}, 10, Executor(dry_run=dry_run))
        self.answers = answers
        self.commands: list[str] = []
        self.inputs: list[str] = []
        self.limits: list[float] = []

    def run(
        self,
        argv: list[str],
        *,
        env: Mapping[str, str] | None = None,
        stdin: str = "",
        limit: float = 0,
        check: bool = True,
        holds_lock: bool = False,
    ) -> ProgramOutput:
        """Return the first answer that fits; what is neither text nor output becomes JSON."""
        assert env
        assert holds_lock
        line = shlex.join(argv[1:])
        self.commands.append(line)
        self.inputs.append(stdin)
        self.limits.append(limit)
        answer = next(text for start, text in self.answers.items() if line.startswith(start))
        if isinstance(answer, ProgramOutput):
            if check and answer.status:
                raise ProgramFailed(argv, answer.status, answer.stderr)
            return answer
        if not isinstance(answer, str):
            answer = json.dumps(answer)
        return ProgramOutput(0, answer, "")


def recorded_gh(answers: Mapping[str, Any] | None = None, *, dry_run: bool = False) -> Gh:
    """Return a gh with recorded answers."""
    return Gh(RecordedRunner(answers or {}, dry_run=dry_run), SLUG, Secret(""))


def runner_of(gh: Gh) -> RecordedRunner:
    """Return the runner of a recorded gh."""
    runner = gh.program.runner
    assert isinstance(runner, RecordedRunner)
    return runner


def commands_of(gh: Gh) -> list[str]:
    """Return the commands that were run."""
    return runner_of(gh).commands


def inputs_of(gh: Gh) -> list[str]:
    """Return what the commands were given on stdin."""
    return runner_of(gh).inputs


def pull_data(number: int, **fields: Any) -> dict[str, Any]:
    """Return a pull request as gh reports it: merged, unless the fields say otherwise."""
    return {
        "number": number,
        "title": f"Change {number}",
        "body": "",
        "state": "MERGED",
        "url": f"https://github.com/{SLUG}/pull/{number}",
        "isDraft": False,
        "headRefName": f"branch-{number}",
        "mergeCommit": {"oid": f"{number:040x}"},
        "mergedAt": f"2025-01-01T10:{number % 60:02}:00Z",
        **fields,
    }
