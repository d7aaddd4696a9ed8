"""What ffmpeg reads for a piece of a plan, and from where on.

Timestamps stay what the file says (`-copyts`), and everything from the key frame before the wanted place on is decoded
(`-noaccurate_seek`): the graph does the cutting, in exact integers.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from cutroom.media.command import Input
from cutroom.media.formats import demuxer
from cutroom.media.words import Word
from cutroom.render.plan import ImageLayer, VideoLayer
from cutroom.render.sound import Heard

_INDEXED: Final = frozenset({"mp4", "mov", "m4a", "matroska", "webm"})
_MARGIN_S: Final = Fraction(1, 4)
_MARGIN_WITHOUT_INDEX_S: Final = Fraction(10)
"""Where key frames are not listed, seeking lands anywhere; a key frame is rarely further than this."""
_SOUND_MARGIN_S: Final = Fraction(1, 2)
_UNSEEKABLE: Final = frozenset({"gif"})
_ALPHA_DECODERS: Final = {"vp8": Word.LIBVPX, "vp9": Word.LIBVPX_VP9}


@dataclass(frozen=True, slots=True)
class Exact(Input):
    """An input that keeps its timestamps; pictures without a colour tag are taken to be `matrix`."""

    matrix: Word | None = None

    def arguments(self) -> list[str]:
        """The input on the command line."""
        matrix = ["-colorspace:v", self.matrix.value] if self.matrix is not None else []
        return ["-copyts", "-noaccurate_seek", *matrix, *Input.arguments(self)]


def video_input(layer: VideoLayer, path: Path) -> Input:
    """The input for a layer of moving pictures; never from after their end, where the last one stays."""
    source = layer.source
    at = layer.at if source.duration is None else min(layer.at, source.duration)
    return Exact(
        path,
        demuxer(source.format),
        seek=_seek(at, source.format, _MARGIN_S),
        decoder=_ALPHA_DECODERS.get(source.codec) if source.alpha else None,
        matrix=Word.BT709 if source.hd else Word.SMPTE170M,
    )


def image_input(layer: ImageLayer, path: Path) -> Input:
    """The input for a still picture."""
    return Input(path, demuxer(layer.format))


def text_input(path: Path) -> Input:
    """The input for a text that was drawn to a PNG."""
    return Input(path, Word.PNG_PIPE)


def voice_input(part: Heard, path: Path) -> Input:
    """The input for the part of a voice that is heard in a span."""
    name = part.voice.source.format
    return Exact(path, demuxer(name), seek=_seek(part.seek_s, name, _SOUND_MARGIN_S))


def _seek(at: Fraction, name: str, margin: Fraction) -> Fraction | None:
    if name in _UNSEEKABLE:
        return None
    start = at - (margin if name in _INDEXED else max(margin, _MARGIN_WITHOUT_INDEX_S))
    return start if start > 0 else None
