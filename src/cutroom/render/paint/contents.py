"""What a painting shows before anything is done to it: files and artists, as pictures at a wanted size."""

from bisect import bisect_right
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from cutroom.media.formats import shown_ms
from cutroom.render.artist import Artist
from cutroom.render.paint.damaged import Damaged
from cutroom.render.paint.warp import Picture
from cutroom.render.painting import (
    CaptionSubject,
    ColorSubject,
    GradientSubject,
    ImageSubject,
    LoopSubject,
    ShapeSubject,
    Subject,
    TextSubject,
    VideoSubject,
    WaveformSubject,
)
from cutroom.timeline.resolved.media import Color

if TYPE_CHECKING:
    from cutroom.render.paint.letters import Lettered

_LARGEST: Final = 16_000  # pixels in one direction; OpenCV's warping counts in 16 bits
_PILLOW: Final = {"gif": "GIF", "apng": "PNG"}


class Content(Protocol):
    """Pictures by the clip's own frame numbers, asked for in rising order."""

    @property
    def still(self) -> bool:
        """Whether all frames are the same picture."""
        ...

    def frame(self, number: int) -> Picture:
        """The picture of a frame; the caller does not write to it. The same object again when nothing changed."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...


def content(
    subject: Subject,
    paths: dict[str, str],
    wanted: tuple[float, float],
    first: int,
    fps: Fraction,
    frames: int,
    *,
    scale: float = 1.0,
) -> Content:
    """The content of a painting.

    Args:
        subject: what is shown.
        paths: file of each source, by SHA-256.
        wanted: width and height, in pixels, at which the whole subject is needed. Files are scaled to about that, but
            never much beyond what they hold; drawings are made at exactly that size; text has a size of its own, and
            should have about this one where it is enlarged.
        first: the first frame that will be asked for.
        fps: frames in a second.
        frames: length of the clip.
        scale: how much larger than they say letters and lines are drawn.

    Raises:
        Damaged: when a file cannot be read.
    """
    size = _size(wanted)
    if isinstance(subject, VideoSubject | ImageSubject):
        return _decoded(subject, paths, size, first, fps)
    if isinstance(subject, LoopSubject):
        return LoopContent(subject, paths[subject.sha256], fps)
    if isinstance(subject, ColorSubject):
        return StillContent(_plain(subject.color, size))
    return _drawn(subject, paths, size, fps, frames, scale)


class StillContent:
    """One picture."""

    still = True

    def __init__(self, picture: Picture) -> None:
        self._picture = picture

    def frame(self, number: int) -> Picture:
        """Always the same."""
        return self._picture

    def close(self) -> None:
        """Nothing is open."""


class LoopContent:
    """A picture that moves, again and again from its start; Pillow puts its parts together."""

    still = False

    def __init__(self, subject: LoopSubject, path: str, fps: Fraction) -> None:
        from PIL import Image, ImageFile  # noqa: PLC0415 — costs start-up time, and is rarely needed

        self._fps = fps
        self._file = open(path, "rb")  # noqa: SIM115, PTH123 — closed by `close`
        try:
            self._image: ImageFile.ImageFile = Image.open(self._file, formats=(_PILLOW[subject.format],))
            # A picture for those who do not know APNG, which is no part of the film.
            self._first = int(getattr(self._image, "default_image", False))
            self._ends = list(accumulate(self._lengths()))
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise Damaged(str(error)) from error
        self._shown = -1
        self._made: Picture | None = None

    def frame(self, number: int) -> Picture:
        """The part that is shown at a frame."""
        at = Fraction(number) * 1000 / self._fps % self._ends[-1]
        index = min(bisect_right(self._ends, at), len(self._ends) - 1)
        if self._made is None or index != self._shown:
            self._shown, self._made = index, self._draw(index)
        return self._made

    def close(self) -> None:
        """Close the file."""
        self._image.close()
        self._file.close()

    def _lengths(self) -> list[Fraction]:
        """Milliseconds that each part lasts."""
        lengths: list[Fraction] = []
        for index in range(self._first, getattr(self._image, "n_frames", 1)):
            self._image.seek(index)
            length = float(self._image.info.get("duration", 0))
            lengths.append(Fraction(shown_ms(length)))
        return lengths

    def _draw(self, index: int) -> Picture:
        import cv2  # noqa: PLC0415 — beside Pillow's import above

        try:
            self._image.seek(self._first + index)
            pixels = np.asarray(self._image.convert("RGBA"), np.uint8)
        except (OSError, SyntaxError, ValueError, EOFError) as error:
            raise Damaged(str(error)) from error
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_RGBA2mRGBA), np.uint8)


class ArtistContent:
    """What an artist draws."""

    def __init__(self, artist: Artist) -> None:
        self._artist = artist
        self.still = artist.still

    def frame(self, number: int) -> Picture:
        """The artist's picture."""
        return self._artist.frame(number)

    def close(self) -> None:
        """Let the artist go."""
        self._artist.close()


class LetterContent(ArtistContent):
    """What an artist letters, at a size of its own."""

    def __init__(self, artist: "Lettered") -> None:
        super().__init__(artist)
        self.size = artist.size


def _decoded(
    subject: VideoSubject | ImageSubject, paths: dict[str, str], size: tuple[int, int], first: int, fps: Fraction
) -> Content:
    """What FFmpeg's decoders make of a file."""
    from cutroom.render.paint import films  # noqa: PLC0415 — loads FFmpeg's libraries, which letters do not need

    if isinstance(subject, VideoSubject):
        return films.VideoContent(subject, paths[subject.source.sha256], size, first, fps)
    return StillContent(films.still(subject, paths[subject.sha256], size))


def _drawn(
    subject: TextSubject | CaptionSubject | ShapeSubject | GradientSubject | WaveformSubject,
    paths: dict[str, str],
    size: tuple[int, int],
    fps: Fraction,
    frames: int,
    scale: float,
) -> ArtistContent:
    """The artists are other packages; each is loaded only where it is needed."""
    if isinstance(subject, TextSubject | CaptionSubject):
        from cutroom.render.paint.letters import enlarged, lettered  # noqa: PLC0415 — costs start-up time

        larger = enlarged(subject, fps, frames, paths, scale, size) if scale > 1 else None
        return LetterContent(larger or lettered(subject, fps, frames, paths))
    from cutroom.render.paint.drawings import drawn  # noqa: PLC0415 — costs start-up time

    path = Path(paths[subject.waveform.media.sha256]) if isinstance(subject, WaveformSubject) else None
    return ArtistContent(drawn(subject, path, size, fps, scale))


def _plain(color: Color, size: tuple[int, int]) -> Picture:
    alpha = min(max(color.alpha, 0.0), 1.0)
    rgb = (color.red, color.green, color.blue)
    parts = rgb if alpha >= 1 else (*(round(part * alpha) for part in rgb), round(255 * alpha))
    return np.full((size[1], size[0], len(parts)), parts, np.uint8)


def _size(wanted: tuple[float, float]) -> tuple[int, int]:
    return min(max(round(wanted[0]), 1), _LARGEST), min(max(round(wanted[1]), 1), _LARGEST)
