"""A glance at a finished film: a few small pictures of it, from key frames, where decoding costs least."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

MOST: Final = 30
"""Pictures that are looked at, however long the film: 1080p takes about 30 ms for each."""
_SMALL: Final = (48, 27)
_BLACK_AT_MOST: Final = 10.0
_STILL_AT_MOST: Final = 1.5
_PILLOW: Final = frozenset({"gif", "webp", "png", "jpg"})


@dataclass(frozen=True, slots=True)
class Glance:
    """A frame of the film, small: RGB, 0 to 255, over black where it is transparent."""

    frame: int
    pixels: NDArray[np.float32]

    @property
    def black(self) -> bool:
        """Whether no part of it is more than nearly black."""
        return float(self.pixels.max()) <= _BLACK_AT_MOST

    @property
    def color(self) -> tuple[float, float, float] | None:
        """The one colour that it has all over; None when it has more."""
        flat = self.pixels.reshape(-1, 3)
        if float((flat.max(axis=0) - flat.min(axis=0)).max()) > 2 * _STILL_AT_MOST:
            return None
        return self.mean

    @property
    def mean(self) -> tuple[float, float, float]:
        """Its colours, mixed."""
        red, green, blue = (float(value) for value in self.pixels.reshape(-1, 3).mean(axis=0))
        return red, green, blue

    def same(self, other: "Glance") -> bool:
        """Whether two frames look the same in every part."""
        return float(np.abs(self.pixels - other.pixels).max()) <= _STILL_AT_MOST


def glances(path: Path, format_: str, fps: Fraction, wanted: Sequence[int]) -> list[Glance]:
    """The key frames that lie at or before the wanted frames, in order, each once.

    Args:
        path: the film.
        format_: of the output.
        fps: its frame rate.
        wanted: frame numbers, in rising order.

    Raises:
        av.FFmpegError: when it cannot be decoded.
    """
    if format_ in _PILLOW:
        return list(_drawn(path, fps, wanted))
    half = len(wanted) // 2
    with ThreadPoolExecutor(1) as other:  # decoding leaves Python's lock alone
        later = other.submit(_decoded, path, fps, wanted[half:])
        found = _decoded(path, fps, wanted[:half])
        found += [glance for glance in later.result() if not found or glance.frame > found[-1].frame]
    return found


def _decoded(path: Path, fps: Fraction, wanted: Sequence[int]) -> list[Glance]:
    found: list[Glance] = []
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        stream.codec_context.thread_count = 1  # threads that take a frame each would first want more frames
        stream.codec_context.options = {"skip_loop_filter": "all"}  # it smooths less than a dot of a small picture
        for frame in wanted:
            if found and frame <= found[-1].frame:
                continue
            glance = _key_frame(file, stream, frame, fps)
            if glance is not None and (not found or glance.frame > found[-1].frame):
                found.append(glance)
    return found


def _key_frame(file: "InputContainer", stream: "VideoStream", frame: int, fps: Fraction) -> Glance | None:
    base = Fraction(stream.time_base or 1)
    file.seek(int(frame / fps / base), stream=stream, backward=True)
    context = stream.codec_context
    for packet in file.demux(stream):
        if packet.size == 0 or not packet.is_keyframe:
            continue
        for shown in (*context.decode(packet), *context.decode(None)):
            small = shown.reformat(
                *_SMALL,
                format="rgb24",
                src_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.MPEG,
                dst_color_range=ColorRange.JPEG,
                interpolation="AREA",
            )
            number = round((packet.pts or 0) * base * fps)
            return Glance(number, small.to_ndarray().astype(np.float32))
        return None
    return None


def _drawn(path: Path, fps: Fraction, wanted: Sequence[int]) -> Iterator[Glance]:
    left = list(wanted)
    with Image.open(path) as picture:
        time = 0.0
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            picture.load()
            frame = round(time * fps / 1000)
            time += float(picture.info.get("duration") or 1000 / fps)
            # A picture stands for every frame until the next.
            if not left or left[0] >= round(time * fps / 1000):
                continue
            while left and left[0] < round(time * fps / 1000):
                left.pop(0)
            shown = picture.convert("RGBA")
            flat = Image.alpha_composite(Image.new("RGBA", shown.size, (0, 0, 0, 255)), shown).convert("RGB")
            small = flat.resize(_SMALL, Image.Resampling.BOX)
            yield Glance(frame, np.asarray(small, np.float32))
