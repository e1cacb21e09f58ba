"""Read a `.env` file: lines NAME=value, in UTF-8."""

from __future__ import annotations

import stat
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import BadInput
from .installation import EXAMPLE
from .shell import quote

if TYPE_CHECKING:
    from dotenv.parser import Binding


def read_env_file(file: Path, names: Collection[str]) -> tuple[dict[str, str], list[str]]:
    """Return the values of the variables `names`, and warnings about the file. Raises BadInput.

    Nothing is interpolated.
    """
    values: dict[str, str] = {}
    warnings: list[str] = []
    for binding in _parse(file):
        name, value = binding.key, binding.value
        if binding.error or (name and value is None):
            what = f"{file}, line {binding.original.line}, is not NAME=value"
            raise BadInput(what, "close the quotes, and end the value on its line")
        if not name:
            continue
        if name in names:
            values[name] = value or ""
        else:
            warnings.append(f"{file}: {_describe_unknown(name, names)}")
    mode = file.stat().st_mode
    if values and stat.S_IMODE(mode) & 0o077:
        fix = f"chmod 600 {quote(str(file))}"
        warnings.append(f"{file} can be read by other users of this machine: {fix}")
    return values, warnings


def _parse(file: Path) -> list[Binding]:
    from dotenv.parser import parse_stream  # only where there is a .env  # noqa: PLC0415

    try:
        with file.open(encoding="utf-8") as stream:
            return list(parse_stream(stream))
    except UnicodeError as error:
        raise BadInput(f"{file} is not UTF-8 text ({error})", "save it as UTF-8") from error
    except OSError as error:
        what = f"{file} cannot be read ({error.strerror})"
        raise BadInput(what, f"it must be a file that you may read: see {EXAMPLE}") from error


def _describe_unknown(name: str, names: Collection[str]) -> str:
    from difflib import get_close_matches  # only for an unknown name  # noqa: PLC0415

    hint = f"see {EXAMPLE} for all settings"
    for nearest in get_close_matches(name, sorted(names), 1):
        hint = f"did you mean {nearest}?"
    return f"{name} is not a setting and is ignored; {hint}"
