"""Whatever the render engine can be told, a document can say."""

import dataclasses
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cutroom.timeline import Media, resolved
from cutroom.timeline.resolved import ResolvedEdit
from tests.timeline.documents import IMAGE, SOUND, asset, color, edit, image, sound, text, video
from tests.timeline.documents import resolved as decided

KEYS: Any = [{"at": 0, "value": 0.5, "easing": [0.1, 0, 0.9, 1]}, {"at": 1, "value": 1}]
FADE: Any = {"type": "radial", "angle": 10, "stops": ["#f00", {"color": "#00f8", "at": 0.3}, "#0f0"]}
CUES: Any = [{"start": 0, "end": 1, "text": "one\ntwo"}]
FULL_TEXT: Any = {
    "font": {"family": "Anton", "size": 30, "weight": 400, "style": "italic", "color": "#f00", "lineHeight": 2,
             "letterSpacing": 0.1},
    "alignment": "right", "width": 300, "height": 100, "minSize": 10, "ellipsis": True,
    "background": {"color": "#f00", "padding": 3, "radius": 2, "perLine": True}, "stroke": {"width": 2},
    "shadow": {"x": 3, "y": 4, "blur": 5}, "gradient": FADE, "decoration": "underline", "case": "upper",
    "animation": {"in": "rise", "out": "drop", "by": "word", "duration": 2, "overlap": 0.2, "direction": "up"},
}  # fmt: skip
FULL_CLIP: Any = {
    "start": 0.5, "length": 3, "trim": 1, "speed": 2, "volume": KEYS, "fadeIn": 0.5, "fadeOut": 0.5, "ducking": True,
    "fit": "blur", "crop": {"top": 0.1, "right": 0.1, "bottom": 0.1, "left": 0.1},
    "size": {"width": 200, "height": 100}, "scale": KEYS, "position": "top-left", "offset": {"x": KEYS, "y": KEYS},
    "rotation": KEYS, "skew": {"x": KEYS, "y": KEYS}, "flip": "both", "opacity": KEYS, "radius": 4,
    "effect": "zoomIn", "filters": [{"type": "hue", "amount": 40}], "chromaKey": {"color": "#123", "despill": False},
    "matte": {"src": IMAGE, "mode": "alpha", "trim": 1}, "blend": "screen",
    "transition": {"in": "wipeLeft", "out": "zoom"},
}  # fmt: skip
SHAPE: Any = {
    "form": "path",
    "path": "M0 0",
    "viewBox": [3, 4],
    "fill": "#f00",
    "stroke": {"color": "#00f", "width": 3},
}


def decisions() -> list[ResolvedEdit]:
    """Documents that together say all there is to say."""
    output: Any = {
        "format": "webm", "codec": "vp9", "crf": 30, "quality": "low", "fps": 24, "mute": True, "transparent": True,
        "range": {"start": 1, "length": 2}, "poster": {"at": 0.5, "scale": 0.5, "format": "png"},
        "sprites": {"every": 1, "columns": 3, "width": 64}, "hardware": "off",
    }  # fmt: skip
    tracks = [
        [video(**FULL_CLIP), image(opacity=0.5, offset={"x": 0.1, "y": 0.1}, transition={"in": "fade", "out": "fade"})],
        [video(length=2, volume=0.5), color("#f008", transition={"in": "dissolve"})],
        [{**text(), "asset": {"type": "text", "text": "Hello", **FULL_TEXT}}],
        [asset("captions", cues=CUES, style="karaoke", active={"scale": 2, "background": "#f00"}, maxLines=1)],
        [asset("shape", **SHAPE), asset("shape", form="star", points=7)],
        [
            asset("shape", form="rectangle", radius=3, fill=FADE),
            asset("gradient", form="radial", stops=["#f00", "#0f0"]),
        ],
        [asset("waveform", src=SOUND, style="dots", gradient=FADE, bars=9, gap=0, rounded=False, smoothing=0)],
        [sound(fadeIn=1, fadeOut=1)],
    ]
    music: Any = {
        "src": SOUND, "volume": KEYS, "loop": True, "trim": 1, "fadeIn": 1, "fadeOut": 1, "crossfade": 1,
        "ducking": True,
    }  # fmt: skip
    whole = decided(*tracks, output=output, soundtrack=music, loudness=-16, background="#123456", duration=12)
    return [whole, decided([color()], output={"format": "gif", "repeat": 2})]


def parts(value: Any) -> Iterator[Any]:
    if dataclasses.is_dataclass(value) and not isinstance(value, Media | type):
        yield value
        for field in dataclasses.fields(value):
            yield from parts(getattr(value, field.name))
    elif isinstance(value, tuple):
        for item in value:
            yield from parts(item)


def test_every_field_of_the_resolved_edit_is_reached_from_a_document() -> None:
    seen: dict[type, set[str]] = {}
    for decision in decisions():
        for part in parts(decision):
            said = seen.setdefault(type(part), set())
            for field in dataclasses.fields(part):
                if field.default is dataclasses.MISSING or getattr(part, field.name) != field.default:
                    said.add(field.name)
    known = [getattr(resolved, name) for name in resolved.__all__]
    for kind in (one for one in known if dataclasses.is_dataclass(one) and one not in {Media, resolved.Warning}):
        assert isinstance(kind, type)
        assert kind in seen, kind
        assert {field.name for field in dataclasses.fields(kind)} == seen[kind], kind


def words(annotation: Any) -> set[str]:
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    return {word for arg in get_args(annotation) for word in words(arg)}


def test_every_word_of_the_resolved_edit_stands_in_the_schema_or_is_made_of_one_that_does() -> None:
    from_names = words(get_type_hints(resolved.Passage)["name"])
    published = edit([color()]).model_json_schema(by_alias=True)
    text_of_it = str(published)
    for kind in (resolved.ResolvedClip, resolved.ResolvedOutput, resolved.TextStyle, resolved.Captions, resolved.Matte):
        for name, hint in get_type_hints(kind).items():
            for word in words(hint) - from_names:
                assert f"'{word}'" in text_of_it, (kind, name, word)
