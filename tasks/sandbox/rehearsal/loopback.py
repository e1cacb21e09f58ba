"""Set up the loopback interface of a new network namespace, which needs no other program."""

from __future__ import annotations

import fcntl
import socket
import struct

# From <linux/sockios.h> and <linux/if.h>.
GET_FLAGS = 0x8913
SET_FLAGS = 0x8914
UP = 0x1
REQUEST = "16sh14x"  # the name of the interface, and its flags

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    asked = struct.pack(REQUEST, b"lo", 0)
    _, flags = struct.unpack(REQUEST, fcntl.ioctl(any_socket, GET_FLAGS, asked))
    wanted = struct.pack(REQUEST, b"lo", flags | UP)
    fcntl.ioctl(any_socket, SET_FLAGS, wanted)
