"""The artists of text and captions, by subject, and how large their pictures are."""

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Protocol

from cutroom.kit.errors import Invalid
from cutroom.render.artist import Artist
from cutroom.render.lettering import CaptionArtist, TextArtist
from cutroom.render.lettering.typefaces import NO_FILES
from cutroom.render.painting import CaptionSubject, TextSubject
from cutroom.render.scaling import scale as scaled


class Lettered(Artist, Protocol):
    """An artist whose picture has a size of its own."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of its pictures."""
        ...

    @property
    def origin(self) -> tuple[int, int]:
        """Where the top left corner of the block lies inside of them."""
        ...

    @property
    def block(self) -> tuple[int, int]:
        """Width and height of the block, which is what a position places."""
        ...


def enlarged(
    subject: TextSubject | CaptionSubject,
    fps: Fraction,
    frames: int,
    files: Mapping[str, str],
    factor: float,
    size: tuple[int, int],
) -> Lettered | None:
    """The artist of the same letters drawn larger, so that they are sharp where a clip is enlarged.

    None when its pictures have not about the `size` that is wanted: lines that are as wide as their room may break
    elsewhere when letters are larger.
    """
    times = Fraction(factor)
    larger = scaled(subject, times)
    if isinstance(larger, CaptionSubject):
        larger = replace(larger, width=round(larger.width * times), height=round(larger.height * times))
    try:
        artist = lettered(larger, fps, frames, files)
    except Invalid:  # too large
        return None
    # Sizes are rounded up at each side, here and for the size that was measured.
    alike = all(abs(one - other) <= 4 * (factor + 1) for one, other in zip(artist.size, size, strict=True))
    return artist if alike else None


def lettered(
    subject: TextSubject | CaptionSubject, fps: Fraction, frames: int, files: Mapping[str, str] = NO_FILES
) -> Lettered:
    """The artist of a text or of captions; `files` has the document's own fonts, by SHA-256."""
    if isinstance(subject, TextSubject):
        return TextArtist(subject.text, frames=frames, fps=fps, files=files)
    return CaptionArtist(
        subject.captions, width=subject.width, height=subject.height, fps=fps, vertical=subject.vertical, files=files
    )
