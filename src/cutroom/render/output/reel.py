"""Single pictures out of a finished film, in one pass through it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Final

import av
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from cutroom.kit.errors import Internal

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

_SEEK_FROM_S: Final = 4
"""A wanted picture that is further away than two of our longest distances between key frames is sought."""


@dataclass(frozen=True, slots=True)
class Reel:
    """A film of our own making: BT.709 in limited range, its first frame at 0.

    Args:
        alpha: whether its pixels can be transparent.
    """

    path: Path
    fps: Fraction
    alpha: bool = False


def pictures(reel: Reel, wanted: Sequence[int]) -> Iterator[tuple[int, Image.Image]]:
    """The pictures with these frame numbers, in rising order; RGB, or RGBA with straight alpha.

    Raises:
        Internal: `frame_missing` when the film has no such frame.
    """
    left = sorted(set(wanted), reverse=True)
    with av.open(str(reel.path)) as file:
        shown = _Frames(file, reel)
        while left:
            frame = shown.at(left[-1])
            yield left.pop(), _image(frame, alpha=reel.alpha)


class _Frames:
    """The frames of a film, forwards, with leaps over what nobody wants."""

    def __init__(self, file: "InputContainer", reel: Reel) -> None:
        self._file, self._fps = file, reel.fps
        self._stream: VideoStream = file.streams.video[0]
        self._stream.thread_type = "AUTO"
        # FFmpeg's own decoders of VP9 do not see transparency.
        own = reel.alpha and self._stream.codec_context.name == "vp9"
        self._decoder: VideoCodecContext = (
            av.CodecContext.create("libvpx-vp9", "r") if own else self._stream.codec_context
        )
        self._frames = self._decoded()
        self._next = 0

    def at(self, number: int) -> "VideoFrame":
        if number - self._next > _SEEK_FROM_S * self._fps:
            self._seek(number)
        for frame in self._frames:
            self._next = self._number(frame) + 1
            if self._next > number:
                break
        if self._next != number + 1:
            raise Internal("frame_missing", f"The finished film has no frame {number}.")
        return frame

    def _seek(self, number: int) -> None:
        place = number / self._fps / Fraction(self._stream.time_base or 1)
        self._file.seek(int(place), stream=self._stream, backward=True)
        self._decoder.flush_buffers()
        self._frames = self._decoded()

    def _decoded(self) -> "Iterator[VideoFrame]":
        base = self._stream.time_base
        for packet in self._file.demux(self._stream):
            for frame in self._decoder.decode(packet):
                frame.time_base = frame.time_base or base
                yield frame

    def _number(self, frame: "VideoFrame") -> int:
        base = Fraction(self._stream.time_base or 1)
        return round((frame.pts or 0) * base * self._fps)


def _image(frame: "VideoFrame", *, alpha: bool) -> Image.Image:
    shown = frame.reformat(
        format="rgba" if alpha else "rgb24",
        src_colorspace=Colorspace.ITU709,
        src_color_range=ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
    )
    return Image.fromarray(shown.to_ndarray())
