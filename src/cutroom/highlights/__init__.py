"""Engine: the passages of a recording that stand by themselves. Pure thinking: no file, no database, no network."""

from cutroom.highlights.document import HighlightDocument, HighlightsDocument
from cutroom.highlights.highlight import Found, Highlight, Remark, Wish

__all__ = ["Found", "Highlight", "HighlightDocument", "HighlightsDocument", "Remark", "Wish"]
