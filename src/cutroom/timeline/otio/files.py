"""The text of .otio files."""

import json
from typing import Any, Final

import opentimelineio as otio

from cutroom.kit.errors import Invalid

MAX_DEPTH: Final = 200


def write(timeline: Any) -> str:
    """A timeline as the text of an .otio file."""
    return str(otio.adapters.write_to_string(timeline, "otio_json")) + "\n"


def read(text: str) -> Any:
    """The timeline in the text of an .otio file.

    Raises:
        Invalid: `bad_otio`, when it is no OTIO, or no timeline.
    """
    try:
        json.loads(text)  # its own messages name lines; those of OTIO do not
        found = otio.adapters.read_from_string(text, "otio_json")
    except (ValueError, RecursionError) as error:
        raise Invalid("bad_otio", f"This is no OTIO file: {str(error)[:200]}.") from error
    except (otio.exceptions.OTIOError, KeyError, TypeError, IndexError) as error:
        raise Invalid("bad_otio", "This is JSON, but no OTIO file.") from error
    if isinstance(found, otio.schema.SerializableCollection):
        timelines = [item for item in found if isinstance(item, otio.schema.Timeline)]
        found = timelines[0] if len(timelines) == 1 else found
    if not isinstance(found, otio.schema.Timeline):
        kind = type(found).__name__
        raise Invalid("bad_otio", f"The file holds a {kind}; export one timeline from your editing program.")
    return found
