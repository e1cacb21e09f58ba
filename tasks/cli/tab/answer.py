"""Print what may stand at the cursor: a candidate a line, with its description after a tab."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from .clone import Clone
from .files import SUFFIXES, files_below
from .home import find_home

HELP = ("help", "-h", "--help")
LIST = ("-l", "--list")
COMPLETION = "--completion"
TRACE = "--trace"
INSTALLED = "helm-rollback"  # works in any repository
OWN_NAMES = ("inv", "invoke")  # of programs that run the recipes of a folder

Candidates = Iterable[tuple[str, str]]


def main(words_file: str, command: str, *words: str) -> None:
    """Print the candidates for the last of the words that follow the command."""
    file = Path(words_file)
    name = Path(command).name
    home = None
    if name != INSTALLED:
        home = find_home(command)
    if home:
        file = home / ".venv" / file.name
    elif name in OWN_NAMES:
        return
    known = json.loads(file.read_bytes())
    line = Line(known, home, words or ("",))
    for candidate, text in line.candidates():
        if text:
            print(candidate, text, sep="\t")
        else:
            print(candidate)


class Line:
    """The words of a line, the last of which is completed; `known` are the tasks and options."""

    def __init__(
        self,
        known: dict[str, Any],
        home: Path | None,
        words: Iterable[str],
    ) -> None:
        self.known = known
        self.home = home
        *before, current = words
        # bash cuts a word at its `=`
        self.before = [word for word in before if word != "="]
        self.current = current.removeprefix("=")
        self.task = ""
        self.typed: set[str] = set()
        for word in self.before:
            self._read(word)

    def _read(self, word: str) -> None:
        if word in self.known["options"]:
            self.task = word
            self.typed = set()
        option, _, _ = word.partition("=")
        self.typed.add(option)

    def candidates(self) -> Iterator[tuple[str, str]]:
        """Yield what begins as the last word does."""
        offered = self._offered()
        option, equals, _ = self.current.partition("=")
        if equals and option.startswith("--"):
            values = self._values(option)
            offered = [(f"{option}={value}", text) for value, text in values]
        for candidate, text in offered:
            if candidate.startswith(self.current):
                yield candidate, text

    def _offered(self) -> Candidates:
        """Return what may follow the words before the cursor."""
        tasks = self.known["tasks"].items()
        sections = self.known["sections"].items()
        before = ""
        if self.before:
            before = self.before[-1]
        if before in HELP:
            return [*tasks, *sections]
        if before in LIST:
            return list(sections)
        if self._takes_value(before):
            return self._values(before)
        if self.current.startswith("-"):
            return self._options()
        if self.task and not self.current:
            return self._harmless_options() or list(tasks)
        return list(tasks)

    def _takes_value(self, word: str) -> bool:
        if word in (COMPLETION, TRACE):
            return True
        for option, takes_value, _ in self._options_of_task():
            if word == option:
                return bool(takes_value)
        return False

    def _options_of_task(self) -> list[tuple[str, bool, str]]:
        found: list[tuple[str, bool, str]] = self.known["options"].get(self.task, [])
        return found

    def _options(self) -> Candidates:
        """Return the options that may follow, without those that are typed already."""
        options = {}
        for option, _, text in self._options_of_task():
            options[option] = text
        options |= self.known["everywhere"]
        if not self.task:
            options |= dict.fromkeys(self.known["questions"], "")
        for option in self.typed:
            options.pop(option, None)
        return options.items()

    def _harmless_options(self) -> list[tuple[str, str]]:
        dangerous = self.known["dangerous"]
        return [(option, text) for option, text in self._options() if option not in dangerous]

    def _values(self, option: str) -> Candidates:
        """Return the values that an option may have."""
        choices = self.known["choices"].get(option)
        if choices:
            return dict.fromkeys(choices, "").items()
        if option in SUFFIXES:
            begun = self.current.removeprefix(f"{option}=")
            return files_below(begun, SUFFIXES[option])
        clone = Clone(self.home)
        sources = {
            "--pr": clone.pulls,
            "--sha": clone.commits,
            "--version": clone.versions,
            "--tag": clone.tags,
            "--ref": clone.tags,
            "--chart": clone.charts,
        }
        if option not in sources:
            return []
        return sources[option]()
