"""Start a program that reaches nothing but the gateway, in a network namespace.

launch.py SOCKET PORTS FILES HOME SPACE PROGRAM...: connections to the loopback PORTS (with commas)
are passed on to the unix socket SOCKET. The folder FILES is copied to HOME, where programs may
change it. No file may be larger than SPACE bytes.
"""

from __future__ import annotations

import contextlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence


def main(argv: Sequence[str]) -> int:
    """Run the program, and return its exit code; end it when this one is told to end."""
    path, ports, files, home, space, *program = argv
    shutil.copytree(files, home, dirs_exist_ok=True)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(space), int(space)))
    for port in filter(None, ports.split(",")):
        listener = socket.create_server(("127.0.0.1", int(port)), backlog=64)
        threading.Thread(target=pass_on, args=(listener, path), daemon=True).start()
    with subprocess.Popen(program) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        return process.wait()


def pass_on(listener: socket.socket, path: str) -> None:
    """Connect each client to the unix socket."""
    while True:
        client, _ = listener.accept()
        gateway = socket.socket(socket.AF_UNIX)
        gateway.connect(path)
        for ends in ((client, gateway), (gateway, client)):
            threading.Thread(target=copy, args=ends, daemon=True).start()


def copy(source: socket.socket, target: socket.socket) -> None:
    """Send what one end sends to the other one, until it has no more."""
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
