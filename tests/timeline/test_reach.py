"""Whatever the render engine can be told, a document can say."""

import dataclasses
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin, get_type_hints

from cutroom.timeline import Media, resolved
from cutroom.timeline.resolved import ResolvedEdit
from tests.timeline.documents import FONT, SOUND, asset, color, edit, image, sound, text, video
from tests.timeline.documents import resolved as decided
from tests.timeline.full import CUES, FADE, FULL_CLIP, FULL_TEXT, KEYS, SHAPE


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
    fonts = [{"src": FONT, "family": "Anton"}]
    whole = decided(
        *tracks, output=output, soundtrack=music, loudness=-16, background="#123456", duration=12, fonts=fonts
    )
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
        # What letters take is found out by whoever draws them, not told.
        assert {field.name for field in dataclasses.fields(kind)} - {"measured"} == seen[kind], kind


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
