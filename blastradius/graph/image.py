"""The file format of a graph: a checked header, then six arrays that can be used in place."""

from __future__ import annotations

import struct
import sys
import zlib
from collections.abc import Sequence
from typing import Literal

_MAGIC = b"BRGRAPH\n"
_VERSION = 1
# Magic, version, byte order (0 little, 1 big), bytes of a slot number, nodes, edges, CRC of the
# payload; then the CRC of all that, and padding to 64 bytes.
_HEADER = struct.Struct("<8sIBBxxQQI")
_HEADER_END = 64
_ALIGN = 8
_ORDER = 0 if sys.byteorder == "little" else 1
_CODE: dict[int, Literal["i", "q"]] = {4: "i", 8: "q"}


def pack_sections(nodes: int, edges: int, sections: Sequence[memoryview]) -> bytes:
    """Return header and sections (indptr, indices, edge; forward, then backward) as one image."""
    payload = b"".join(bytes(one) + bytes(-one.nbytes % _ALIGN) for one in sections)
    header = _HEADER.pack(
        _MAGIC, _VERSION, _ORDER, sections[0].itemsize, nodes, edges, zlib.crc32(payload)
    )
    header += zlib.crc32(header).to_bytes(4, "little")
    return header.ljust(_HEADER_END, b"\0") + payload


def unpack_sections(image: bytes | bytearray | memoryview, *, verify: bool) -> list[memoryview]:
    """Return the six sections as views of ``image``.

    Raises:
        ValueError: the image is damaged, of another version, or of another kind of machine.
    """
    view = memoryview(image).cast("B")
    wide, nodes, edges, checksum = _header(view)
    code = _CODE[wide]
    lengths: list[tuple[int, Literal["i", "q"]]] = [(nodes + 1, code), (edges, "i"), (edges, code)]
    lengths *= 2
    size = sum(_padded(count, one) for count, one in lengths)
    if len(view) - _HEADER_END != size:
        raise ValueError(
            f"the graph image is damaged: {len(view) - _HEADER_END} bytes where {size} belong"
        )
    if verify and zlib.crc32(view[_HEADER_END:]) != checksum:
        raise ValueError("the graph image is damaged: its checksum differs")
    sections, start = [], _HEADER_END
    for count, one in lengths:
        end = start + count * struct.calcsize(one)
        sections.append(view[start:end].cast(one))
        start += _padded(count, one)
    for indptr in (sections[0], sections[3]):
        if indptr[0] != 0 or indptr[nodes] != edges:
            raise ValueError("the graph image is damaged: its rows do not add up")
    return sections


def _header(view: memoryview) -> tuple[int, int, int, int]:
    if len(view) < _HEADER_END or bytes(view[: len(_MAGIC)]) != _MAGIC:
        raise ValueError("this is no graph image")
    head = bytes(view[: _HEADER.size])
    if int.from_bytes(view[_HEADER.size : _HEADER.size + 4], "little") != zlib.crc32(head):
        raise ValueError("the graph image is damaged: its header's checksum differs")
    _, version, order, wide, nodes, edges, checksum = _HEADER.unpack(head)
    if version != _VERSION or order != _ORDER or wide not in _CODE:
        raise ValueError("the graph image is of another version or another kind of machine")
    return wide, nodes, edges, checksum


def _padded(count: int, code: str) -> int:
    size = count * struct.calcsize(code)
    return size + -size % _ALIGN
