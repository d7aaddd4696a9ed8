"""Floor 3: the document. JSON in, a resolved edit out; pure, without files, network or clock.

edit = parse(document)              # or Invalid, pointing at every wrong place
media = {use.src: … for use in sources(edit)}
resolved = resolve(edit, media)     # integer frames, pixels, warnings
"""

from cutroom.timeline.form import FIELDS, Form, FormField, make_form
from cutroom.timeline.limits import Limits
from cutroom.timeline.merge import FIELD as MERGE_FIELD
from cutroom.timeline.merge import MERGE_SCHEMA
from cutroom.timeline.model import Edit
from cutroom.timeline.normalise import resolve
from cutroom.timeline.resolved import (
    Color,
    Media,
    ResolvedClip,
    ResolvedEdit,
    ResolvedOutput,
    ResolvedSoundtrack,
    TextBackground,
    TextShadow,
    TextStroke,
    TextStyle,
    Warning,  # noqa: A004 — see resolved
)
from cutroom.timeline.schema import json_schema, schema_text
from cutroom.timeline.sources import SourceUse, sources
from cutroom.timeline.validate import parse

__all__ = [
    "FIELDS",
    "MERGE_FIELD",
    "MERGE_SCHEMA",
    "Color",
    "Edit",
    "Form",
    "FormField",
    "Limits",
    "Media",
    "ResolvedClip",
    "ResolvedEdit",
    "ResolvedOutput",
    "ResolvedSoundtrack",
    "SourceUse",
    "TextBackground",
    "TextShadow",
    "TextStroke",
    "TextStyle",
    "Warning",
    "json_schema",
    "make_form",
    "parse",
    "resolve",
    "schema_text",
    "sources",
]
