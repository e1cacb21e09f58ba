"""Archives: what is too slow, too large, broken or not meant for its folder ends in one sentence, and outside of it nothing changes."""

from __future__ import annotations

import contextlib
import io
import socket
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.sandbox.server import Reply, Server
from tasks.toolkit.clients.source_archive import download_archive, unpack_archive
from tasks.toolkit.core.errors import BadInput, RecipeError, Refused, ServiceError, TookTooLong

MEBIBYTE = 1 << 20


def packed(*members: tuple[str, bytes, str], link: str = "") -> bytes:
    """Return a tar.gz of members: name, kind (as tarfile calls it) and content."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(content), link
            archive.addfile(info, io.BytesIO(content.encode()))
    return made.getvalue()


FILE, LINK, HARD, DEVICE = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE
SOUND = packed(("chart/Chart.yaml", FILE, "name: x\n" * 9))
HOSTILE = {
    "a path that climbs": packed(("../outside", FILE, "x")),
    "a path that climbs inside": packed(("chart/../../outside", FILE, "x")),
    "a link that leads out": packed(("chart/link", LINK, ""), link="../../outside"),
    "a hard link that leads out": packed(("chart/link", HARD, ""), link="../outside"),
    "a device": packed(("chart/null", DEVICE, "")),
    "an end in the middle": SOUND[: len(SOUND) // 2],
    "no archive": b"<html>",
    "nothing": b"",
    "a bomb": packed(("zeros", FILE, "0" * 11 * MEBIBYTE)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "a" / "folder"
    folder.mkdir(parents=True)
    (tmp_path / "a" / "file.tar.gz").write_bytes(HOSTILE[name])
    with pytest.raises(Refused):
        unpack_archive(tmp_path / "a" / "file.tar.gz", folder, size=MEBIBYTE)
    outside = [
        path for path in tmp_path.rglob("*") if not path.is_relative_to(folder) and path.is_file()
    ]
    assert outside == [tmp_path / "a" / "file.tar.gz"]


def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "file.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("x")
        info.pax_headers = {"path": "a\0b"}
        archive.addfile(info)
    with pytest.raises(Refused):
        unpack_archive(tmp_path / "file.tar.gz", tmp_path / "folder", size=MEBIBYTE)


def test_an_absolute_path_stays_inside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file.tar.gz").write_bytes(packed((f"{tmp_path}/outside", FILE, "x")))
    unpack_archive(tmp_path / "file.tar.gz", tmp_path / "folder", size=MEBIBYTE)
    assert not (tmp_path / "outside").exists()


def test_what_is_sound_is_unpacked_whole(tmp_path: Path) -> None:
    (tmp_path / "file.tar.gz").write_bytes(SOUND)
    unpack_archive(tmp_path / "file.tar.gz", tmp_path / "folder", size=MEBIBYTE)
    assert (tmp_path / "folder" / "chart" / "Chart.yaml").read_text() == "name: x\n" * 9


def raw(answer: Callable[[socket.socket], object]) -> str:
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


def drip(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
    with contextlib.suppress(OSError):
        for _ in range(30):
            time.sleep(0.1)
            connection.sendall(b"x")


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (
            lambda to: to.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
            BadInput,
            "is not there",
        ),
        (
            lambda to: to.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
            ServiceError,
            "answered 502",
        ),
        (
            lambda to: to.sendall(
                b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b"x" * 10
            ),
            Refused,
            "has more than 1 MiB",
        ),
        (
            lambda to: to.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 2 * MEBIBYTE),
            Refused,
            "has more than 1 MiB",
        ),
        (
            lambda to: to.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + b"x" * 10),
            ServiceError,
            "ended after 10 of 100",
        ),
        (lambda _: time.sleep(2), TookTooLong, "gave no answer for 1 s"),
        (drip, TookTooLong, "was not there whole after 1 s"),
    ],
)
def test_a_download_is_whole_and_within_its_limits_or_an_error(
    tmp_path: Path, answer: Callable[[socket.socket], object], error: type[RecipeError], says: str
) -> None:
    with pytest.raises(error) as raised:
        download_archive(raw(answer), tmp_path / "file", seconds=1, size=MEBIBYTE)
    assert says in str(raised.value)


def test_a_redirect_is_followed_and_the_bytes_are_those_that_stand_there(tmp_path: Path) -> None:
    server = Server(
        lambda asked: (
            Reply(200, SOUND)
            if asked.path == "/there"
            else Reply(302, headers={"Location": "/there"})
        )
    )
    server.start()
    download_archive(f"http://{server.host}/here", tmp_path / "file", seconds=5, size=MEBIBYTE)
    server.stop()
    assert (tmp_path / "file").read_bytes() == SOUND
