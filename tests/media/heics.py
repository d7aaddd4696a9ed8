"""HEIF files put together by hand: pictures that the real x265 coded, in boxes of our own (ISO/IEC 23008-12)."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from tests.media.sources import ffmpeg

Pixels = NDArray[np.uint8]
ALPHA: Final = b"urn:mpeg:hevc:2015:auxid:1"
_P3: Final = {  # the primaries of Display P3 as profiles have them, adapted to D50 (ICC.1, annex E)
    b"rXYZ": (0.51512, 0.24120, -0.00105),
    b"gXYZ": (0.29198, 0.69225, 0.04189),
    b"bXYZ": (0.15710, 0.06657, 0.78407),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An item: how it is coded, its bytes, and what is said of it by name."""

    kind: bytes
    content: bytes
    properties: Sequence[tuple[bytes, bytes]] = ()


def chart(width: int, height: int) -> Pixels:
    """A picture of which no part is like another, nor like itself turned or mirrored."""
    down, across = np.mgrid[0:height, 0:width]
    red, green = across * 255 // max(width - 1, 1), down * 255 // max(height - 1, 1)
    made = np.stack([red, green, (across // 8 + down // 8) % 2 * 160 + 40], axis=-1).astype(np.uint8)
    made[: height // 4, : width // 3] = (250, 10, 20)
    return made


def coded(pixels: Pixels, folder: Path, *, pixel_format: str = "gbrp", params: str = "lossless=1") -> Entry:
    """A picture as x265 codes it, with its size and what its decoder needs."""
    still, film = folder / "still.png", folder / "still.mp4"
    Image.fromarray(pixels).save(still)
    quiet = ("-x265-params", f"log-level=0:{params}")
    ffmpeg("-i", still, "-c:v", "libx265", *quiet, "-pix_fmt", pixel_format, "-tag:v", "hvc1", "-frames:v", "1", film)
    with av.open(str(film)) as file:
        stream = file.streams.video[0]
        content = bytes(next(packet for packet in file.demux(stream) if packet.size))
        config = stream.codec_context.extradata or b""
    return Entry(b"hvc1", content, [(b"hvcC", config), size(pixels.shape[1], pixels.shape[0])])


def size(width: int, height: int) -> tuple[bytes, bytes]:
    """How large an item is."""
    return b"ispe", struct.pack(">III", 0, width, height)


def nclx(primaries: int, transfer: int, matrix: int, *, full: bool = True) -> tuple[bytes, bytes]:
    """Colours in code points of ITU-T H.273."""
    return b"colr", b"nclx" + struct.pack(">HHHB", primaries, transfer, matrix, full << 7)


def aperture(width: int, height: int, right: int = 0, down: int = 0) -> tuple[bytes, bytes]:
    """A part of a picture, whose middle is so far from that of the whole."""
    return b"clap", struct.pack(">IIIIiIiI", width, 1, height, 1, right, 1, down, 1)


def grid(columns: int, rows: int, width: int, height: int, *properties: tuple[bytes, bytes]) -> Entry:
    """A picture made of tiles."""
    content = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    return Entry(b"grid", content, [size(width, height), *properties])


def heif(
    entries: Sequence[Entry],
    references: Sequence[tuple[bytes, int, Sequence[int]]] = (),
    *,
    primary: int = 1,
    brand: bytes = b"heic",
) -> bytes:
    """A file of items, numbered from 1; the content of a grid lies in the list itself, as phones have it."""
    empty = _meta(entries, references, primary, 0)
    top = _box(b"ftyp", brand + bytes(4) + brand + b"mif1")
    meta = _meta(entries, references, primary, len(top) + len(empty) + 8)
    return top + meta + _box(b"mdat", b"".join(entry.content for entry in entries if entry.kind != b"grid"))


def p3_profile() -> bytes:
    """An ICC profile of Display P3: that of sRGB, with other primaries and another name."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (tags,) = struct.unpack_from(">I", data, 128)
    for number in range(tags):
        name, place, length = struct.unpack_from(">4sII", data, 132 + 12 * number)
        if name in _P3:
            struct.pack_into(">3i", data, place + 8, *(round(value * 65536) for value in _P3[name]))
        elif name == b"desc":
            text = data[place : place + length].replace("sRGB".encode("utf-16-be"), "DsP3".encode("utf-16-be"))
            data[place : place + length] = text
    return bytes(data)


def film(frames: Sequence[Image.Image], lengths_ms: Sequence[int], **options: object) -> bytes:
    """An animated WebP that lost nothing, by Pillow."""
    file = BytesIO()
    given = {"lossless": True, "exact": True, "minimize_size": False, "kmin": 1, "kmax": 1, **options}
    first, *others = frames
    first.save(file, "WEBP", save_all=True, append_images=others, duration=list(lengths_ms), **given)
    return file.getvalue()


def dots(count: int, width: int = 48, height: int = 32) -> list[Image.Image]:
    """Pictures in which a dot moves over a chart that grows transparent to the right."""
    made: list[Image.Image] = []
    for number in range(count):
        pixels = np.dstack([chart(width, height), np.tile(np.linspace(30, 255, width).astype(np.uint8), (height, 1))])
        pixels[10:20, 4 * number : 4 * number + 6] = (255, 255, 255, 255)
        made.append(Image.fromarray(pixels))
    return made


def _box(name: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", 8 + len(content), name) + content


def _full(name: bytes, *parts: bytes, version: int = 0) -> bytes:
    return _box(name, bytes([version, 0, 0, 0]), *parts)


def _meta(
    entries: Sequence[Entry], references: Sequence[tuple[bytes, int, Sequence[int]]], primary: int, place: int
) -> bytes:
    listed = [
        _full(b"infe", struct.pack(">HH4s", number, 0, entry.kind), b"\0", version=2)
        for number, entry in enumerate(entries, 1)
    ]
    places, inside = bytearray(struct.pack(">BBH", 0x44, 0, len(entries))), bytearray()
    shelf, said = b"", bytearray(struct.pack(">I", len(entries)))
    known = 0
    for number, entry in enumerate(entries, 1):
        within = entry.kind == b"grid"
        at = len(inside) if within else place
        places += struct.pack(">HHHHII", number, within, 0, 1, at, len(entry.content))
        if within:
            inside += entry.content
        else:
            place += len(entry.content)
        shelf += b"".join(_box(name, content) for name, content in entry.properties)
        said += struct.pack(">HB", number, len(entry.properties))
        said += bytes(range(known + 1, known + 1 + len(entry.properties)))
        known += len(entry.properties)
    pointed = [_box(name, struct.pack(f">HH{len(to)}H", of, len(to), *to)) for name, of, to in references]
    return _full(
        b"meta",
        _full(b"hdlr", bytes(4), b"pict", bytes(13)),
        _full(b"pitm", struct.pack(">H", primary)),
        _full(b"iinf", struct.pack(">H", len(entries)), *listed),
        _full(b"iloc", bytes(places), version=1),
        _box(b"iprp", _box(b"ipco", shelf), _full(b"ipma", bytes(said))),
        _full(b"iref", *pointed),
        _box(b"idat", bytes(inside)),
    )
