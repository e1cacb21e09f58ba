"""The options of one `recover`: as typed, as advised, or as an open incident recorded them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from ..incident.journal import Journal

RECOVER = "recover"
REVERTS = ("rollback.revert", "rollback.commit")
FLAGS = {"--skip-publish": "skip_publish", "--only-workflow": "only_workflow"}
# Options that a recorded command may have, and that change nothing of what is recovered.
OTHER_FLAGS = ("--json", "--merge", "--push-to-default", "--draft", "--wait", "--redeploy")
OTHER_VALUES = ("--title", "--body")


@dataclass(frozen=True)
class RecoverCommand:
    """What is reverted, and how it is published. `accept` is for a revert made by hand."""

    pr: str = ""
    sha: str = ""
    skip_publish: bool = False
    version: str = ""
    app_version: str = ""
    accept: str = ""
    only_workflow: bool = False

    @property
    def names_change(self) -> bool:
        """Whether it names the change to revert."""
        return bool(self.pr or self.sha)

    @property
    def options(self) -> list[str]:
        """Its options, as they are typed."""
        words = []
        for field in fields(self):
            value = getattr(self, field.name)
            option = _option(field.name)
            if value is True:
                words.append(option)
            elif value:
                words += [option, value]
        return words

    def completed_by(self, other: RecoverCommand) -> RecoverCommand:
        """Return it with the options of `other` added; its own options win."""
        completed = replace(other)
        if self.version or self.app_version:
            completed = replace(completed, skip_publish=False)
        if self.skip_publish:
            completed = replace(completed, version="", app_version="")
        given = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value:
                given[field.name] = value
        return replace(completed, **given)

    def with_versions_of(self, begun: RecoverCommand | None) -> RecoverCommand:
        """Return it with the versions that the same recovery has begun with, unless it has some."""
        if begun is None or (begun.pr, begun.sha) != (self.pr, self.sha):
            return self
        if self.skip_publish or self.version or self.app_version:
            return self
        return replace(self, version=begun.version, app_version=begun.app_version)

    def beside(self, given: RecoverCommand) -> RecoverCommand:
        """Return it without the options that were `given`."""
        left = {}
        for field in fields(self):
            if not getattr(given, field.name):
                left[field.name] = getattr(self, field.name)
        return RecoverCommand(**left)


def _option(name: str) -> str:
    words = name.replace("_", "-")
    return f"--{words}"


def parse_advice(line: str) -> RecoverCommand | None:
    """Return the command of an advice that is a `recover` to be typed as it is; else None."""
    words = _split(line)
    if words[:2] != ["invoke", RECOVER]:
        return None
    return _parse_options(words[2:], is_recorded=False)


def parse_recorded(line: str) -> RecoverCommand | None:
    """Return what a recorded command line reverts, and how it publishes; None if that is unclear.

    A revert that was typed on its own says nothing of the publication.
    """
    words = _split(line)
    for number, word in enumerate(words):
        if word == RECOVER or word in REVERTS:
            left = words[number + 1 :]
            found = _parse_options(left, is_recorded=True)
            if found and found.names_change:
                return found
            return None
    return None


def begun_recovery(journal: Journal) -> RecoverCommand | None:
    """Return the newest recovery that an incident has begun; None if it began none."""
    facts = journal.facts
    if not journal.file or not (facts.revert or facts.good_commit):
        return None
    for event in reversed(journal.events):
        found = parse_recorded(event.data.get("command", ""))
        if found:
            return found
    return None


def _split(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return []


def _parse_options(words: Sequence[str], *, is_recorded: bool) -> RecoverCommand | None:
    """Return the options at the start of `words`; None if one is unknown.

    Of a recorded command other tasks may follow, of an advice nothing.
    """
    names = {}
    for field in fields(RecoverCommand):
        names[_option(field.name)] = field.name
    values: dict[str, str | bool] = {}
    left = list(words)
    while left and (left[0].startswith("-") or not is_recorded):
        option, has_value, value = left.pop(0).partition("=")
        if option in FLAGS:
            values[FLAGS[option]] = True
        elif is_recorded and option in OTHER_FLAGS:
            continue
        elif option in names or (is_recorded and option in OTHER_VALUES):
            if not has_value and left:
                value = left.pop(0)
            values[names.get(option, "")] = value
        else:
            return None
    values.pop("", None)  # of options that do not count
    return RecoverCommand(**values)  # type: ignore[arg-type]
