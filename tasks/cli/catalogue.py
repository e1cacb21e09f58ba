"""The tasks of a collection by their names, with their options, and the sections."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from invoke.collection import Collection
from invoke.parser.context import ParserContext
from invoke.tasks import Task


class Catalogue:
    """What can be typed."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection

    @cached_property
    def names(self) -> list[str]:
        """The names of the tasks, without their aliases."""
        return list(self.collection.task_names)

    @cached_property
    def contexts(self) -> Mapping[str, ParserContext]:
        """The options of each task, by its name and by its aliases."""
        contexts = {}
        for context in _contexts(self.collection):
            for name in (str(context.name), *context.aliases):
                contexts[name] = context
        return contexts

    @property
    def sections(self) -> Mapping[str, Collection]:
        """The sections by their names, in the order of the runbook."""
        sections: Mapping[str, Collection] = self.collection.collections
        return sections

    @property
    def root(self) -> list[str]:
        """The names of the tasks that are typed without a section."""
        return list(self.collection.tasks)

    def task(self, name: str) -> Task[Any]:
        """Return a task by a name that it is typed with."""
        task: Task[Any] = self.collection[name]
        return task


def _contexts(collection: Collection) -> list[ParserContext]:
    """Return the options of all tasks. Invoke takes the help away from a task; it is kept."""
    helps = {name: dict(collection[name].help) for name in collection.task_names}
    contexts = list(collection.to_contexts())
    for name, texts in helps.items():
        collection[name].help = texts
    return contexts
