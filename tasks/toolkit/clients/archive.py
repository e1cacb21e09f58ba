"""A tar.gz from elsewhere: read once, as a stream, within limits."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from ..core.errors import Refused

MEBIBYTE = 1 << 20
MOST_UNPACKED = 100 * MEBIBYTE
MOST_MEMBERS = 50_000
MOST_HEADER = 1 << 15  # bytes of the headers of one member; a path has at most 4,096
BROKEN_ARCHIVE = (  # what a damaged archive raises, or one that tarfile does not understand
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
)


class ArchiveTooLarge(Refused):
    """An archive becomes larger than its limits."""


class _Unpacked(gzip.GzipFile):
    """What is in a gzip, up to `largest` bytes of it, `budget` of them until that is renewed.

    tarfile reads headers as large as they say they are.
    """

    def __init__(self, stream: BinaryIO, largest: int) -> None:
        super().__init__(fileobj=stream, mode="rb")
        self.largest = largest
        self.budget = MOST_HEADER

    def read(self, size: int | None = -1) -> bytes:
        wanted = self.largest if size is None or size < 0 else size
        self.budget -= wanted
        if self.budget < 0:
            raise tarfile.ReadError("a header is too long")
        self._ensure_within(self.tell() + wanted)
        return super().read(wanted)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._ensure_within(offset)
        return super().seek(offset, whence)

    def _ensure_within(self, end: int) -> None:
        # The last member may be followed by zeros up to the end of a block.
        if end > self.largest + tarfile.RECORDSIZE:
            limit = f"{self.largest / MEBIBYTE:g} MiB"
            raise ArchiveTooLarge(f"the archive becomes larger than {limit}", "inspect it first")


def read_members(
    stream: BinaryIO,
    largest: int = 0,
) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Yield the open archive with each member in turn, to be read before the next one.

    Without `largest` it has at most MOST_UNPACKED bytes. Raises ArchiveTooLarge, and one of
    BROKEN_ARCHIVE.
    """
    largest = largest or MOST_UNPACKED
    unpacked = _Unpacked(stream, largest)
    with tarfile.open(fileobj=unpacked, mode="r:", errors="replace") as archive:
        for number in range(MOST_MEMBERS + 1):
            unpacked.budget = MOST_HEADER
            member = archive.next()
            if member is None:
                return
            if number == MOST_MEMBERS:
                what = f"the archive has more than {MOST_MEMBERS} members"
                raise ArchiveTooLarge(what, "inspect it first")
            unpacked.budget = 2 * largest
            yield archive, member
            # tarfile keeps what it has read: no member is looked at again.
            archive.members = []  # type: ignore[attr-defined]
            archive.pax_headers = {}
