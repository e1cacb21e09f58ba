"""Start a program that reaches nothing but the gateway, in a network namespace.

launch.py SOCKET PORTS FILES HOME SPACE PROGRAM...: connections to the loopback PORTS (with commas)
are passed on to the unix socket SOCKET. The folder FILES is copied to HOME, where programs may
change it. No file may be larger than SPACE bytes. Programs that use too much of the machine are
ended, and the gateway is told what they asked for.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

MOST_THREADS = 1000
NICENESS = 10  # of the program, so that what watches it goes first
MOST_MEMORY = 4 << 30  # bytes
MOST_FILES = 150_000
LEAST_SPACE = 16 << 20  # bytes; with less than that, a write fails soon or has failed
LOOK = 0.1  # seconds between two looks
REPORT = "POST / HTTP/1.1\r\nHost: limits.invalid\r\nContent-Length: {}\r\n\r\n{}"


def main(argv: Sequence[str]) -> int:
    """Run the program, and return its exit code; end it when this one is told to end."""
    path, ports, files, home, space, *program = argv
    shutil.copytree(files, home, dirs_exist_ok=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(space), int(space)))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for port in filter(None, ports.split(",")):
        listener = socket.create_server(("127.0.0.1", int(port)), backlog=64)
        threading.Thread(target=pass_on, args=(listener, path), daemon=True).start()
    threading.Thread(target=watch, args=(path, home, int(space)), daemon=True).start()
    os.nice(NICENESS)  # of this thread, and what it starts
    with subprocess.Popen(program) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    report_full_disk(path, home, int(space))
    return code


def pass_on(listener: socket.socket, path: str) -> None:
    """Connect each client to the unix socket."""
    while True:
        client, _ = listener.accept()
        gateway = socket.socket(socket.AF_UNIX)
        gateway.connect(path)
        for ends in ((client, gateway), (gateway, client)):
            threading.Thread(target=copy, args=ends, daemon=True).start()


def copy(source: socket.socket, target: socket.socket) -> None:
    """Send what one end sends to the other one, until it has no more; close both after an error."""
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()  # with what was not read, so that the other side sends no more


def watch(path: str, home: str, space: int) -> None:
    """Tell the gateway when the disk is full, and end all programs that use too much else."""
    is_full = False
    while True:
        is_full = is_full or report_full_disk(path, home, space)
        disk = os.statvfs(home)
        excess = find_excess(disk.f_files - disk.f_ffree)
        if excess:
            report(path, excess)
            print(f"ended, because steps used {excess}", flush=True)
            os.kill(-1, signal.SIGKILL)  # all of this namespace
            os._exit(1)
        time.sleep(LOOK)


def report_full_disk(path: str, home: str, space: int) -> bool:
    """Tell the gateway if there is hardly any space left; return whether that is so."""
    disk = os.statvfs(home)
    is_full = disk.f_bavail * disk.f_frsize < LEAST_SPACE
    if is_full:
        report(path, f"more than {space >> 20} MiB of files")
    return is_full


def find_excess(files: int) -> str:
    """Return what programs use too much of, in words, or nothing."""
    threads, memory = measure()
    if threads > MOST_THREADS:
        return f"more than {MOST_THREADS} processes"
    if memory > MOST_MEMORY:
        return f"more than {MOST_MEMORY >> 30} GiB of memory"
    if files > MOST_FILES:
        return f"more than {MOST_FILES} files"
    return ""


def measure() -> tuple[int, int]:
    """Return how many threads run here, and the bytes of memory that no two of them share."""
    threads = 0
    memory = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            _, resident, shared, *_ = (process / "statm").read_text().split()
            memory += int(resident) - int(shared)
            threads += (process / "task").stat().st_nlink - 2
    return threads, memory * resource.getpagesize()


def report(path: str, excess: str) -> None:
    """Tell the gateway what programs asked for, and wait until it has noted that."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as gateway:
        gateway.settimeout(5)
        gateway.connect(path)
        gateway.sendall(REPORT.format(len(excess), excess).encode())
        gateway.recv(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
