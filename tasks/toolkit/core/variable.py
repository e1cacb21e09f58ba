"""An environment variable: what its value must look like, and the setting that is made of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import SettingError
from .secret import Secret


@dataclass(frozen=True)
class Variable:
    """A variable: its `meaning`, the `pattern` of the whole value, and what is `wanted`, in words.

    `names` are its names, the stronger first, if it has several. An `optional` one may be empty in
    `.env`: it is derived then. `if_missing` is the advice where it is needed and cannot be derived.
    """

    meaning: str
    pattern: str
    wanted: str
    example: str = ""
    default: str = ""
    convert: Callable[[str], Any] = str
    names: tuple[str, ...] = ()
    optional: bool = False
    is_folder: bool = False
    if_missing: str = ""

    def describe(self, name: str) -> str:
        """Return what a value of the variable must be, with an example."""
        return f"{self.wanted}, for example {name}={self.example or self.default}"

    def read_file_text(
        self,
        name: str,
        text: str,
        folder: Path,
    ) -> str:
        """Return the text that a file in `folder` gives; relative folders start there.

        Raises SettingError.
        """
        if not text and not self.optional:
            advice = f"it must be {self.describe(name)}, or remove the line"
            raise SettingError(name, "is empty in .env", advice)
        return self._resolve(name, text, folder)

    def read(
        self,
        name: str,
        texts: Mapping[str, str],
        folder: Path,
    ) -> Any:
        """Return the setting; relative folders start at `folder`. Raises SettingError."""
        given_names = []
        for alias in self.names:
            if texts.get(alias):
                given_names.append(alias)
        given = next(iter(given_names), name)
        text = texts.get(given) or self.default
        if text and not re.fullmatch(self.pattern, text):
            problem = f"is {text!r}"
            if self.convert is Secret:
                problem = "is malformed"
            raise SettingError(given, problem, f"it must be {self.describe(given)}")
        return self.convert(self._resolve(given, text, folder))

    def _resolve(
        self,
        name: str,
        text: str,
        folder: Path,
    ) -> str:
        if not text or not self.is_folder:
            return text
        try:
            return str(folder / Path(text).expanduser())
        except RuntimeError as error:
            raise SettingError(name, f"is {text!r}", "there is no such user here") from error


def setting(
    meaning: str,
    pattern: str,
    wanted: str,
    example: str = "",
    **more: Any,
) -> Any:
    """Declare a field of a dataclass that a Variable sets."""
    return field(metadata={"variable": Variable(meaning, pattern, wanted, example, **more)})


def number_setting(meaning: str, default: str, unit: str = "seconds") -> Any:
    """Declare a field that is a number of `unit`."""
    pattern = r"\d{1,5}(\.\d+)?"
    return setting(meaning, pattern, f"a number of {unit}", default=default, convert=float)
