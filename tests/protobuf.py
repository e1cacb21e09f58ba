"""Read protobuf messages without their schema.

https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

from collections.abc import Iterator


def read_map(entries: list[bytes]) -> dict[str, bytes]:
    """Return a protobuf map of strings to bytes."""
    pairs = [read_fields(entry) for entry in entries]
    return {pair[1][0].decode(): pair[2][0] for pair in pairs}


def read_fields(message: bytes) -> dict[int, list[bytes]]:
    """Return the length-delimited fields of a message by their numbers."""
    fields = dict[int, list[bytes]]()
    rest = iter(message)
    while key := _read_varint(rest):
        value = _read_varint(rest)
        if key & 7 == 2:
            content = bytes(next(rest) for _ in range(value))
            fields.setdefault(key >> 3, []).append(content)
    return fields


def _read_varint(rest: Iterator[int]) -> int:
    """Return the next number, 0 at the end: 7 bits a byte, the least significant first."""
    value = 0
    shift = 0
    for byte in rest:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            break
    return value
