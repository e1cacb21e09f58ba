"""The helm commands in the script of a workflow step, their variables replaced where known."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

EXPRESSION = r"\$\{\{([^{}\n]+)\}\}"
VARIABLE = r"\$\{?(\w+)(?:,,)?\}?"
COMMENT = r"(?m)^[ \t]*#.*$"
COMMAND_END = r"\n|&&|\|\|?|;|\$?\(|[)`>]"
# Characters. A longer script, value or command is not one that people write.
LONGEST_SCRIPT = 100_000
LONGEST_COMMAND = 5_000
LONGEST_VALUE = 500


def helm_commands(
    script: str,
    env: Mapping[str, str],
    context: Mapping[str, str],
) -> Iterator[list[str]]:
    """Yield the words of each helm command; `context` has such names as github.repository."""
    text = script[:LONGEST_SCRIPT].replace("\\\n", " ")
    text = _replace_known(text, env, context)
    text = re.sub(COMMENT, "", text[:LONGEST_SCRIPT])
    for command in re.split(COMMAND_END, text):
        if "helm" not in command or len(command) > LONGEST_COMMAND:
            continue
        words = _split_words(command)
        if "helm" in words:
            start = words.index("helm")
            yield words[start:]


def _replace_known(text: str, env: Mapping[str, str], context: Mapping[str, str]) -> str:
    """Replace the expressions and the variables of `env` and of `context` in a script."""
    variables = {}
    for name, value in context.items():
        suffix = name.partition(".")[2]
        variables[f"GITHUB_{suffix.upper()}"] = value
    for name, value in env.items():
        if len(value) <= LONGEST_VALUE:
            variables[name] = _replace_expressions(value, context)
    expressions = dict(context)
    for name, value in variables.items():
        expressions[f"env.{name}"] = value
    text = _replace_expressions(text, expressions)
    return _replace_variables(text, variables)


def _replace_expressions(text: str, values: Mapping[str, str]) -> str:
    """Replace the expressions that name a value; of others, keep the braces without spaces."""

    def replacement(match: re.Match[str]) -> str:
        expression = match[1].strip()
        if expression in values:
            return values[expression]
        without_spaces = expression.replace(" ", "")
        return f"${{{without_spaces}}}"

    return re.sub(EXPRESSION, replacement, text)


def _replace_variables(text: str, values: Mapping[str, str]) -> str:
    """Replace the shell variables that have a value; `${name,,}` is in lower case."""

    def replacement(match: re.Match[str]) -> str:
        value = values.get(match[1], match[0])
        if match[0].endswith(",,}"):
            return value.lower()
        return value

    return re.sub(VARIABLE, replacement, text)


def _split_words(command: str) -> list[str]:
    try:
        return shlex.split(command, comments=True)
    except ValueError:  # a quote that closes in another part of the script
        words = command.split()
        return [word.strip("\"'") for word in words]
