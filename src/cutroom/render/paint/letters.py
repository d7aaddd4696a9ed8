"""The artists of text and captions, by subject, and how large their pictures are."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Protocol

from cutroom.render.artist import Artist
from cutroom.render.lettering import CaptionArtist, TextArtist
from cutroom.render.lettering.typefaces import NO_FILES
from cutroom.render.painting import CaptionSubject, TextSubject


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


def lettered(
    subject: TextSubject | CaptionSubject, fps: Fraction, frames: int, files: Mapping[str, str] = NO_FILES
) -> Lettered:
    """The artist of a text or of captions; `files` has the document's own fonts, by SHA-256."""
    if isinstance(subject, TextSubject):
        return TextArtist(subject.text, frames=frames, fps=fps, files=files)
    return CaptionArtist(
        subject.captions, width=subject.width, height=subject.height, fps=fps, vertical=subject.vertical, files=files
    )
