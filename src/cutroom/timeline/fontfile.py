"""A font that a document brings, as it stands there."""

from typing import Annotated

from pydantic import Field

from cutroom.timeline.fields import Part
from cutroom.timeline.source import Source


class FontFile(Part):
    """A font for the texts and captions of this document, which no other document knows."""

    src: Source
    family: Annotated[
        Annotated[str, Field(min_length=1, max_length=100)] | None,
        Field(
            description="The family's name in this document; when not given, the names inside of the file: those of "
            "its family, and of the face alone, such as `Brand Bold`."
        ),
    ] = None
