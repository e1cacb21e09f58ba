"""Read the words of a line as tasks and their options; refuse the first that is not known."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from enum import Enum

from invoke.parser.argument import Argument
from invoke.parser.context import ParserContext

from ..toolkit.core.errors import BadInput
from ..toolkit.core.options import rules_of
from . import refusals
from .catalogue import Catalogue
from .choices import ensure_choice
from .tracing import OPTION as TRACE
from .tracing import SUCH_AS, ensure_can_draw

HELP = ("-h", "--help")
LIST = ("-l", "--list")
VERSION = ("-V", "--version")
COMPLETION = "--completion"
EVERYWHERE = {  # options that may stand before a task and after it
    "--dry": "print the commands, to be pasted; change nothing",
    "--echo": "print each command as it is run",
}
TRACE_HELP = "draw as an SVG what the command waits for"


class Asked(Enum):
    """What a line asks for, instead of tasks that it runs."""

    START = "the start page"
    HELP = "help, with a topic or without"
    LIST = "the list of tasks, or of one section"
    VERSION = "the version"
    COMPLETION = "the script that completes words in a shell"


@dataclass
class Line:
    """What was typed: tasks to call, with the program's own `settings`; or what is asked for.

    `trace` is the file to draw a trace in, or "".
    """

    calls: list[ParserContext] = field(default_factory=list)
    settings: dict[str, bool] = field(default_factory=dict)
    asked: Asked | None = None
    topic: str = ""
    trace: str = ""


def read_line(words: Sequence[str], catalogue: Catalogue) -> Line:
    """Return what the words say. Raises BadInput, before any task runs."""
    if not words:
        return Line(asked=Asked.START)
    if words[0] == "help":
        words = ["--help", *words[1:]]
    return _Reader(words, catalogue).read()


class _Reader:
    """Read word after word; `call` is the task whose options come next, typed as `name`."""

    def __init__(self, words: Sequence[str], catalogue: Catalogue) -> None:
        self.words = deque(words)
        self.catalogue = catalogue
        self.line = Line()
        self.call: ParserContext | None = None
        self.name = ""

    def read(self) -> Line:
        while self.words and not self.line.asked:
            word = self.words.popleft()
            if not word:
                raise refusals.empty_word()
            if word.startswith("-"):
                self._read_option(word)
            else:
                self._read_name(word)
        if self.line.asked:
            return self.line
        self._finish_call()
        if not self.line.calls:
            self._ask(Asked.START)
        return self.line

    def _read_name(self, word: str) -> None:
        if word in self.catalogue.contexts:
            self._finish_call()
            self.call = deepcopy(self.catalogue.contexts[word])
            self.name = word
        elif self.call and self.call.missing_positional_args:
            self.call.missing_positional_args[0].value = word
        elif word in self.catalogue.sections and self._ends_or_asks_for_help():
            self._ask(Asked.LIST, word)
        else:
            after = self.words[0] if self.words else ""
            raise refusals.unknown_task(word, self.name, self.call, after, self.catalogue)

    def _ends_or_asks_for_help(self) -> bool:
        is_last = not self.words or self.words[0] in HELP
        return is_last and self.call is None

    def _read_option(self, word: str) -> None:
        option, equals, value = word.partition("=")
        if self._read_question(option, value):
            return
        if option in EVERYWHERE:
            self._ensure_bare(option, equals)
            self.line.settings[option.removeprefix("--")] = True
            return
        if option == TRACE:
            self._read_trace(value or self._next_value())
            return
        argument = self.call.flags.get(option) if self.call else None
        if argument is None:
            raise refusals.unknown_option(option, self.name, self.catalogue)
        if argument.takes_value:
            self._read_value(argument, option, value if equals else self._next_value())
        else:
            self._ensure_bare(option, equals)
            argument.value = True

    def _read_question(self, option: str, value: str) -> bool:
        """Read an option that asks for something; return whether it is one."""
        if option in HELP:
            self._ask(Asked.HELP, self.name or value or self._next_value())
        elif self.call:  # after a task, `--version` would be its own
            return False
        elif option in LIST:
            self._ask(Asked.LIST, value or self._next_value())
        elif option in VERSION:
            self._ask(Asked.VERSION)
        elif option == COMPLETION:
            self._ask(Asked.COMPLETION, value or self._next_value())
        return bool(self.line.asked)

    def _ask(self, asked: Asked, topic: str = "") -> None:
        self.line.asked = asked
        self.line.topic = topic

    def _read_value(self, argument: Argument, option: str, value: str) -> None:
        if not value:
            raise refusals.missing_value(option, self.name)
        if argument.raw_value and argument.kind is not list:
            raise BadInput(f"{option} is given twice", f"give {self.name} one value of it")
        ensure_choice(option, value)
        argument.value = value

    def _read_trace(self, file: str) -> None:
        if not file:
            raise BadInput(f"{TRACE} needs a file", SUCH_AS)
        if self.line.trace:
            raise BadInput(f"{TRACE} is given twice", "give it one file")
        ensure_can_draw(file)
        self.line.trace = file

    def _next_value(self) -> str:
        """Take the next word, unless it is an option; a value that looks like one needs a `=`."""
        if not self.words:
            return ""
        word = self.words[0]
        if word.startswith("--") or word in HELP:
            return ""
        return self.words.popleft()

    def _ensure_bare(self, option: str, equals: str) -> None:
        if equals:
            raise BadInput(f"{option} takes no value", f"type {option} alone")

    def _finish_call(self) -> None:
        if self.call is None:
            return
        name = str(self.call.name)
        missing = self.call.missing_positional_args
        if missing:
            raise refusals.missing_option(missing[0], name)
        task = self.catalogue.task(name)
        rules_of(task).ensure_compatible(self.call.as_kwargs)
        self.line.calls.append(self.call)
