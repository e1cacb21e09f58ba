"""Source archives: a slow, large, broken or unsafe one is an error, and writes nothing outside."""

from __future__ import annotations

import contextlib
import gzip
import io
import socket
import subprocess
import tarfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tasks.sandbox.server import Reply, Request, Server
from tasks.toolkit.clients import archive
from tasks.toolkit.clients.dry_run import Executor
from tasks.toolkit.clients.source_archive import download_archive, fetch_source, unpack_archive
from tasks.toolkit.core.errors import BadInput, RecipeError, Refused, ServiceError, TookTooLong

MEBIBYTE = 1 << 20
FILE = tarfile.REGTYPE
LINK = tarfile.SYMTYPE
HARD_LINK = tarfile.LNKTYPE
DEVICE = tarfile.CHRTYPE


def packed(name: str, kind: bytes, content: str, link: str = "") -> bytes:
    """Return a tar.gz of one member; `kind` is one of tarfile's types."""
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.type = kind
        info.size = len(content)
        info.linkname = link
        tar.addfile(info, io.BytesIO(content.encode()))
    return written.getvalue()


can_unpack = pytest.mark.skipif(
    not hasattr(tarfile, "data_filter"),
    reason="this Python cannot unpack safely: 3.11.4 or later can",
)
TEXT = "name: x\n" * 9
GOOD = packed("chart/Chart.yaml", FILE, TEXT)
HOSTILE = {
    "a path that climbs": packed("../outside", FILE, "x"),
    "a path that climbs inside": packed("chart/../../outside", FILE, "x"),
    "a link that leads out": packed("chart/link", LINK, "", link="../../outside"),
    "a hard link that leads out": packed("chart/link", HARD_LINK, "", link="../outside"),
    "a hard link to nothing": packed("chart/link", HARD_LINK, "", link="nothing"),
    "a device": packed("chart/null", DEVICE, ""),
    "a pipe": packed("chart/pipe", tarfile.FIFOTYPE, ""),
    "a damaged gzip": GOOD[:20] + b"x" * 9 + GOOD[29:],
    "a damaged tar": gzip.compress(b"x" * 9000),
    "an end in the middle": GOOD[: len(GOOD) // 2],
    "no archive": b"<html>",
    "nothing": b"",
    "a bomb": packed("zeros", FILE, "0" * 11 * MEBIBYTE),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "a" / "folder"
    folder.mkdir(parents=True)
    file = tmp_path / "a" / "file.tar.gz"
    file.write_bytes(HOSTILE[name])
    with pytest.raises(Refused):
        unpack_archive(file, folder, size=MEBIBYTE)
    for path in tmp_path.rglob("*"):
        if path.is_file() and path != file:
            assert path.is_relative_to(folder)


@can_unpack
@pytest.mark.parametrize(
    ("member", "message"),
    [
        (packed("zeros", FILE, "0" * 2 * MEBIBYTE), "becomes larger than 1 MiB"),
        (packed("x", tarfile.XHDTYPE, "9 a=bcde\n" * 9999), "a header is too long"),
        (packed("x", tarfile.GNUTYPE_LONGNAME, "a" * 99999), "a header is too long"),
    ],
    ids=["a bomb", "long attributes", "a long name"],
)
def test_what_becomes_too_large_is_named(tmp_path: Path, member: bytes, message: str) -> None:
    file = tmp_path / "file.tar.gz"
    file.write_bytes(member)
    with pytest.raises(Refused, match=message):
        unpack_archive(file, tmp_path / "folder", size=MEBIBYTE)
    unpacked = [path.stat().st_size for path in tmp_path.glob("folder/*")]
    assert sum(unpacked) <= MEBIBYTE


@can_unpack
def test_an_archive_has_a_bounded_number_of_members(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = tmp_path / "file.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for number in range(3):
            tar.addfile(tarfile.TarInfo(f"file{number}"))
    monkeypatch.setattr(archive, "MOST_MEMBERS", 3)
    unpack_archive(file, tmp_path / "folder", size=MEBIBYTE)
    monkeypatch.setattr(archive, "MOST_MEMBERS", 2)
    with pytest.raises(Refused, match="more than 2 members"):
        unpack_archive(file, tmp_path / "folder", size=MEBIBYTE)


@can_unpack
@pytest.mark.thorough
def test_a_large_bomb_needs_little_memory(tmp_path: Path) -> None:
    bomb = tmp_path / "file.tar.gz"
    with tarfile.open(bomb, "w:gz", compresslevel=1) as tar, Path("/dev/zero").open("rb") as zeros:
        for size in (20 * MEBIBYTE, 60 * MEBIBYTE):
            info = tarfile.TarInfo("zeros")
            info.size = size
            tar.addfile(info, zeros)
    tracemalloc.start()
    with pytest.raises(Refused, match="becomes larger than 30 MiB"):
        unpack_archive(bomb, tmp_path / "folder", size=30 * MEBIBYTE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * MEBIBYTE


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.tar.gz"
    with tarfile.open(file, "w:gz", format=tarfile.PAX_FORMAT) as tar:
        info = tarfile.TarInfo("x")
        info.pax_headers = {"path": "a\0b"}
        tar.addfile(info)
    with pytest.raises(Refused):
        unpack_archive(file, tmp_path / "folder", size=MEBIBYTE)


@can_unpack
def test_an_absolute_path_stays_inside_the_folder(tmp_path: Path) -> None:
    file = tmp_path / "file.tar.gz"
    file.write_bytes(packed(f"{tmp_path}/outside", FILE, "x"))
    unpack_archive(file, tmp_path / "folder", size=MEBIBYTE)
    assert not (tmp_path / "outside").exists()


@can_unpack
def test_a_good_archive_is_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "file.tar.gz"
    file.write_bytes(GOOD)
    unpack_archive(file, tmp_path / "folder", size=MEBIBYTE)
    assert (tmp_path / "folder" / "chart" / "Chart.yaml").read_text() == TEXT


def test_an_older_python_refuses_to_unpack(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    file = tmp_path / "file.tar.gz"
    file.write_bytes(GOOD)
    with pytest.raises(Refused, match=r"cannot unpack an archive safely: use Python 3\.11\.4"):
        unpack_archive(file, tmp_path / "folder", size=MEBIBYTE)
    assert not (tmp_path / "folder").exists()


def serve_once(answer: Callable[[socket.socket], object]) -> str:
    """Serve one connection on loopback with `answer`, and return its URL."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listening.accept()
        connection.recv(9999)
        answer(connection)
        connection.close()
        listening.close()

    threading.Thread(target=serve, daemon=True).start()
    return f"http://127.0.0.1:{listening.getsockname()[1]}/v1.tar.gz"


def send(data: bytes) -> Callable[[socket.socket], object]:
    return lambda connection: connection.sendall(data)


def hang(_: socket.socket) -> None:
    time.sleep(2)


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    with contextlib.suppress(OSError):
        for _ in range(30):
            time.sleep(0.1)
            connection.sendall(b"x")


OK = b"HTTP/1.1 200 OK\r\n"
SHORT = OK + b"Content-Length: 100\r\n\r\n" + b"x" * 10
LARGE = OK + b"\r\n" + b"x" * 2 * MEBIBYTE
ANNOUNCED = OK + b"Content-Length: 2000000\r\n\r\n" + b"x" * 10
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
BAD_GATEWAY = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"


BAD_ANSWERS = [
    (send(NOT_FOUND), BadInput, "does not exist"),
    (send(BAD_GATEWAY), ServiceError, "answered 502"),
    (send(ANNOUNCED), Refused, "has more than 1 MiB"),
    (send(LARGE), Refused, "has more than 1 MiB"),
    (send(SHORT), ServiceError, "ended after 10 of 100"),
    (send(b""), ServiceError, "cannot be read (Remote end closed"),
    (hang, TookTooLong, "gave no answer for 1 s"),
    (drip, TookTooLong, "was not complete after 1 s"),
]


@pytest.mark.parametrize(
    ("answer", "error", "message"),
    BAD_ANSWERS,
)
@pytest.mark.thorough
def test_a_download_is_complete_and_within_its_limits_or_an_error(
    tmp_path: Path,
    answer: Callable[[socket.socket], object],
    error: type[RecipeError],
    message: str,
) -> None:
    url = serve_once(answer)
    file = tmp_path / "file"
    with pytest.raises(error) as raised:
        download_archive(url, file, seconds=1, size=MEBIBYTE)
    assert message in str(raised.value)


@pytest.fixture
def url() -> Iterator[str]:
    """Serve the good archive, behind a redirect."""

    def answer(request: Request) -> Reply:
        if request.path == "/there":
            return Reply(200, GOOD)
        return Reply(302, headers={"Location": "/there"})

    server = Server(answer)
    server.start()
    yield f"http://{server.host}/here"
    server.stop()


def test_a_redirect_is_followed(tmp_path: Path, url: str) -> None:
    download_archive(url, tmp_path / "file", seconds=5, size=MEBIBYTE)
    assert (tmp_path / "file").read_bytes() == GOOD


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """Make the folder of an invocation."""
    folder = tmp_path / "a folder"
    folder.mkdir()
    return folder


@can_unpack
def test_a_source_is_fetched(scratch: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
    executor = Executor(dry_run=False)
    folder = fetch_source(executor, url, scratch, seconds=5, size=MEBIBYTE)
    chart_file = folder / "chart" / "Chart.yaml"
    assert chart_file.read_text() == TEXT
    assert folder.parent == scratch
    executor.finish(complete=True)
    assert capsys.readouterr().out == ""


@can_unpack
def test_a_dry_run_fetches_a_source_too_and_shows_how(
    scratch: Path, url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    executor = Executor(dry_run=True)
    folder = fetch_source(executor, url, scratch, seconds=5, size=MEBIBYTE)
    executor.finish(complete=True)
    chart_file = folder / "chart" / "Chart.yaml"
    chart_file.unlink()
    plan = capsys.readouterr().out
    subprocess.run(["/bin/sh", "-c", plan], check=True, capture_output=True)
    assert chart_file.read_text() == TEXT
