"""Content keys: the same bytes are made once."""

import hashlib
import json
from typing import Any, Final

from pydantic import TypeAdapter

from cutroom.render.plan import AudioPlan, SegmentPlan

_SEGMENT: Final[TypeAdapter[SegmentPlan]] = TypeAdapter(SegmentPlan)
_AUDIO: Final[TypeAdapter[AudioPlan]] = TypeAdapter(AudioPlan)
_IRRELEVANT: Final = frozenset({"key", "index", "start", "pointer"})
"""Where a piece lies in the edit and in the document changes nothing in it."""


def segment_key(segment: SegmentPlan, engine: str) -> str:
    """SHA-256 (hex) of everything that determines the bytes of a segment; `engine` names the code that makes them."""
    return _digest(_SEGMENT.dump_python(segment, mode="json"), engine)


def audio_key(audio: AudioPlan, engine: str) -> str:
    """SHA-256 (hex) of everything that determines the bytes of the sound."""
    return _digest(_AUDIO.dump_python(audio, mode="json"), engine)


def _digest(data: Any, engine: str) -> str:
    text = json.dumps([engine, _relevant(data)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _relevant(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _relevant(value) for name, value in data.items() if name not in _IRRELEVANT}
    if isinstance(data, list):
        return [_relevant(value) for value in data]
    return data
