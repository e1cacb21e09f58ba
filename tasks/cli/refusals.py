"""What is said about a line that cannot be read: what was found, and what to type instead."""

from __future__ import annotations

import re
from collections.abc import Sequence

from invoke.parser.argument import Argument
from invoke.parser.context import ParserContext

from ..toolkit.core.errors import BadInput
from ..toolkit.core.invocation import INVOKED_AS
from .catalogue import Catalogue
from .examples import EXAMPLES
from .nearest import MOST, either, nearest

# Values that are typed without their option.
VALUES = {
    "--pr": r"#?\d+|https?://\S+/pull/\d+\S*",
    "--version": r"v?\d+\.\d+\.\d+\S*",
    "--sha": r"[0-9a-f]{7,40}",
}


def empty_word() -> BadInput:
    """Return the refusal of a word without a letter."""
    return BadInput("an argument is empty", "leave it out, or set the variable that it comes from")


def unknown_task(
    word: str,
    before: str,
    call: ParserContext | None,
    rest: Sequence[str],
    catalogue: Catalogue,
) -> BadInput:
    """Return the refusal of a word that is no task; `before` and `rest` are the words around it."""
    sections = catalogue.sections
    names = [*catalogue.contexts, *sections]
    option = _option_of(word, call)
    if option:
        return BadInput(f"{word!r} is not a task; did you mean {before} {option}?")
    if word in sections:
        if rest and f"{word}.{rest[0]}" in names:
            return BadInput(f"{word!r} is a section; did you mean {word}.{rest[0]}?")
        tasks = [f"{word}.{name}" for name in sections[word].tasks]
        return BadInput(f"{word!r} is a section", f"choose {either(tasks)}")
    if before in sections:  # "when check" for "when.check"
        joined = nearest(f"{before}.{word}", names)
        if joined:
            return BadInput(f"{word!r} is not known; did you mean {either(joined)}?")
    return _unknown(word, nearest(word, names), f"{INVOKED_AS} --list shows all tasks")


def _option_of(word: str, call: ParserContext | None) -> str:
    """Return the option that the word was meant for, with its value."""
    if call is None:
        return ""
    name, equals, value = word.partition("=")
    if equals and f"--{name}" in call.flags:
        return f"--{name} {value}"
    for option, pattern in VALUES.items():
        argument = call.flags.get(option)
        if argument and not argument.raw_value and re.fullmatch(pattern, word):
            return f"{option} {word}"
    return ""


def unknown_option(option: str, task: str, catalogue: Catalogue) -> BadInput:
    """Return the refusal of an option that the task, or the program without one, does not have."""
    own = ["--help", "--dry", "--echo"]
    if task:
        options = [*catalogue.contexts[task].flags, *own]
        what = f"{option!r} is not an option of {task}"
        advice = f"{INVOKED_AS} --help {task} shows its options"
        begun = []
        if option.strip("-"):
            begun = [name for name in options if name.startswith(option)]
        return _unknown(option, begun[:MOST] or nearest(option, options), advice, what)
    for context in catalogue.contexts.values():
        if option in context.flags:
            what = f"{option!r} comes before its task"
            return BadInput(what, f"type the task first, such as {_example_of(option)}")
    options = [*own, "--list", "--version", "--completion"]
    return _unknown(option, nearest(option, options), f"{INVOKED_AS} --help shows the options")


def _unknown(word: str, names: Sequence[str], otherwise: str, what: str = "") -> BadInput:
    """Return the refusal of a word with the nearest names, or with other advice."""
    what = what or f"{word!r} is not known"
    if names:
        return BadInput(f"{what}; did you mean {either(names)}?")
    return BadInput(what, otherwise)


def missing_option(argument: Argument, task: str) -> BadInput:
    """Return the refusal of a task without an option that it needs."""
    option = f"--{argument.names[0]}"
    examples = EXAMPLES.get(task, (f"{task} {option} {argument.names[0].upper()}",))
    return BadInput(f"{task} needs {option}", f"for example {INVOKED_AS} {examples[0]}")


def missing_value(option: str, task: str) -> BadInput:
    """Return the refusal of an option without its value."""
    name = option.lstrip("-").upper()
    examples = EXAMPLES.get(task, ())
    for example in examples:
        found = re.search(rf"{option} \S+", example)
        if found:
            return BadInput(f"{option} needs a value", f"for example {found[0]}")
    return BadInput(f"{option} needs a value", f"type {option} {name}, or leave it out")


def _example_of(option: str) -> str:
    """Return an example that has the option, or where it goes."""
    for examples in EXAMPLES.values():
        for example in examples:
            if option in example.split():
                return f"{INVOKED_AS} {example}"
    return f"{INVOKED_AS} TASK {option}"
