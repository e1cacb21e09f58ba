"""The program: read the line, answer what it asks, or let Invoke execute its tasks.

Invoke's own program ends with 1 at a mistyped line, which means "fired" to cron, and names no
nearest words. Its collection, contexts and executor are used as they are.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from invoke.collection import Collection
from invoke.config import Config
from invoke.exceptions import Exit
from invoke.executor import Executor
from invoke.parser.context import ParserContext

from .. import forget_variables_of_invoke, ns
from ..toolkit.console.output import print_line
from ..toolkit.console.result import Result, collecting
from ..toolkit.console.signals import INTERRUPTED_RESTART
from ..toolkit.core.actions import runs_under_actions
from ..toolkit.core.errors import RecipeError
from ..toolkit.core.installation import CHECKOUT, DISTRIBUTION, IS_INSTALLED
from ..toolkit.incident.exits import exit_cleanly
from .catalogue import Catalogue
from .completion import refresh_words
from .line import Asked, Line, read_line
from .tracing import tracing

STEP = DISTRIBUTION if IS_INSTALLED else "inv"
JSON = "--json"


class Program:
    """The tasks of a collection as a program; a line is its words after the program's name."""

    def __init__(self, collection: Collection) -> None:
        self.catalogue = Catalogue(collection)

    def run(self, words: Sequence[str]) -> None:
        """Carry out a line. Raises Exit, whose code is the program's."""
        with exit_cleanly(STEP, INTERRUPTED_RESTART):
            line = self._read(words)
            refresh_words(self.catalogue)
            if line.asked:
                self._answer(line)
                return
        names = [str(call.name) for call in line.calls]
        with exit_cleanly(STEP, INTERRUPTED_RESTART), tracing(line.trace, names):
            self._execute(line.calls, line.settings)

    def _read(self, words: Sequence[str]) -> Line:
        """Return what the words say. A refusal is a document too, if --json is among them."""
        result = Result(STEP)
        try:
            with collecting(result), exit_cleanly(STEP, INTERRUPTED_RESTART):
                return read_line(words, self.catalogue)
        except Exit as failure:
            as_document = JSON in words
            if as_document or runs_under_actions():
                from ..toolkit.incident.reporting import report

                report(result, None, failure, as_document=as_document)
            raise

    def _answer(self, line: Line) -> None:
        from . import completion, listing, start_page, task_help

        if line.asked is Asked.VERSION:
            print_line(version())
        elif line.asked is Asked.COMPLETION:
            completion.print_script(line.topic)
        elif line.asked is Asked.LIST:
            listing.print_list(self.catalogue, line.topic)
        elif line.asked is Asked.START:
            start_page.print_start_page(self.catalogue)
        elif line.topic:
            task_help.print_topic(self.catalogue, line.topic)
        else:
            start_page.print_help(self.catalogue)

    def _execute(self, calls: Sequence[ParserContext], settings: dict[str, bool]) -> None:
        # Lazy: a configuration file of Invoke's can change nothing here.
        config = Config(overrides={"run": settings}, lazy=True)
        Executor(self.catalogue.collection, config).execute(*calls)


def version() -> str:
    """Return the version of the product: that of pyproject.toml, or of the installed package."""
    import tomllib

    if IS_INSTALLED:
        from ..toolkit.core.package_origin import find_package_origin

        origin = find_package_origin()
        return origin.version if origin else ""
    try:
        text = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    except OSError:
        text = ""
    project = tomllib.loads(text).get("project", {})
    if project.get("name") == DISTRIBUTION:
        return str(project["version"])
    return "unknown"  # the tasks were copied into another repository


def main() -> None:
    """Run the words that were typed."""
    forget_variables_of_invoke()
    try:
        Program(ns).run(sys.argv[1:])
    except Exit as ended:
        sys.exit(ended.code)
    except Exception:
        # Python would end with 1, which means "fired" to cron and to when.yml.
        sys.excepthook(*sys.exc_info())
        sys.exit(RecipeError.exit_code)
