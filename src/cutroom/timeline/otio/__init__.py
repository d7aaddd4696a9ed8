"""OpenTimelineIO: documents for editing programs, and their timelines as documents.

timeline = to_otio(document, resolved)      # otio.schema.Timeline
text = write(timeline)                      # the text of an .otio file
imported = from_otio(read(text))            # .document, .notes

What OTIO cannot say is kept in `metadata["cutroom"]`, so that a document comes back as it was.
"""

from cutroom.timeline.otio.exporting import to_otio
from cutroom.timeline.otio.files import read, write
from cutroom.timeline.otio.importing import Imported, from_otio

__all__ = ["Imported", "from_otio", "read", "to_otio", "write"]
