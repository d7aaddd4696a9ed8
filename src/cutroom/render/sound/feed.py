"""What ffmpeg reads for a voice, and from where on."""

from fractions import Fraction
from pathlib import Path
from typing import Final

from cutroom.media.command import Input
from cutroom.media.formats import demuxer
from cutroom.render.seek import Exact, seek_s
from cutroom.render.sound.mix import Heard

_MARGIN_S: Final = Fraction(1, 2)


def voice_input(part: Heard, path: Path) -> Input:
    """The input for the part of a voice that is heard in a span."""
    name = part.voice.source.format
    return Exact(path, demuxer(name), seek=seek_s(part.seek_s, name, _MARGIN_S))
