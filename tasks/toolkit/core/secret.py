"""A secret that masks itself."""

from __future__ import annotations

TOKENS = ("GITHUB_TOKEN", "GH_TOKEN")  # the variables that hold one


class Secret:
    """A secret string: `repr`, `str` and `format` show `***`; only `reveal()` returns the value.

    `origin` says in words where it is from, such as "GITHUB_TOKEN in .env".
    """

    __slots__ = ("__value", "origin")

    def __init__(self, value: str, origin: str = "") -> None:
        self.__value = value
        self.origin = origin

    def reveal(self) -> str:
        """Return the value, for the program or the header that needs it."""
        return self.__value

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled")
