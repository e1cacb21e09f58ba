"""The helm commands in the script of a workflow step, their variables replaced where known."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

EXPRESSION = r"\$\{\{\s*(.+?)\s*\}\}"
VARIABLE = r"\$\{?(\w+)(?:,,)?\}?"
COMMENT = r"(?m)^\s*#.*$"
COMMAND_END = r"\n|&&|\|\|?|;|\$?\(|[)`>]"


def helm_commands(
    script: str, env: Mapping[str, str], context: Mapping[str, str]
) -> Iterator[list[str]]:
    """Yield the words of each helm command; `context` has such names as github.repository."""
    variables = {f"GITHUB_{name.partition('.')[2].upper()}": context[name] for name in context}
    for name, value in env.items():
        variables[name] = _replace_expressions(value, context)
    expressions = {**context, **{f"env.{name}": value for name, value in variables.items()}}
    text = _replace_expressions(script.replace("\\\n", " "), expressions)
    text = re.sub(COMMENT, "", _replace_variables(text, variables))
    for command in re.split(COMMAND_END, text):
        words = _split_words(command)
        if "helm" in words:
            yield words[words.index("helm") :]


def _replace_expressions(text: str, values: Mapping[str, str]) -> str:
    """Replace the expressions that name a value; of others, keep the braces without spaces."""

    def replacement(match: re.Match[str]) -> str:
        expression = match[1]
        return values.get(expression, f"${{{expression.replace(' ', '')}}}")

    return re.sub(EXPRESSION, replacement, text)


def _replace_variables(text: str, values: Mapping[str, str]) -> str:
    """Replace the shell variables that have a value; `${name,,}` is in lower case."""

    def replacement(match: re.Match[str]) -> str:
        value = values.get(match[1], match[0])
        return value.lower() if match[0].endswith(",,}") else value

    return re.sub(VARIABLE, replacement, text)


def _split_words(command: str) -> list[str]:
    try:
        return shlex.split(command, comments=True)
    except ValueError:  # a quote that closes in another part of the script
        return [word.strip("\"'") for word in command.split()]
