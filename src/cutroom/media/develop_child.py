"""Turns a picture into a PNG of the same pixels: a program that `develop.py` starts and kills.

Run as `python -I develop_child.py PATH still|moving|drawn MAX_PIXELS MOST_PIXELS OUT FONTS…`, where OUT may be empty;
it answers with one JSON object: the facts, or an `error`. Stills (HEIC, AVIF) are found by `heif.py`, decoded by
FFmpeg's libraries, and put together here. Films (WebP, AVIF) are decoded by Pillow, and written as an APNG in which
every picture is whole and stays for as long as it did. Drawings (SVG) are read by `svg.py` and drawn by resvg, with the
fonts in the folders that are named. What comes out is upright and in sRGB, with eight bits a channel.
"""

import json
import math
import os
import struct
import sys
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import av
import av.logging
import numpy as np
import resvg_py
from av.codec.context import CodecContext, ThreadType
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray
from PIL import AvifImagePlugin, Image, ImageOps

from cutroom.media.apng import Pixels, write_film
from cutroom.media.formats import shown_ms
from cutroom.media.heif import CODED, Heif, HeifError, Item
from cutroom.media.srgb import Coding, Correction, TooBright, corrector
from cutroom.media.svg import SvgError, read_svg

DECODERS: Final = {b"hvc1": "hevc", b"av01": "libdav1d"}
MOST_FRAMES: Final = 10_000
MOST_TILES: Final = 16_384
THREADS: Final = 2
ORIENTATION: Final = 0x0112  # Exif 2.32, table 4
MATRICES: Final = {
    1: Colorspace.ITU709,
    2: Colorspace.ITU601,  # nobody says: ISO/IEC 23000-22, 7.3.6.4
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
"""ITU-T H.273, table 4, as FFmpeg's scaler has it."""
IDENTITY: Final = 0
FINE: Final = Interpolation.BICUBIC | Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
BAND: Final = 256  # rows that are worked on at once, where numbers take more room than pixels


class Failure(Exception):
    """Ends the program with a code for `develop.py`."""


def main() -> None:
    """Develop, and tell."""
    path, how, out = sys.argv[1], sys.argv[2], sys.argv[5]
    max_pixels, most_pixels = int(sys.argv[3]), int(sys.argv[4])
    av.logging.set_level(None)
    Image.MAX_IMAGE_PIXELS = None  # sizes are looked at before anything is decoded
    AvifImagePlugin.DEFAULT_MAX_THREADS = THREADS
    try:
        with open(path, "rb") as file:  # noqa: PTH123 — the only file that is read
            data = file.read()
        match how:
            case "still":
                told = still(data, max_pixels, out)
            case "moving":
                told = moving(data, max_pixels, most_pixels, out)
            case _:
                told = drawn(data, sys.argv[6:], out)
    except Failure as failure:
        told = {"error": str(failure)}
    except TooBright:
        told = {"error": "hdr"}
    except (HeifError, SvgError) as error:
        told = {"error": error.code, "reason": str(error)[:300]}
    except MemoryError:
        told = {"error": "too_large"}
    except (av.error.FFmpegError, OSError, ValueError, SyntaxError, EOFError, LookupError, struct.error) as error:
        told = {"error": "unreadable", "reason": str(error)[:300]}
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()
    os._exit(0)  # tearing down a hostile file's state is not our business


def still(data: bytes, max_pixels: int, out: str) -> dict[str, Any]:
    """Develop the primary picture of a HEIF file."""
    heif = Heif(data)
    item = heif.item(heif.primary)
    frame = _picture(heif, item, heif.primary, max_pixels)
    said = _coding(item) or next((_coding(heif.item(tile)) for tile in heif.made_of(heif.primary)[:1]), None)
    shown = said or Coding(
        frame.color_primaries, frame.color_trc, frame.colorspace, frame.color_range == ColorRange.JPEG
    )
    correct = corrector(_profile(item), shown)
    image = Image.fromarray(_rgb(frame, shown))
    number = heif.alpha_of(heif.primary)
    if number is not None:
        image.putalpha(_opacity(_picture(heif, heif.item(number), number, max_pixels), image.size))
        if heif.premultiplied(heif.primary):
            image = _divided(image)
    image = _upright(correct(image), item)
    if out:
        image.save(out, "PNG", compress_level=1)
    codec = DECODERS.get(item.kind) or DECODERS[heif.item(heif.made_of(heif.primary)[0]).kind]
    return _facts("av1" if codec == "libdav1d" else codec, image.size, image.mode == "RGBA", [0])


def moving(data: bytes, max_pixels: int, most_pixels: int, out: str) -> dict[str, Any]:
    """Develop a film that Pillow reads."""
    webp = data[:4] == b"RIFF"
    if webp:  # its decoder sets room aside for two pictures at once
        width, height = (1 + int.from_bytes(data[at : at + 3], "little") for at in (24, 27))
        _check_size((width, height), 1, max_pixels, most_pixels)
    with Image.open(BytesIO(data), formats=("WEBP",) if webp else ("AVIF",)) as film:
        frames = getattr(film, "n_frames", 1)
        _check_size(film.size, frames, max_pixels, most_pixels)
        alpha = "A" in film.getbands()
        correct = corrector(film.info.get("icc_profile"), None if webp else _coding_of_film(data))
        turned = film.getexif().get(ORIENTATION, 1) > 4
        size = (film.height, film.width) if turned else film.size
        pictures = _pictures(film, frames, "RGBA" if alpha else "RGB", correct)
        if out:
            with open(out, "wb") as file:  # noqa: PTH123 — the only file that is written
                lengths = write_film(file, size, frames, pictures, alpha=alpha)
        else:
            lengths = [length for _, length in pictures]
    return _facts("webp" if webp else "av1", size, alpha, lengths)


def drawn(data: bytes, fonts: list[str], out: str) -> dict[str, Any]:
    """Draw an SVG, large enough for most pictures."""
    svg = read_svg(data)
    width, height = svg.drawn
    made = resvg_py.svg_to_bytes(
        svg_string=svg.text,
        width=width,
        height=height,
        skip_system_fonts=True,
        font_dirs=fonts,
        font_family="Inter",
        sans_serif_family="Inter",
        serif_family="Inter",  # what is taken where none of the families that are asked for is there
        cursive_family="Caveat",
        fantasy_family="Anton",
        monospace_family="JetBrains Mono",
    )
    with Image.open(BytesIO(made), formats=("PNG",)) as image:
        opaque = image.getchannel("A").getextrema()[0] == 255
        if out:
            (image.convert("RGB") if opaque else image).save(out, "PNG", compress_level=1)
        return _facts("svg", image.size, not opaque, [0])


def _facts(codec: str, size: tuple[int, int], alpha: bool, lengths: list[int]) -> dict[str, Any]:  # noqa: FBT001
    return {"codec": codec, "width": size[0], "height": size[1], "alpha": alpha, "lengths_ms": lengths}


# Stills


def _picture(heif: Heif, item: Item, number: int, max_pixels: int) -> VideoFrame:
    """The picture of an item before any transformation, as its decoder gives it."""
    if item.kind in DECODERS:
        width, height = item.size
        if width * height > max_pixels:
            raise Failure("too_large")
        return _decoded(heif, item, max_pixels)
    if item.kind != b"grid":
        raise HeifError("other_kind", f"the picture is a {item.kind!r}")
    return _put_together(heif, item, number, max_pixels)


def _put_together(heif: Heif, item: Item, number: int, max_pixels: int) -> VideoFrame:
    """The picture of a grid (ISO/IEC 23008-12, 6.6.2.3): tiles of one size, the last ones of which may stick out."""
    grid, tiles = heif.grid(item), heif.made_of(number)
    if grid.width * grid.height > max_pixels:
        raise Failure("too_large")
    if not tiles or len(tiles) != grid.columns * grid.rows or len(tiles) > MOST_TILES:
        raise HeifError("unreadable", "a grid has another number of tiles than it says")
    width, height = heif.item(tiles[0]).size
    if 0 in {width, height}:
        raise HeifError("unreadable", "a tile has no pixels")
    if (-(-grid.width // width), -(-grid.height // height)) != (grid.columns, grid.rows):
        raise HeifError("unreadable", "the tiles of a grid do not cover it, or stick out by more than one")
    made: VideoFrame | None = None
    for place, tile in enumerate(tiles):
        frame = _decoded(heif, heif.item(tile), max_pixels)
        if made is None:
            made = VideoFrame(grid.width, grid.height, frame.format.name)
            made.colorspace, made.color_range = frame.colorspace, frame.color_range
            made.color_primaries, made.color_trc = frame.color_primaries, frame.color_trc
        if (frame.width, frame.height, frame.format.name) != (width, height, made.format.name):
            raise HeifError("unreadable", "a tile is unlike the others")
        _lay(made, frame, place % grid.columns, place // grid.columns)
    if made is None:
        raise HeifError("unreadable", "a grid has no tiles")
    return made


def _decoded(heif: Heif, item: Item, max_pixels: int) -> VideoFrame:
    needed = item.said(CODED[item.kind]) if item.kind in CODED else None
    if needed is None:
        raise HeifError("other_kind", f"a picture is coded as {item.kind!r}, or does not say how")
    context: Any = CodecContext.create(DECODERS[item.kind], "r")
    context.extradata = needed
    context.options = {"max_pixels": str(max_pixels)}
    context.thread_type = ThreadType.NONE
    for packet in (Packet(heif.content(item)), None):
        for frame in context.decode(packet):
            if isinstance(frame, VideoFrame):
                return frame
    raise HeifError("unreadable", "there is no picture")


def _lay(made: VideoFrame, tile: VideoFrame, column: int, row: int) -> None:
    """Copy a tile to its place; what lies beyond the edges is not shown."""
    for number, part in enumerate(tile.planes):
        source, target = _samples(tile, number), _samples(made, number)
        left, top = column * part.width, row * part.height
        room = target[top : top + part.height, left : left + part.width]
        room[:] = source[: room.shape[0], : room.shape[1]]


def _samples(frame: VideoFrame, number: int) -> NDArray[Any]:
    """The numbers of a plane, without the padding of its rows; not copied."""
    plane, kind = frame.planes[number], np.uint16 if _bits(frame) > 8 else np.uint8
    numbers = np.frombuffer(memoryview(plane), kind)
    return numbers.reshape(-1, plane.line_size // numbers.itemsize)[: plane.height, : plane.width]


def _bits(frame: VideoFrame) -> int:
    return frame.format.components[0].bits


def _rgb(frame: VideoFrame, coding: Coding) -> Pixels:
    if coding.matrix not in MATRICES and (coding.matrix != IDENTITY or not frame.format.is_rgb):
        raise HeifError("other_kind", f"colours are written in the matrix {coding.matrix}")
    made = frame.reformat(
        format="rgb24",
        src_colorspace=MATRICES.get(coding.matrix, Colorspace.ITU601),
        src_color_range=ColorRange.JPEG if coding.full else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=FINE,
        threads=1,
    )
    return np.asarray(made.to_ndarray(), np.uint8)


def _opacity(frame: VideoFrame, size: tuple[int, int]) -> Image.Image:
    """What an alpha picture says, at the size of the picture that it is for."""
    alpha = Image.fromarray(np.asarray(_samples(frame, 0) >> _bits(frame) - 8, np.uint8))
    return alpha if alpha.size == size else alpha.resize(size, Image.Resampling.BICUBIC)


def _divided(image: Image.Image) -> Image.Image:
    """Colours as they were before they were multiplied by their alpha."""
    pixels = np.array(image)
    for top in range(0, len(pixels), BAND):
        rows = pixels[top : top + BAND].astype(np.float32)
        alpha = np.maximum(rows[..., 3:], 1)
        pixels[top : top + BAND, :, :3] = np.clip(rows[..., :3] * 255 / alpha + 0.5, 0, 255)
    return Image.fromarray(pixels)


def _upright(image: Image.Image, item: Item) -> Image.Image:
    """Cut, turn and mirror a picture as is said of it, in that order (ISO/IEC 23008-12, 6.5.9, 6.5.10, 6.5.12)."""
    for name, content in item.properties:
        if name == b"clap":
            image = image.crop(_aperture(image.size, content))
        elif name == b"irot" and content:
            turn = (None, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
            way = turn[content[0] & 3]
            image = image if way is None else image.transpose(way)
        elif name == b"imir" and content:
            across = content[0] & 1
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT if across else Image.Transpose.FLIP_TOP_BOTTOM)
    return image


def _aperture(size: tuple[int, int], content: bytes) -> tuple[int, int, int, int]:
    """What of a picture is shown: left, top, right, bottom (ISO/IEC 14496-12, 12.1.4)."""
    across, across_of, down, down_of, x, x_of, y, y_of = struct.unpack_from(">IIIIiIiI", content)
    if 0 in {across_of, down_of, x_of, y_of}:
        raise HeifError("unreadable", "what is shown of a picture is divided by nothing")
    width, height = across / across_of, down / down_of
    left = round((size[0] - width) / 2 + x / x_of)
    top = round((size[1] - height) / 2 + y / y_of)
    right, bottom = left + math.floor(width), top + math.floor(height)
    if not 0 <= left < right <= size[0] or not 0 <= top < bottom <= size[1]:
        raise HeifError("unreadable", "what is shown of a picture lies outside of it")
    return left, top, right, bottom


# Films


def _check_size(size: tuple[int, int], frames: int, max_pixels: int, most_pixels: int) -> None:
    if size[0] * size[1] > max_pixels:
        raise Failure("too_large")
    if frames > MOST_FRAMES or size[0] * size[1] * frames > most_pixels:
        raise Failure("too_long")


def _pictures(film: Image.Image, frames: int, mode: str, correct: Correction) -> Iterator[tuple[Pixels, int]]:
    """Every picture of a film, whole, and the milliseconds that it is shown."""
    for number in range(frames):
        film.seek(number)
        film.load()  # which is when it says how long
        picture = correct(ImageOps.exif_transpose(film.convert(mode)))  # correcting forgets how it lies
        yield np.asarray(picture, np.uint8), int(shown_ms(int(film.info.get("duration", 0))))


def _coding(item: Item) -> Coding | None:
    """What is said of an item's colours in numbers (ISO/IEC 14496-12, 12.1.5)."""
    for name, content in item.properties:
        if name == b"colr" and content[:4] == b"nclx" and len(content) >= 11:
            primaries, transfer, matrix, full = struct.unpack_from(">HHHB", content, 4)
            return Coding(primaries, transfer, matrix, bool(full & 0x80))
    return None


def _profile(item: Item) -> bytes | None:
    """The ICC profile of an item."""
    found = (content[4:] for name, content in item.properties if name == b"colr" and content[:4] in {b"prof", b"rICC"})
    return next(found, None)


def _coding_of_film(data: bytes) -> Coding | None:
    """What a film's still picture says of colours; films that have none say nothing."""
    try:
        heif = Heif(data)
        return _coding(heif.item(heif.primary))
    except HeifError:
        return None


if __name__ == "__main__":
    main()
