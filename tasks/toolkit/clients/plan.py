"""The plan of a dry run: one block of shell that counts its changes, and can be pasted.

It is a here-document for `sh`: the shell that it is pasted into expands nothing of it, not even
zsh, which takes no comments at its prompt. It stops at the first command that fails.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from ..core.printable import one_line
from ..core.shell import quote
from ..core.shell_lines import fold_comment, fold_script

INCOMPLETE = "# aborted: incomplete plan, do not run"
END = "END_OF_PLAN"


@dataclass
class Plan:
    """Lines of shell and notes, in order; `changes` counts what they change, by its name.

    `preamble` goes before the first line. The folder `scratch` is deleted at the end if a line
    uses it.
    """

    preamble: list[str] = field(default_factory=list)
    scratch: str = ""
    changes: Counter[str] = field(default_factory=Counter)
    _lines: list[str] = field(default_factory=list)
    _step: str = ""
    _deletes_scratch: bool = False

    def add(
        self,
        line: str,
        step: str,
    ) -> None:
        """Add a line, or several, of the recipe `step`."""
        if line.startswith("#"):
            self.note(line.removeprefix("#").strip(), step)
            return
        if step != self._step:
            self._lines.append(fold_comment(step))
            self._step = step
        if self.scratch and self.scratch in line and not self._deletes_scratch:
            remove = f"rm -rf {quote(self.scratch)}"
            self._lines.append(fold_script(f"trap {quote(remove)} EXIT"))
            self._deletes_scratch = True
        self._lines.append(fold_script(line))

    def note(
        self,
        text: str,
        step: str,
    ) -> None:
        """Add a comment; it ends with its line, whatever names it holds."""
        self._lines.append(fold_comment(f"{step}: {one_line(text)}"))
        self._step = step

    def text(
        self,
        *,
        complete: bool,
    ) -> str:
        """Return the block; one that is incomplete is left open: a shell runs nothing of it."""
        heading = fold_comment(f"plan: {self.summary}") if complete else INCOMPLETE
        preamble = [fold_script(line) for line in self.preamble]
        body = "\n".join([heading, *preamble, *self._lines])
        end = END
        while end in body.split("\n"):  # a text of others must not end the plan
            end += "_"
        last = f"{end}\n)" if complete else INCOMPLETE
        return f"(sh -e /dev/fd/3 3<<'{end}'\n{body}\n{last}"

    @property
    def summary(self) -> str:
        """The number of changes of each kind: `1 PR, 1 merge, 2 pushes`."""
        counts = []
        for kind, number in self.changes.items():
            counts.append(f"{number} {_plural(kind, number)}")
        return ", ".join(counts) or "changes on this machine only"


def _plural(kind: str, number: int) -> str:
    if number == 1:
        return kind
    if kind.endswith(("s", "sh")):
        return f"{kind}es"
    return f"{kind}s"
