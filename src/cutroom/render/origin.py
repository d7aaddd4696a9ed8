"""Where second 0 of a file is."""

from fractions import Fraction
from typing import Final

from cutroom.media.info import MediaInfo

PRIMING_S: Final = Fraction(1, 10)
"""Sound that starts this much before the pictures, or less, does so for the sake of its codec."""


def zero(info: MediaInfo) -> Fraction:
    """The presentation time, in seconds, that is second 0 of a file.

    It is the first picture's, so that a clip without trim starts with the first picture; but when sound starts well
    before the pictures, it is the sound's.
    """
    if info.video is not None and info.video.start - info.start <= PRIMING_S:
        return info.video.start
    return info.start
