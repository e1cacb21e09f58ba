"""A workflow run in the plan of a dry run: shell lines that wait until it has ended."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.shell import join, quote
from .gh import Gh

NEWEST = "map(.databaseId) + [0] | max"
IS_NEW = """select(.event == "{event}" and .databaseId > '"$earlier"')"""


@dataclass(frozen=True)
class PlannedRun:
    """The run of the workflow `file` that `event` will start on the branch or tag `ref`."""

    gh: Gh
    file: str
    event: str
    ref: str

    def begin(self) -> None:
        """Let the plan keep the number of the newest run, before the one that it starts."""
        command = self._list("databaseId")
        self._add(f"earlier=$({command} --jq '{NEWEST}')")

    def watch(self) -> None:
        """Let the plan wait until the run has ended, and end here unless it succeeded."""
        self._add(self._wait())

    def watch_and_go_on(self) -> None:
        """Let the plan wait until the run has ended, and go on until `report`."""
        self._add(f"failed=\n(\n{self._wait()}\n) || failed=1")

    def report(self) -> None:
        """Let the plan end here if the run that was watched did not succeed."""
        self._add('[ -z "$failed" ]')

    def _wait(self) -> str:
        """Return the shell lines that wait until the run has ended, and fail if it did."""
        is_new = IS_NEW.format(event=self.event)
        query = f"""'map({is_new}) | .[0].conclusion // ""'"""
        command = self._list("databaseId,event,conclusion")
        return _wait_for(self.gh, f"the run on {self.ref}", f"{command} --jq {query}")

    def _list(self, fields: str) -> str:
        words = ["gh", "run", "list", "--repo", self.gh.slug, "--workflow", self.file]
        return join([*words, "--branch", self.ref, "--json", fields])

    def _add(self, lines: str) -> None:
        self.gh.program.runner.executor.add(lines)


def rerun_form(gh: Gh, number: int) -> str:
    """Return the shell lines that re-run a run by a command, `{}`, and wait for that attempt.

    They fail if the run does.
    """
    view = join(["gh", "run", "view", str(number), "--repo", gh.slug, "--json"])
    begin = f"attempt=$({view} attempt --jq .attempt)"
    query = """'select(.attempt > '"$attempt"').conclusion // ""'"""
    wait = _wait_for(gh, f"run {number}", f"{view} attempt,conclusion --jq {query}")
    return f"{begin}\n{{}}\n{wait}"


def _wait_for(gh: Gh, run: str, command: str) -> str:
    """Return the shell lines that wait until a command prints the conclusion of a run."""
    ended = f'conclusion=$({command}) && [ -n "$conclusion" ]'
    wait = gh.program.runner.executor.bounded(ended, f"{run} to end")
    return f'{wait}\necho {quote(f"{run}:")} "$conclusion"\n[ "$conclusion" = success ]'
