"""Letters as pictures: fonts, layout, drawing, movement, captions."""

from cutroom.render.lettering.captions import CaptionArtist, caption_missing
from cutroom.render.lettering.layout import missing
from cutroom.render.lettering.title import TextArtist
from cutroom.render.lettering.warnings import lettering_warnings

__all__ = ["CaptionArtist", "TextArtist", "caption_missing", "lettering_warnings", "missing"]
