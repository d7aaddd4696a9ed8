"""Floor 3: the document. JSON in, a resolved edit out; pure, without files, network or clock.

edit = parse(document)              # or Invalid, pointing at every wrong place
media = {use.src: … for use in sources(edit)}
resolved = resolve(edit, media)     # integer frames, pixels, warnings
"""

from cutroom.timeline.assets.html import HtmlAsset
from cutroom.timeline.cues import parse_cues
from cutroom.timeline.cuesheet import CueSheet
from cutroom.timeline.document import Document, document_sources, parse_document
from cutroom.timeline.extent import longest
from cutroom.timeline.fontfile import FontFile
from cutroom.timeline.form import FIELDS, Form, FormField, make_form
from cutroom.timeline.limits import Limits
from cutroom.timeline.longform import LongformEdit, resolve_longform
from cutroom.timeline.merge import FIELD as MERGE_FIELD
from cutroom.timeline.merge import MERGE_SCHEMA
from cutroom.timeline.model import Edit, TimelineAsset
from cutroom.timeline.normalise import resolve
from cutroom.timeline.output import Output
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
from cutroom.timeline.schema import HELLO, json_schema, schema_text
from cutroom.timeline.sources import SourceKind, SourceUse, inner, sources
from cutroom.timeline.validate import parse

__all__ = [
    "FIELDS",
    "HELLO",
    "MERGE_FIELD",
    "MERGE_SCHEMA",
    "Color",
    "CueSheet",
    "Document",
    "Edit",
    "FontFile",
    "Form",
    "FormField",
    "HtmlAsset",
    "Limits",
    "LongformEdit",
    "Media",
    "Output",
    "ResolvedClip",
    "ResolvedEdit",
    "ResolvedOutput",
    "ResolvedSoundtrack",
    "SourceKind",
    "SourceUse",
    "TextBackground",
    "TextShadow",
    "TextStroke",
    "TextStyle",
    "TimelineAsset",
    "Warning",
    "document_sources",
    "inner",
    "json_schema",
    "longest",
    "make_form",
    "parse",
    "parse_cues",
    "parse_document",
    "resolve",
    "resolve_longform",
    "schema_text",
    "sources",
]
