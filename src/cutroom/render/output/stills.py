"""Pictures as files of their own: stills, posters, and sheets of small pictures with their map."""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil
from pathlib import Path
from typing import Final, Literal

from PIL import Image

from cutroom.kit.errors import Internal
from cutroom.render.output.made import Made
from cutroom.render.output.reel import Reel, pictures
from cutroom.timeline.resolved import Poster, Quality, Sprites

StillFormat = Literal["png", "jpg"]
TYPES: Final[Mapping[StillFormat, str]] = {"png": "image/png", "jpg": "image/jpeg"}
_JPEG_QUALITY: Final[Mapping[Quality, int]] = {"lowest": 55, "low": 70, "medium": 82, "high": 90, "highest": 96}
_POSTER_QUALITY: Final[Quality] = "high"
_SHEET_PX: Final = 16_384
"""Height at which a further sheet is begun; a JPEG ends at 65,535, and phones refuse pictures well before."""


def still(reel: Reel, kind: StillFormat, quality: Quality, out: Path) -> None:
    """Write the one picture of a film as a file."""
    for _, picture in pictures(reel, [0]):
        _save(picture, kind, quality, out)


def posters(reel: Reel, wanted: tuple[Poster, ...], folder: Path) -> Iterator[Made]:
    """Write the posters, in one pass through the film; they are named by their place in the list."""
    by_frame: dict[int, list[tuple[int, Poster]]] = {}
    for number, poster in enumerate(wanted, 1):
        by_frame.setdefault(poster.frame, []).append((number, poster))
    for frame, picture in pictures(reel, list(by_frame)):
        for number, poster in by_frame[frame]:
            size = (_scaled(picture.width, poster.scale), _scaled(picture.height, poster.scale))
            name = f"poster.{poster.format}" if len(wanted) == 1 else f"poster-{number}.{poster.format}"
            path = folder / name
            _save(_resized(picture, size), poster.format, _POSTER_QUALITY, path)
            yield Made(path, "poster", name, TYPES[poster.format])


def sprites(reel: Reel, wanted: Sprites, frames: int, folder: Path) -> Iterator[Made]:
    """Write the sheets and the WebVTT that says which part of which sheet belongs to which time.

    The picture for a span of time is the one shown at its start.
    """
    length = frames / reel.fps
    times = [wanted.every_s * number for number in range(max(1, ceil(length / wanted.every_s)))]
    numbers = [min(int(time * reel.fps), frames - 1) for time in times]
    sheet: _Sheet | None = None
    sheets: list[_Sheet] = []
    shown = dict.fromkeys(numbers)  # a short distance may show the same frame twice
    cues = ["WEBVTT", ""]
    places: dict[int, str] = {}
    for frame, picture in pictures(reel, list(shown)):
        if sheet is None or sheet.full:
            sheet = _Sheet(wanted, picture, len(sheets) + 1)
            sheets.append(sheet)
        places[frame] = sheet.add(picture)
    names = {one.number: "sprites.jpg" if len(sheets) == 1 else f"sprites-{one.number}.jpg" for one in sheets}
    for time, frame in zip(times, numbers, strict=True):
        number, _, place = places[frame].partition(":")
        end = min(time + wanted.every_s, length)
        cues += [f"{_clock(time)} --> {_clock(end)}", f"{names[int(number)]}#xywh={place}", ""]
    for one in sheets:
        path = folder / names[one.number]
        _save(one.cut(), "jpg", _POSTER_QUALITY, path)
        yield Made(path, "sprites", path.name, TYPES["jpg"])
    path = folder / "sprites.vtt"
    path.write_text("\n".join(cues), encoding="utf-8")
    yield Made(path, "sprite_map", path.name, "text/vtt")


class _Sheet:
    """A grid of small pictures, filled row by row."""

    def __init__(self, wanted: Sprites, first: Image.Image, number: int) -> None:
        self.number = number
        self._width = wanted.width_px
        self._height = max(1, round(first.height * wanted.width_px / first.width))
        self._columns = wanted.columns
        self._rows = max(1, _SHEET_PX // self._height)
        self._small: list[Image.Image] = []

    @property
    def full(self) -> bool:
        return len(self._small) >= self._columns * self._rows

    def add(self, picture: Image.Image) -> str:
        """Put a picture in the next place; returns `sheet:x,y,width,height`."""
        row, column = divmod(len(self._small), self._columns)
        self._small.append(_flat(_resized(picture, (self._width, self._height))))
        return f"{self.number}:{column * self._width},{row * self._height},{self._width},{self._height}"

    def cut(self) -> Image.Image:
        """The sheet, no larger than its pictures need."""
        columns = min(self._columns, len(self._small))
        rows = ceil(len(self._small) / self._columns)
        sheet = Image.new("RGB", (columns * self._width, rows * self._height))
        for number, small in enumerate(self._small):
            row, column = divmod(number, self._columns)
            sheet.paste(small, (column * self._width, row * self._height))
        return sheet


def _scaled(side: int, scale: Fraction) -> int:
    return max(1, round(side * scale))


def _resized(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    # Pillow multiplies by the transparency before it mixes neighbours, and divides afterwards.
    return picture if picture.size == size else picture.resize(size, Image.Resampling.LANCZOS)


def _flat(picture: Image.Image) -> Image.Image:
    """The picture over black, for formats without transparency."""
    if picture.mode != "RGBA":
        return picture
    under = Image.new("RGBA", picture.size, (0, 0, 0, 255))
    return Image.alpha_composite(under, picture).convert("RGB")


def _save(picture: Image.Image, kind: StillFormat, quality: Quality, out: Path) -> None:
    try:
        if kind == "png":
            picture.save(out, "PNG", compress_level=6)
        else:
            # Full chroma: text in colour is what stills are often made for.
            _flat(picture).save(out, "JPEG", quality=_JPEG_QUALITY[quality], subsampling=0, optimize=True)
    except OSError as error:
        raise Internal("still_not_written", "A picture of the render could not be written; try again.") from error


def _clock(seconds: Fraction) -> str:
    """Time as WebVTT writes it."""
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
