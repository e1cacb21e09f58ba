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
from .listing import section_heading
from .nearest import MOST, did_you_mean, either, nearest

# Values that are typed without their option.
VALUES = {
    "--pr": r"#?\d+|https?://\S+/pull/\d+\S*",
    "--version": r"v?\d+\.\d+\.\d+\S*",
    "--sha": r"[0-9a-f]{7,40}",
}
OWN_OPTIONS = ("--help", "--list", "--version", "--dry", "--echo", "--trace", "--completion")


def empty_word() -> BadInput:
    """Return the refusal of a word without a letter."""
    return BadInput("an argument is empty", "leave it out, or set the variable that it comes from")


def unknown_name(word: str, names: Sequence[str]) -> BadInput:
    """Return the refusal of a word that is none of the names."""
    return _unknown(word, names, f"{INVOKED_AS} --list shows all tasks")


def _unknown(word: str, names: Sequence[str], advice: str) -> BadInput:
    """Return the refusal of a word, with the nearest names, or else with the advice."""
    what = f"{word!r} is not known"
    found = nearest(word, names)
    if found:
        return did_you_mean(what, found)
    return BadInput(what, advice)


def unknown_task(
    word: str,
    before: str,
    call: ParserContext | None,
    after: str,
    catalogue: Catalogue,
) -> BadInput:
    """Return the refusal of a word that is no task; `before` and `after` are the words around it.

    `call` is the task that it follows.
    """
    names = [*catalogue.contexts, *catalogue.sections]
    option = _option_of(word, call)
    if option:
        what = f"{word!r} is not a task"
        return did_you_mean(what, [f"{before} {option}"])
    if word in catalogue.sections:
        return _only_section(word, after, catalogue)
    if before in catalogue.sections:  # "when check" for "when.check"
        joined = f"{before}.{word}"
        found = nearest(joined, names)
        if found:
            return did_you_mean(f"{word!r} is not known", found)
    return unknown_name(word, names)


def _only_section(section: str, after: str, catalogue: Catalogue) -> BadInput:
    """Return the refusal of a section that does nothing by itself."""
    what = f"{section!r} is a section"
    joined = f"{section}.{after}"
    if joined in catalogue.contexts:
        return did_you_mean(what, [joined])
    _, tasks = section_heading(catalogue, section)
    advice = f"choose {either(tasks)}"
    return BadInput(what, advice)


def _option_of(word: str, call: ParserContext | None) -> str:
    """Return the option that the word was meant for, with its value."""
    if call is None:
        return ""
    name, equals, value = word.partition("=")
    option = f"--{name}"
    if equals and option in call.flags:
        return f"{option} {value}"
    for option, pattern in VALUES.items():
        argument = call.flags.get(option)
        if argument is None or argument.raw_value:
            continue
        if re.fullmatch(pattern, word):
            return f"{option} {word}"
    return ""


def unknown_option(option: str, task: str, catalogue: Catalogue) -> BadInput:
    """Return the refusal of an option that the task, or the program without one, does not have."""
    if task:
        return _unknown_option_of(task, option, catalogue)
    for context in catalogue.contexts.values():
        if option in context.flags:
            example = _example_of(option)
            what = f"{option!r} comes before its task"
            return BadInput(what, f"type the task first, such as {example}")
    return _unknown(option, OWN_OPTIONS, f"{INVOKED_AS} --help shows the options")


def _unknown_option_of(task: str, option: str, catalogue: Catalogue) -> BadInput:
    flags = catalogue.contexts[task].flags
    options = [*flags, "--help", "--dry", "--echo", "--trace"]
    found = nearest(option, options)
    if option.strip("-"):
        begun = [name for name in options if name.startswith(option)]
        found = begun[:MOST] or found
    what = f"{option!r} is not an option of {task}"
    if found:
        return did_you_mean(what, found)
    advice = f"{INVOKED_AS} --help {task} shows its options"
    return BadInput(what, advice)


def missing_option(argument: Argument, task: str) -> BadInput:
    """Return the refusal of a task without an option that it needs."""
    name = argument.names[0]
    example = f"{task} --{name} {name.upper()}"
    if task in EXAMPLES:
        example, _ = EXAMPLES[task]
    what = f"{task} needs --{name}"
    advice = f"for example {INVOKED_AS} {example}"
    return BadInput(what, advice)


def missing_value(option: str, task: str) -> BadInput:
    """Return the refusal of an option without its value."""
    what = f"{option} needs a value"
    examples = EXAMPLES.get(task, ())
    for example in examples:
        found = re.search(rf"{option} \S+", example)
        if found:
            return BadInput(what, f"for example {found[0]}")
    value = option.lstrip("-")
    advice = f"type {option} {value.upper()}, or leave it out"
    return BadInput(what, advice)


def _example_of(option: str) -> str:
    """Return an example that has the option, or where it goes."""
    for examples in EXAMPLES.values():
        for example in examples:
            words = example.split()
            if option in words:
                return f"{INVOKED_AS} {example}"
    return f"{INVOKED_AS} TASK {option}"
