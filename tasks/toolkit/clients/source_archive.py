"""A release's source archive: downloaded within limits, and unpacked into its own folder only."""

from __future__ import annotations

import tarfile
import time
from http.client import HTTPException
from pathlib import Path
from typing import Any, BinaryIO
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

from ..console.requests import asking
from ..core.errors import BadInput, Refused, ServiceError, TookTooLong
from ..core.shell import quote
from .archive import BROKEN_ARCHIVE, MEBIBYTE, read_members
from .dry_run import Executor

CHUNK = 1 << 16
LIMIT_ADVICE = "COMMAND_TIMEOUT is the limit, in seconds"
UNSAFE_ADVICE = "GitHub does not make such an archive of a tag: inspect it before you use it"


def fetch_source(
    executor: Executor,
    url: str,
    scratch: Path,
    *,
    seconds: float,
    size: int,
) -> Path:
    """Download and unpack a tar.gz, and return its folder under `scratch`; a dry run shows it too.

    Raises what `download_archive` and `unpack_archive` raise.
    """
    file = scratch / "source.tar.gz"
    folder = scratch / "unpacked"  # unpacked into scratch itself, it could replace helm's login
    download_archive(url, file, seconds=seconds, size=size)
    unpack_archive(file, folder, size=size)
    target = quote(str(folder))
    executor.add(f"mkdir -p {target}")
    executor.add(f"curl --fail --location {quote(url)} | tar -xz -C {target}")
    return folder


def download_archive(
    url: str,
    file: Path,
    *,
    seconds: float,
    size: int,
) -> None:
    """Write what is at `url` to `file`.

    Raises BadInput if there is nothing, Refused above `size` bytes, TookTooLong after `seconds`,
    ServiceError.
    """
    deadline = time.monotonic() + seconds
    try:
        # The settings allow http and https only.
        with (
            asking(url),
            urlopen(url, timeout=seconds) as response,  # noqa: S310
            file.open("wb") as output,
        ):
            if not _save(response, output, url, size, deadline):
                raise TookTooLong(f"{url} was not complete after {seconds:g} s", LIMIT_ADVICE)
    except HTTPError as error:
        if error.code == 404:
            advice = "give the version of a release, and check that the repository is public"
            raise BadInput(f"{url} does not exist", advice) from error
        what = f"{url} answered {error.code}"
        raise ServiceError(what, "run the same command again in a minute") from error
    except TimeoutError as error:
        raise TookTooLong(f"{url} gave no answer for {seconds:g} s", LIMIT_ADVICE) from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        what = f"{url} cannot be read ({getattr(error, 'reason', error)})"
        raise ServiceError(what, "check the network, then run the same command again") from error


def _save(
    response: Any,
    output: BinaryIO,
    url: str,
    size: int,
    deadline: float,
) -> bool:
    """Write the body of `response`; return False if that takes too long."""
    announced = int(response.headers.get("Content-Length") or 0)
    received = 0
    while chunk := response.read1(CHUNK):
        received += len(chunk)
        if max(received, announced) > size:
            what = f"{url} has more than {size / MEBIBYTE:.3g} MiB"
            raise Refused(
                what, "check that it is the right one; DOWNLOAD_LIMIT is the limit, in MiB"
            )
        if time.monotonic() > deadline:
            return False
        output.write(chunk)
    if announced and received != announced:
        what = f"{url} ended after {received} of {announced} bytes"
        raise ServiceError(what, "run the same command again")
    return True


def unpack_archive(file: Path, folder: Path, *, size: int) -> None:
    """Unpack a tar.gz into `folder`, and write nothing outside it.

    Raises Refused if it would, or has links to files or devices, is broken, or becomes larger than
    `size` bytes. https://docs.python.org/3/library/tarfile.html#extraction-filters
    """
    if not hasattr(tarfile, "data_filter"):
        what = "this Python cannot unpack an archive safely"
        raise Refused(what, "use Python 3.11.4 or later")
    try:
        with file.open("rb") as stream:
            for archive, member in read_members(stream, size):
                if not (member.isreg() or member.isdir() or member.issym()):
                    raise tarfile.SpecialFileError(member)
                archive.extract(member, folder, filter="data")
    except tarfile.FilterError as error:
        raise Refused(f"{file.name} is not safe to unpack: {error}", UNSAFE_ADVICE) from error
    except (*BROKEN_ARCHIVE, OSError) as error:
        what = f"{file.name} is not a complete tar.gz ({error})"
        raise Refused(what, "run the same command again") from error
