"""The longform document: what is refused, with which code and where, and how it is decided."""

import copy
import re
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from cutroom.kit.errors import Invalid
from cutroom.timeline import Edit, Limits, Media
from cutroom.timeline.document import document_sources, parse_document
from cutroom.timeline.longform import LongformEdit, longform_sources, resolve_longform
from cutroom.timeline.resolved.longform import ResolvedLongform
from tests.timeline.wrong import GOOD as TIMELINE

GOOD: Any = {
    "output": {"format": "mp4", "width": 640, "height": 360, "fps": 30},
    "longform": {
        "backgrounds": [{"src": "https://media.example/a.jpg"}, {"src": "asset:ast_1", "fit": "contain"}],
        "secondsPerBackground": 30,
        "crossfade": 2,
        "audio": [
            {"src": "https://media.example/one.m4a"},
            {"src": "https://media.example/two.mp3", "trim": 1, "length": 20, "volume": 0.5},
        ],
        "audioFade": 1.5,
    },
}
_REMOVED = object()
L = "/longform"


def changed(pointer: str, value: Any) -> Any:
    document = copy.deepcopy(GOOD)
    *path, last = pointer.removeprefix("/").split("/")
    here = document
    for part in path:
        here = here[int(part)] if isinstance(here, list) else here[part]
    key: Any = int(last) if isinstance(here, list) else last
    if value is _REMOVED:
        del here[key]
    else:
        here[key] = value
    return document


SONG = {"src": "https://media.example/a.mp3"}
PICTURE = {"src": "https://media.example/a.jpg"}
WRONG = [
    ("no backgrounds", f"{L}/backgrounds", [], "empty"),
    ("backgrounds left out", f"{L}/backgrounds", _REMOVED, "missing_field"),
    ("five backgrounds", f"{L}/backgrounds", [PICTURE] * 5, "too_many_backgrounds"),
    ("a background that is a URL", f"{L}/backgrounds/0", "https://media.example/a.jpg", "wrong_type"),
    ("a background without source", f"{L}/backgrounds/0", {}, "missing_field /src"),
    ("a background from a path", f"{L}/backgrounds/0/src", "/etc/passwd", "bad_source"),
    ("a background with a password", f"{L}/backgrounds/0/src", "https://a:b@media.example/", "source_has_credentials"),
    ("an unknown fit", f"{L}/backgrounds/0/fit", "crop", "unknown_value"),
    ("an unknown field of a background", f"{L}/backgrounds/0/effect", "zoom", "unknown_field"),
    ("no sounds", f"{L}/audio", [], "empty"),
    ("sounds left out", f"{L}/audio", _REMOVED, "missing_field"),
    ("a sound that is no list", f"{L}/audio", SONG, "wrong_type"),
    ("501 sounds", f"{L}/audio", [SONG] * 501, "too_many_audio"),
    ("a sound without source", f"{L}/audio/0/src", _REMOVED, "missing_field"),
    ("a sound over FTP", f"{L}/audio/0/src", "ftp://media.example/a.mp3", "bad_source"),
    ("a negative trim", f"{L}/audio/1/trim", -1, "out_of_range"),
    ("a length of nothing", f"{L}/audio/1/length", 0, "out_of_range"),
    ("a length in words", f"{L}/audio/1/length", "auto", "wrong_type"),
    ("a negative volume", f"{L}/audio/1/volume", -0.1, "out_of_range"),
    ("a volume in per cent", f"{L}/audio/1/volume", 80, "out_of_range"),
    ("lengths beyond the limit", f"{L}/audio/1/length", 10_801, "too_long"),
    ("turns of no length", f"{L}/secondsPerBackground", 0, "out_of_range"),
    ("turns in other words", f"{L}/secondsPerBackground", "all", "unknown_value"),
    ("a crossfade as long as a turn", f"{L}/crossfade", 30, "conflicting_fields"),
    ("a negative crossfade", f"{L}/crossfade", -1, "out_of_range"),
    ("a fade of minutes", f"{L}/audioFade", 61, "out_of_range"),
    ("a fade that is null", f"{L}/audioFade", None, "wrong_type"),
    ("a duration beyond the limit", f"{L}/duration", 10_800.5, "too_long"),
    ("a duration of nothing", f"{L}/duration", 0, "out_of_range"),
    ("a colour to see through", f"{L}/background", "#00000080", "bad_color"),
    ("a field in snake case", f"{L}/audio_fade", 1, "unknown_field"),
    ("an unknown field", f"{L}/loop", True, "unknown_field"),
    ("a longform that is a list", L, [], "wrong_type"),
    ("an unknown field of the document", "/outputFormat", "mp4", "unknown_field"),
    ("a gif", "/output/format", "gif", "not_applicable"),
    ("an mp3", "/output/format", "mp3", "not_applicable"),
    ("mute", "/output/mute", True, "not_applicable"),
    ("a picture beyond the limit", "/output/width", 3840, "too_large"),
    ("an odd width", "/output/width", 641, "out_of_range"),
    ("an unfilled source", f"{L}/audio/0/src", "{{song}}", "unresolved_placeholder"),
]


def refused(document: Any) -> Invalid:
    with pytest.raises(Invalid) as caught:
        parse_document(document)
    return caught.value


@pytest.mark.parametrize(("name", "pointer", "value", "says"), WRONG, ids=[wrong[0] for wrong in WRONG])
def test_a_wrong_longform_is_refused_with_code_and_pointer(name: str, pointer: str, value: Any, says: str) -> None:
    code, _, below = says.partition(" ")
    error = refused(changed(pointer, value))
    assert [(detail.code, detail.pointer) for detail in error.details] == [(code, pointer + below)], name
    assert re.fullmatch(r"[\"'A-Z].{15,600}\.", error.details[0].message, re.DOTALL)


def test_there_are_many_wrong_documents_of_every_sort() -> None:
    assert len(WRONG) >= 25
    assert len({wrong[3] for wrong in WRONG}) >= 12


def test_all_errors_are_told_at_once() -> None:
    document = changed(f"{L}/backgrounds/0/fit", "crop")
    document["longform"]["audio"][0]["volume"] = "loud"
    document["output"]["fps"] = 0
    assert {detail.pointer for detail in refused(document).details} == {
        "/output/fps",
        f"{L}/audio/0/volume",
        f"{L}/backgrounds/0/fit",
    }


def test_a_document_is_what_it_holds() -> None:
    assert isinstance(parse_document(GOOD), LongformEdit)
    assert isinstance(parse_document(TIMELINE), Edit)


def test_merge_fields_are_filled() -> None:
    document = changed(f"{L}/audioFade", "{{FADE}}") | {"merge": {"FADE": 2.5}}
    edit = parse_document(document)
    assert isinstance(edit, LongformEdit)
    assert edit.longform.audio_fade == 2.5


def test_a_longform_goes_through_json_and_back() -> None:
    edit = parse_document(GOOD)
    assert LongformEdit.model_validate_json(edit.model_dump_json(by_alias=True)) == edit


def test_sources_are_told_once_with_all_their_places() -> None:
    document = changed(f"{L}/audio/1/src", "https://media.example/one.m4a")
    uses = document_sources(parse_document(document))
    assert [(use.src, use.kind, len(use.pointers)) for use in uses] == [
        ("https://media.example/a.jpg", "image", 1),
        ("asset:ast_1", "image", 1),
        ("https://media.example/one.m4a", "audio", 2),
    ]


def decided(document: Any, seconds: Fraction = Fraction(60), other: dict[str, Media] | None = None) -> ResolvedLongform:
    """Decide a document whose sounds all last so many seconds; `other` media by the end of their names."""
    edit = parse_document(document)
    assert isinstance(edit, LongformEdit)
    media: dict[str, Media] = {}
    for use in longform_sources(edit):
        plain = _image() if use.kind == "image" else _sound(seconds)
        media[use.src] = next((one for name, one in (other or {}).items() if use.src.endswith(name)), plain)
    return resolve_longform(edit, media)


def _image() -> Media:
    from tests.render.edits import image  # noqa: PLC0415 — the render tests' words

    return image()


def _sound(seconds: Fraction) -> Media:
    from tests.render.edits import sound  # noqa: PLC0415 — likewise

    return sound(seconds=seconds)


def test_sounds_lie_end_to_end_and_their_lengths_add_up() -> None:
    longform = decided(GOOD)
    assert [tuple(map(int, (t.start, t.end, t.trim))) for t in longform.tracks] == [(0, 60, 0), (60, 80, 1)]
    assert longform.frames == 80 * 30
    assert longform.duration == 80


def test_fades_are_at_joins_only() -> None:
    longform = decided(GOOD)
    fade = Fraction(3, 2)
    assert [(track.fade_in, track.fade_out) for track in longform.tracks] == [(0, fade), (fade, 0)]


def test_a_short_sound_has_fades_of_half_its_length() -> None:
    longform = decided(changed(f"{L}/audio/1/length", 1) | {}, Fraction(2))
    assert longform.tracks[0].fade_out == 1
    assert longform.tracks[1].fade_in == Fraction(1, 2)


def test_a_duration_cuts_off_with_a_fade_and_leaves_out_what_comes_later() -> None:
    longform = decided(changed(f"{L}/duration", 50))
    assert [tuple(map(float, (t.start, t.end, t.fade_out))) for t in longform.tracks] == [(0.0, 50.0, 1.5)]
    assert longform.frames == 1500
    assert [(warning.code, warning.pointer) for warning in longform.warnings] == [("left_out", f"{L}/audio/1")]


def test_a_duration_beyond_the_sounds_is_silent_and_said_so() -> None:
    longform = decided(changed(f"{L}/duration", 100))
    assert longform.frames == 3000
    assert [warning.code for warning in longform.warnings] == ["silent_end"]


def test_turns_and_crossfades_are_whole_frames() -> None:
    longform = decided(changed(f"{L}/secondsPerBackground", 9.99))
    assert (longform.turn, longform.crossfade) == (300, 60)


def test_a_crossfade_is_no_longer_than_a_moving_background() -> None:
    from tests.render.edits import video  # noqa: PLC0415 — likewise

    short = video(duration=Fraction(1))
    short = replace(short, info=replace(short.info, duration=Fraction(1)))
    longform = decided(GOOD, other={"a.jpg": short})
    assert longform.crossfade == 30
    assert [(warning.code, warning.pointer) for warning in longform.warnings] == [
        ("crossfade_shortened", f"{L}/crossfade")
    ]


def test_auto_gives_each_background_one_turn() -> None:
    longform = decided(changed(f"{L}/secondsPerBackground", "auto"))
    assert longform.turn == 40 * 30


def test_a_background_alone_has_one_turn() -> None:
    longform = decided(changed(f"{L}/backgrounds", [PICTURE]))
    assert (longform.turn, longform.crossfade) == (longform.frames, 0)


@pytest.mark.parametrize(
    ("pointer", "value", "code"),
    [(f"{L}/audio/1/trim", 60, "trim_beyond_end"), (f"{L}/audio/1/length", _REMOVED, None)],
)
def test_a_sound_is_checked_against_its_media(pointer: str, value: Any, code: str | None) -> None:
    if code is None:
        assert decided(changed(pointer, value)).tracks[1].end == 119
        return
    with pytest.raises(Invalid) as caught:
        decided(changed(pointer, value))
    assert [(detail.code, detail.pointer) for detail in caught.value.details] == [(code, pointer)]


def test_a_length_beyond_the_sound_is_shortened_and_said_so() -> None:
    longform = decided(changed(f"{L}/audio/1/length", 70))
    assert longform.tracks[1].end - longform.tracks[1].start == 59
    assert [warning.code for warning in longform.warnings] == ["ends_early"]


def test_a_background_that_is_sound_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        decided(GOOD, other={"a.jpg": _sound(Fraction(3))})
    assert [(detail.code, detail.pointer) for detail in caught.value.details] == [
        ("wrong_media_kind", f"{L}/backgrounds/0/src")
    ]


def test_a_sound_that_is_a_picture_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        decided(GOOD, other={"two.mp3": _image()})
    assert [(detail.code, detail.pointer) for detail in caught.value.details] == [("no_audio", f"{L}/audio/1/src")]


def test_a_sound_of_unknown_length_needs_one() -> None:
    silent = _sound(Fraction(3))
    assert silent.info.audio is not None
    vague = replace(silent, info=replace(silent.info, duration=None, audio=replace(silent.info.audio, duration=None)))
    with pytest.raises(Invalid) as caught:
        decided(GOOD, other={"one.m4a": vague})
    assert [(detail.code, detail.pointer) for detail in caught.value.details] == [
        ("unknown_length", f"{L}/audio/0/length")
    ]


def test_sounds_beyond_three_hours_are_refused_where_they_pass_them() -> None:
    with pytest.raises(Invalid) as caught:
        decided(changed(f"{L}/audio", [SONG] * 4), Fraction(3000))
    assert [(detail.code, detail.pointer) for detail in caught.value.details] == [("too_long", f"{L}/audio/3")]


def test_the_limit_is_a_setting() -> None:
    edit = parse_document(changed(f"{L}/duration", 20_000), Limits(longform_s=20_000))
    assert isinstance(edit, LongformEdit)
    media = {use.src: _image() if use.kind == "image" else _sound(Fraction(9)) for use in longform_sources(edit)}
    assert resolve_longform(edit, media, Limits(longform_s=20_000)).frames == 600_000


def test_nothing_to_hear_is_refused_for_a_sound_file_and_told_for_a_film() -> None:
    document = changed(f"{L}/audio", [{**SONG, "volume": 0}])
    assert [warning.code for warning in decided(document).warnings] == ["silent"]
    document["output"] = {"format": "m4a"}
    with pytest.raises(Invalid) as caught:
        decided(document)
    assert caught.value.code == "nothing_audible"
