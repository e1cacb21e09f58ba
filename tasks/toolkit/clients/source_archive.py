"""A release's source archive: downloaded within limits, and unpacked within its folder."""

from __future__ import annotations

import tarfile
import time
import zlib
from http.client import HTTPException
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from ..core.errors import BadInput, Refused, ServiceError, TookTooLong

CHUNK = 1 << 16
UNPACKED = 10  # times the limit of the download, which is where an archive becomes a bomb
MOST_FILES = 100_000


def download_archive(url: str, file: Path, *, seconds: float, size: int) -> None:
    """Write what stands at `url` to `file`.

    Raises BadInput when nothing is there, Refused above `size` bytes, TookTooLong after `seconds`, and ServiceError.
    """
    deadline, got = time.monotonic() + seconds, 0
    try:
        with urlopen(Request(url), timeout=seconds) as answer, file.open("wb") as out:  # noqa: S310 - http or https, as the settings demand
            announced = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read1(CHUNK):
                got += len(chunk)
                if max(got, announced) > size:
                    what = f"{url} has more than {size / (1 << 20):.3g} MiB"
                    raise Refused(
                        what,
                        "look whether it is the right one; DOWNLOAD_LIMIT is the limit, in MiB",
                    )
                if time.monotonic() > deadline:
                    raise TookTooLong(
                        f"{url} was not there whole after {seconds:g} s",
                        "COMMAND_TIMEOUT is the limit, in seconds",
                    )
                out.write(chunk)
    except HTTPError as error:
        if error.code == 404:
            raise BadInput(
                f"{url} is not there",
                "give the version of a release, and see that the repository is public",
            ) from error
        raise ServiceError(
            f"{url} answered {error.code}", "run the same command again in a minute"
        ) from error
    except TimeoutError as error:
        raise TookTooLong(
            f"{url} gave no answer for {seconds:g} s", "COMMAND_TIMEOUT is the limit, in seconds"
        ) from error
    except (URLError, HTTPException, OSError, ValueError) as error:
        raise ServiceError(
            f"{url} could not be read ({getattr(error, 'reason', error)})",
            "check the network, then try again",
        ) from error
    if announced and got != announced:
        raise ServiceError(
            f"{url} ended after {got} of {announced} bytes", "run the same command again"
        )


def unpack_archive(file: Path, folder: Path, *, size: int) -> None:
    """Unpack a tar.gz of `size` bytes at the most into `folder`, and nowhere else: https://docs.python.org/3/library/tarfile.html#extraction-filters.

    Raises Refused for one that would write outside the folder, holds devices, is broken, or becomes too large.
    """
    advice = "it is not what GitHub makes of a tag: look at it before you do anything with it"
    if not hasattr(tarfile, "data_filter"):
        raise Refused("this Python unpacks no archive safely", "Python 3.11.4 or later does")
    try:
        with tarfile.open(file, "r:gz") as archive:
            files = unpacked = 0
            for member in archive:
                files, unpacked = files + 1, unpacked + member.size
                if files > MOST_FILES or unpacked > UNPACKED * size:
                    raise Refused(
                        f"{file.name} becomes larger than {UNPACKED * size / (1 << 20):g} MiB or {MOST_FILES} files",
                        advice,
                    )
            archive.extractall(folder, filter="data")
    except tarfile.FilterError as error:
        raise Refused(f"{file.name} is not safe to unpack: {error}", advice) from error
    except (tarfile.TarError, EOFError, zlib.error, OSError, ValueError) as error:
        raise Refused(
            f"{file.name} is no whole tar.gz ({error})", "run the same command again"
        ) from error
