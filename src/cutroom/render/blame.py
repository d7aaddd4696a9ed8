"""Whose fault an error is, in the words of the document.

A piece of a plan knows its sources by their hashes and its clips by their pointers; the document's own words for them,
the URL, the asset or the path, are in the resolved edit alone. So the error is given its name where both are at hand.
"""

from collections.abc import Mapping
from typing import Final

from cutroom.kit.errors import CutroomError
from cutroom.timeline.resolved import ResolvedEdit
from cutroom.timeline.resolved.longform import ResolvedLongform

SOUNDTRACK: Final = "/timeline/soundtrack"


def sources_of(edit: ResolvedEdit | ResolvedLongform) -> dict[str, str]:
    """The sources of an edit as the document names them, by the JSON pointer of what uses them."""
    if isinstance(edit, ResolvedLongform):
        seen = {one.pointer: one.src for one in edit.backgrounds}
        return {**seen, **{one.pointer: one.src for one in edit.tracks}}
    named = {clip.pointer: clip.src for clip in edit.clips if clip.src is not None}
    return named if edit.soundtrack is None else {**named, SOUNDTRACK: edit.soundtrack.src}


def blame(error: CutroomError, sources: Mapping[str, str]) -> CutroomError:
    """The same error with a message that begins with the source it is about; as it is when it is about none.

    Args:
        error: what a piece failed of; its details point at clips, or into them.
        sources: as `sources_of` gives them.
    """
    for detail in error.details:
        src = _source(detail.pointer, sources)
        if src is not None and not error.message.startswith(_shown(src)):
            return error.about(_shown(src))
    return error


def _source(pointer: str, sources: Mapping[str, str]) -> str | None:
    while pointer:
        if pointer in sources:
            return sources[pointer]
        pointer = pointer.rpartition("/")[0]
    return None


def _shown(src: str) -> str:
    """A source in a sentence; what follows the `?` of a URL may be a key to it, and stays out."""
    return f"'{src.partition('?')[0][:200]}'"
