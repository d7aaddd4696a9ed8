"""Content keys: the same bytes are made once."""

from typing import Final

from cutroom.kit.adapter import Adapter
from cutroom.render.digest import digest
from cutroom.render.plan import CopySegment, SegmentPlan

_SEGMENT: Final[Adapter[SegmentPlan | CopySegment]] = Adapter(SegmentPlan | CopySegment)


def segment_key(segment: SegmentPlan | CopySegment, engine: str) -> str:
    """SHA-256 (hex) of everything that determines the bytes of a segment; `engine` names the code that makes them."""
    return digest(_SEGMENT.dump_python(segment, mode="json"), engine)
