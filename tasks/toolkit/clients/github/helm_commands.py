"""The helm commands in the script of a workflow step, their variables replaced where known."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping

EXPRESSION = r"\$\{\{((?:[^{}\n]|\{[^{}\n]*\})+)\}\}"
SHELL_SYNTAX = r"[|&;(){}<>`'\"$#\\]+"
LITERAL = r"'([^']*)'"
VARIABLE = r"\$(?:(\w+)|\{(\w+)(,,|:-[^${}\n]*)?\})"
ASSIGNMENT = r"(?m)(?:^|[;&|(]|\b(?:export|local|then|do|else)\b)[ \t]{0,99}(\w+)(\+?=)"
# A value for which the shell computes nothing: no $(...), no backtick, no command after it.
PLAIN_VALUE = r"""("[^"`()\n]{0,500}"|'[^'$\n]{0,500}'|[^\s"'`();&|<>]{0,500})[ \t]*([\n;#]|&&|$)"""
SUBSTITUTION = r"(oci://[^\s'\"`()]{0,200})(?:\$\([^()\n]{0,200}\)|`[^`\n]{0,200}`)"
COMMAND_OUTPUT = "${command}"
COMMENT = r"(?m)^[ \t]*#.*$"
COMMENT_AFTER = r"(?<=\s)#.*"  # in a word, as in ${name##*/}, it is none
COMMAND_END = r"\n|&&|\|\|?|;|\$?\(|[)`>]"
# https://helm.sh/docs/helm/helm_push: its options without a value, and helm's own
FLAGS = {"--plain-http", "--insecure-skip-tls-verify", "--debug", "-h", "--help"}
# Characters. A longer script, value or command is not one that people write.
LONGEST_SCRIPT = 100_000
LONGEST_COMMAND = 5_000
LONGEST_VALUE = 500


def helm_commands(
    script: str,
    env: Mapping[str, str],
    context: Mapping[str, str],
) -> Iterator[list[str]]:
    """Yield the words of each helm command; `context` has such names as github.repository.

    What is not known keeps its `$`.
    """
    text = script[:LONGEST_SCRIPT].replace("\\\n", " ")
    text = re.sub(COMMENT, "", text)
    text = _replace_known(text, env, context)[:LONGEST_SCRIPT]
    text = re.sub(SUBSTITUTION, rf"\1{COMMAND_OUTPUT}", text)
    for command in re.split(COMMAND_END, text):
        if "helm" not in command or len(command) > LONGEST_COMMAND:
            continue
        words = _split_words(command)
        if "helm" in words:
            start = words.index("helm")
            yield words[start:]


def pushed_to(words: list[str]) -> str:
    """Return where a helm command pushes a chart to; nothing if it does not push to a registry.

    That is a reference, or a text with a `$` that only a run knows.
    """
    arguments = _arguments(words[1:])
    if arguments[:1] != ["push"]:
        return ""
    for word in words:
        if word.startswith("oci://"):
            return word.rstrip("/")
    if len(arguments) == 2:  # it ends with a command's output
        return COMMAND_OUTPUT
    remote = "".join(arguments[2:3])
    return remote if "$" in remote else ""


def _arguments(words: list[str]) -> list[str]:
    """Return the words without the options and their values."""
    arguments = []
    takes_value = False
    for word in words:
        if word.startswith("-"):
            takes_value = "=" not in word and word not in FLAGS
        elif takes_value:
            takes_value = False
        else:
            arguments.append(word)
    return arguments


def _replace_known(text: str, env: Mapping[str, str], context: Mapping[str, str]) -> str:
    """Replace the expressions and the variables that have a known value in a script."""
    variables = {}
    for name, value in context.items():
        if name.startswith("github."):
            suffix = name.partition(".")[2]
            variables[f"GITHUB_{suffix.upper()}"] = value
    for name, value in env.items():
        if len(value) <= LONGEST_VALUE:
            variables[name] = fill_expressions(value, context)
    expressions = dict(context)
    for name, value in variables.items():
        expressions[f"env.{name}"] = value
    text = fill_expressions(text, expressions)[:LONGEST_SCRIPT]
    for name, assigned in _assignments(text).items():
        variables.pop(name, None)
        if assigned is not None:
            variables[name] = _replace_variables(assigned, variables)[:LONGEST_VALUE]
    return _replace_variables(text, variables)


def _assignments(script: str) -> dict[str, str | None]:
    """Return the value that a script gives to each variable; None for one that only a run knows."""
    values: dict[str, str | None] = {}
    plain_value = re.compile(PLAIN_VALUE)
    for match in re.finditer(ASSIGNMENT, script):
        name = match[1]
        plain = plain_value.match(script, match.end())
        value = plain[1].strip("\"'") if plain else None
        if match[2] == "+=" or values.get(name, value) != value:
            value = None
        values[name] = value
    return values


def fill_expressions(text: str, values: Mapping[str, str]) -> str:
    """Replace the expressions that have a known value; keep others in a form without spaces."""

    def replacement(match: re.Match[str]) -> str:
        value = _evaluate(match[1], values)
        if value is not None:
            return value
        without_spaces = re.sub(r"\s+", "", match[1])
        harmless = re.sub(SHELL_SYNTAX, "..", without_spaces)
        return f"${{{harmless}}}"

    return re.sub(EXPRESSION, replacement, text)


def _evaluate(expression: str, values: Mapping[str, str]) -> str | None:
    """Return the value of `a`, `'text'` or `a || b`, where known: the first that is not empty."""
    for part in expression.split("||"):
        name = part.strip()
        literal = re.fullmatch(LITERAL, name)
        value = literal[1] if literal else values.get(name)
        if value is None or value:
            return value
    return ""


def _replace_variables(text: str, values: Mapping[str, str]) -> str:
    """Replace the shell variables that have a value; `${name,,}` is in lower case."""

    def replacement(match: re.Match[str]) -> str:
        value = values.get(match[1] or match[2])
        how = match[3] or ""
        if value is None:
            return match[0]
        if how == ",,":
            return value.lower()
        return value or how.removeprefix(":-")

    return re.sub(VARIABLE, replacement, text)


def _split_words(command: str) -> list[str]:
    command = re.sub(COMMENT_AFTER, "", command)
    try:
        return shlex.split(command)
    except ValueError:  # a quote that closes in another part of the script
        words = command.split()
        return [word.strip("\"'") for word in words]
