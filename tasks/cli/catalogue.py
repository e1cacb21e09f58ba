"""The tasks of a collection by their names, with their options, and the sections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from invoke.collection import Collection
from invoke.parser.context import ParserContext
from invoke.tasks import Task


class Catalogue:
    """What can be typed. Invoke gives the help of an option only once, so it is asked once."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.names: list[str] = []
        self.contexts: dict[str, ParserContext] = {}
        for context in collection.to_contexts():
            names = [str(context.name), *context.aliases]
            self.names.append(names[0])
            for name in names:
                self.contexts[name] = context

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
