"""Making one production anew: which workflow does it, with which input, whoever made it the last time."""

from collections.abc import Mapping
from typing import Any, Final

from cutroom.kit.errors import Conflict
from cutroom.workflows.answers import BUDGET
from cutroom.workflows.repurpose import BRANCH

MAKERS: Final[Mapping[str, str]] = {
    "transcript": "transcribe",
    "subtitles": "subtitle",
    "highlights": "find_highlights",
    "clip": "export_clip",
    "post": "write_posts",
}
"""The workflow that makes one production of each kind."""
_WITHIN: Final[Mapping[tuple[str, str], str]] = {
    (BRANCH, "subtitles"): "subtitles",
    (BRANCH, "highlights"): "highlights",
    (BRANCH, "post"): "posts",
    ("repurpose.clip", "clip"): "clip",
}
"""Where items of larger works have the input of the workflow that makes a kind: by their type and the kind."""


def remake_of(kind: str, production_id: str, made_by: str, given: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The workflow and the input that make a production anew, from the latest versions of what it is made from.

    Args:
        kind: of the production.
        production_id: of which the result is to be the next version.
        made_by: the type of the job that made it last.
        given: the input of that job, as JSON data.

    Raises:
        Conflict: `never_made`, when that job is none of those that can be asked for one production.
    """
    workflow = MAKERS[kind]
    if made_by != workflow:
        inner = given.get(_WITHIN.get((made_by, kind), ""))
        if not isinstance(inner, Mapping):
            raise Conflict("never_made", f"This came of '{made_by}', which makes no single thing anew.")
        given = inner
    told = {
        name: value for name, value in given.items() if name not in {"version", "into", BUDGET} and value is not None
    }
    return workflow, {**told, "into": production_id}
