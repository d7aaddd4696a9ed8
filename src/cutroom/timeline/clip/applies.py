"""Which fields of a clip mean something for which asset."""

from collections.abc import Mapping
from typing import Final

_MOVED: Final = frozenset({
    "position", "offset", "size", "scale", "rotation", "skew", "flip", "opacity", "radius", "border", "shadow",
    "filters", "matte", "blend",
})  # fmt: skip
_SOURCE: Final = frozenset({"fit", "crop", "effect", "chroma_key"})
"""What is done to a picture that comes from elsewhere, with a shape of its own."""
_HEARD: Final = frozenset({"volume", "fade_in", "fade_out", "ducking"})
_PLAYED: Final = frozenset({"trim", "speed"})
_LETTERS: Final = frozenset({"size", "radius", "border", "shadow"})

WITHOUT_EFFECT: Final[Mapping[str, frozenset[str]]] = {
    "video": frozenset(),
    "timeline": frozenset(),
    "image": _HEARD | _PLAYED,
    "svg": _HEARD | _PLAYED,
    "html": _HEARD | _PLAYED,
    "audio": _MOVED | _SOURCE,
    "text": _HEARD | _PLAYED | _SOURCE | _LETTERS,
    "captions": _HEARD | _SOURCE | _LETTERS,
    "color": _HEARD | _PLAYED | _SOURCE | {"flip"},
    "gradient": _HEARD | _PLAYED | _SOURCE,
    "shape": _HEARD | _PLAYED | _SOURCE | {"radius", "border"},
    "waveform": _HEARD | _SOURCE | {"speed"},
}
_FADES: Final = {
    "fade_in": '; write "transition": {"in": "fade"}',
    "fade_out": '; write "transition": {"out": "fade"}',
}
_INSTEAD: Final = {
    ("text", "size"): "; set the text's own 'width'",
    ("captions", "size"): "; set the captions' own 'width'",
    ("text", "radius"): "; set it in the text's 'background'",
    ("captions", "radius"): "; set it in the captions' 'background'",
    ("text", "border"): "; set the text's own 'stroke', or its 'background'",
    ("captions", "border"): "; set the captions' own 'stroke', or their 'background'",
    ("text", "shadow"): "; set the text's own 'shadow'",
    ("captions", "shadow"): "; set the captions' own 'shadow'",
    ("shape", "radius"): "; set the shape's own 'radius'",
    ("shape", "border"): "; set the shape's own 'stroke'",
    ("waveform", "volume"): "; put an audio clip beside it to be heard",
}
A: Final[Mapping[str, str]] = {
    "video": "a video",
    "timeline": "a timeline",
    "image": "an image",
    "svg": "a drawing",
    "html": "a page",
    "audio": "a sound",
    "text": "a text",
    "captions": "captions",
    "color": "a colour",
    "gradient": "a gradient",
    "shape": "a shape",
    "waveform": "a waveform",
}


def no_effect(kind: str, name: str, alias: str) -> str:
    """The sentence for a field that does nothing for this kind of asset."""
    instead = _INSTEAD.get((kind, name)) or (_FADES.get(name, "") if kind not in {"video", "audio", "timeline"} else "")
    return f"'{alias}' has no effect on {A[kind]}; leave it out{instead}."
