"""Any document: an edit of clips, or a longform."""

from typing import Any, Final

from cutroom.timeline.limits import Limits
from cutroom.timeline.longform import LongformEdit, is_longform, longform_sources, parse_longform
from cutroom.timeline.model import Edit
from cutroom.timeline.scan import NOT_AVAILABLE, scan
from cutroom.timeline.sources import SourceUse, sources
from cutroom.timeline.validate import parse

Document = Edit | LongformEdit
_DEFAULT: Final = Limits()


def parse_document(document: Any, limits: Limits = _DEFAULT) -> Document:
    """Check a document of either kind.

    Raises:
        Invalid: as `parse`.
    """
    if not is_longform(document):
        return parse(document, limits)
    found = tuple(detail for detail in scan(document, limits) if detail.pointer != "/longform")
    rest = {name: value for name, value in document.items() if name == "longform" or name not in NOT_AVAILABLE}
    return parse_longform(rest, limits, found)


def document_sources(document: Document) -> list[SourceUse]:
    """Every source once, in the order of the document."""
    return longform_sources(document) if isinstance(document, LongformEdit) else sources(document)
