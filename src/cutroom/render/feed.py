"""What ffmpeg reads for a segment of a plan, and from where on."""

from fractions import Fraction
from pathlib import Path
from typing import Final

from cutroom.media.command import Input
from cutroom.media.formats import demuxer
from cutroom.media.words import Word
from cutroom.render.plan import ImageLayer, VideoLayer
from cutroom.render.preroll import Way, shortest_way
from cutroom.render.sampling import due, sampling
from cutroom.render.seek import Exact, seek_s

_MARGIN_S: Final = Fraction(1, 4)
_ALPHA_DECODERS: Final = {"vp8": Word.LIBVPX, "vp9": Word.LIBVPX_VP9}


class Sparse(Input):
    """Pictures from a painter (`paint/stream.py`): what they are is said at the start, so nothing is read ahead."""

    def arguments(self) -> list[str]:
        """The input on the command line."""
        return ["-probesize", "32", "-analyzeduration", "0", "-fpsprobesize", "0", *Input.arguments(self)]


def video_input(layer: VideoLayer, path: Path, fps: Fraction) -> Input:
    """The input for a layer of moving pictures; never from after their end, where the last one stays.

    Args:
        layer: the layer.
        path: the file of its source.
        fps: frames a second of the output.
    """
    source = layer.source
    rule = sampling(source, layer.at, layer.speed, fps)
    at, first = layer.at, due(0, fps, rule) * layer.speed / rule.ticks - source.zero
    if source.duration is not None:
        at, first = min(at, source.duration), min(first, source.duration)
    if source.interlaced:  # a field is made whole from the pictures before and after it
        first -= 2 / source.fps
    way = shortest_way(path, source, first)
    stamped = way is not None
    way = way or Way(seek_s(at, source.format, _MARGIN_S))
    return Exact(
        path,
        demuxer(source.format),
        seek=way.start,
        decoder=_ALPHA_DECODERS.get(source.codec) if source.alpha else None,
        matrix=Word.BT709 if source.hd else Word.SMPTE170M,
        stream=source.stream,
        stamped=stamped,
        spare=way.spare,
    )


def image_input(layer: ImageLayer, path: Path) -> Input:
    """The input for a still picture."""
    return Input(path, demuxer(layer.format))


def text_input(path: Path) -> Input:
    """The input for a text that was drawn to a PNG."""
    return Input(path, Word.PNG_PIPE)


def painted_input(pipe: Path) -> Input:
    """The input for a layer that a painter writes into a named pipe."""
    return Sparse(pipe, Word.MATROSKA)
