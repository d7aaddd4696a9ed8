"""Any document: an edit of clips, or a longform."""

from typing import Any, Final

from cutroom.timeline.limits import Limits
from cutroom.timeline.longform import LongformEdit, is_longform, longform_sources, parse_longform
from cutroom.timeline.merge import merged
from cutroom.timeline.model import Edit
from cutroom.timeline.scan import NOT_AVAILABLE, scan
from cutroom.timeline.sources import SourceUse, sources
from cutroom.timeline.validate import parse

Document = Edit | LongformEdit
_DEFAULT: Final = Limits()


def parse_document(document: Any, limits: Limits = _DEFAULT) -> Document:
    """Fill in the merge fields of a document of either kind, and check it.

    Raises:
        Invalid: as `parse`.
    """
    if not is_longform(document):
        return parse(document, limits)
    filled, problems = merged(document)
    problems += [detail for detail in scan(filled, limits) if detail.pointer != "/longform"]
    known = {name: value for name, value in filled.items() if name == "longform" or name not in NOT_AVAILABLE}
    return parse_longform(known, limits, tuple(problems))


def document_sources(document: Document) -> list[SourceUse]:
    """Every source once, in the order of the document."""
    return longform_sources(document) if isinstance(document, LongformEdit) else sources(document)
