"""Frames on their way from a painter to ffmpeg: raw pixels, each picture once, with the number of its first frame.

A caption changes a few times a second; sending it thirty times would cost more than painting it. So the pixels travel
in the smallest Matroska stream that FFmpeg reads (RFC 9559): one track of `V_UNCOMPRESSED`, whose ticks are frames, and
a cluster for each picture. The last frame is always sent, so that the reader knows how long the one before it stays.
"""

import os
from typing import Final

from cutroom.render.paint.warp import Picture
from cutroom.render.painting import TICKS

_TICK_NS: Final = 1_000_000_000 // TICKS
_UNKNOWN: Final = b"\x01" + b"\xff" * 7
_COLORS: Final = {3: b"RGB\x18", 4: b"RGBA"}
"""FourCC of what FFmpeg calls rgb24 and rgba, by the number of channels."""

_EBML, _DOC_TYPE, _DOC_VERSION, _READ_VERSION = b"\x1a\x45\xdf\xa3", b"\x42\x82", b"\x42\x87", b"\x42\x85"
_SEGMENT, _INFO, _SCALE = b"\x18\x53\x80\x67", b"\x15\x49\xa9\x66", b"\x2a\xd7\xb1"
_TRACKS, _ENTRY, _NUMBER, _UID, _TYPE, _LACING = b"\x16\x54\xae\x6b", b"\xae", b"\xd7", b"\x73\xc5", b"\x83", b"\x9c"
_DURATION, _CODEC = b"\x23\xe3\x83", b"\x86"
_VIDEO, _WIDTH, _HEIGHT, _COLOR_SPACE = b"\xe0", b"\xb0", b"\xba", b"\x2e\xb5\x24"
_CLUSTER, _TIME, _BLOCK = b"\x1f\x43\xb6\x75", b"\xe7", b"\xa3"
_BLOCK_HEAD: Final = b"\x81\x00\x00\x80"  # track 1, no ticks after the cluster's, a key frame


class Stream:
    """Writes pictures of one size into a pipe.

    Args:
        target: the pipe's descriptor.
        frames: how many frames the pictures are to fill.
    """

    def __init__(self, target: int, frames: int) -> None:
        self._target, self._frames = target, frames
        self._shown: Picture | None = None

    def show(self, frame: int, picture: Picture) -> None:
        """Show a picture from a frame on, counted from 0; the same object again costs nothing.

        Raises:
            BrokenPipeError: when nobody reads any more.
        """
        if self._shown is None:
            self._write(_head(picture))
        if picture is self._shown and frame < self._frames - 1:
            return
        self._shown = picture
        pixels = picture.data.cast("B")
        time = _element(_TIME, _number(frame))
        block = _BLOCK + _size(len(_BLOCK_HEAD) + len(pixels)) + _BLOCK_HEAD
        self._write(_CLUSTER + _size(len(time) + len(block) + len(pixels)) + time + block)
        self._write(pixels)

    def _write(self, data: bytes | memoryview) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._target, view) :]


def _head(picture: Picture) -> bytes:
    height, width, channels = picture.shape
    form = (_WIDTH, _number(width)), (_HEIGHT, _number(height)), (_COLOR_SPACE, _COLORS[channels])
    track = (
        (_NUMBER, _number(1)),
        (_UID, _number(1)),
        (_TYPE, _number(1)),
        (_LACING, _number(0)),
        (_DURATION, _number(_TICK_NS)),
        (_CODEC, b"V_UNCOMPRESSED"),
        (_VIDEO, _elements(*form)),
    )
    kind = ((_DOC_TYPE, b"matroska"), (_DOC_VERSION, _number(4)), (_READ_VERSION, _number(2)))
    info = _element(_INFO, _element(_SCALE, _number(_TICK_NS)))
    tracks = _element(_TRACKS, _element(_ENTRY, _elements(*track)))
    return _element(_EBML, _elements(*kind)) + _SEGMENT + _UNKNOWN + info + tracks


def _elements(*parts: tuple[bytes, bytes]) -> bytes:
    return b"".join(_element(name, data) for name, data in parts)


def _element(name: bytes, data: bytes) -> bytes:
    return name + _size(len(data)) + data


def _size(size: int) -> bytes:
    """A size in eight bytes, the longest form (RFC 8794, section 4)."""
    return (size | 1 << 56).to_bytes(8, "big")


def _number(value: int) -> bytes:
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
