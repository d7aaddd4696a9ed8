"""Captions as a clip of a timeline: accepted by the timeline as it stands, and never wider than there is room."""

from fractions import Fraction

import pytest

from cutroom import timeline
from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.burn_in import burnt, caption_clip, limits_in, room_of
from cutroom.speech.cues import Cue, cues_of
from cutroom.speech.limits import CueLimits, limits_for
from cutroom.speech.safe_areas import PLATFORMS, safe_area
from cutroom.timeline.assets.presets import PRESET_NAMES, PresetName
from tests.speech.told import LECTURE, told

CANVASES = [(1920, 1080), (1080, 1920), (1080, 1080), (720, 1280), (320, 568), (64, 64)]


@pytest.mark.parametrize("canvas", CANVASES)
@pytest.mark.parametrize("style", PRESET_NAMES)
def test_every_style_has_room_in_every_picture(style: PresetName, canvas: tuple[int, int]) -> None:
    for platform in (*PLATFORMS, None):
        room = room_of(style, canvas, platform)
        left, _, right, _ = safe_area(platform, canvas).pixels(canvas)
        assert 0 < room.wrap_px <= right - left
        assert room.size_px > 0
        assert room.characters >= 8
        assert abs(room.offset_y) < 0.3


def test_a_line_in_an_upright_picture_is_short_and_in_a_lying_one_as_long_as_usual() -> None:
    usual = CueLimits()
    assert limits_in(room_of("outline", (1080, 1920), "tiktok"), usual).characters < 24
    assert limits_in(room_of("outline", (1920, 1080)), usual).characters == 42
    chinese = limits_for("zh")
    assert limits_in(room_of("outline", (1080, 1920), full_width=True), chinese).characters < 16


def test_the_document_is_accepted_and_says_what_was_said() -> None:
    transcript = told(LECTURE)
    room = room_of("pop", (1080, 1920))
    cues = cues_of(transcript, limits_in(room, CueLimits()))
    document = burnt(
        cues,
        source="https://media.example/talk.mp4",
        canvas=(1080, 1920),
        fps=Fraction(30000, 1001),
        duration=Fraction(60),
        style="pop",
        room=room,
    )
    edit = timeline.parse(document)
    captions = edit.timeline.tracks[0].clips[0].asset
    assert captions.type == "captions"
    sheet = captions.sheet()
    assert sheet is not None
    assert [(cue.start, cue.end, cue.lines) for cue in sheet.cues] == [
        (cue.start, cue.end, cue.lines) for cue in map(Cue.shown, cues)
    ]
    for found, cue in zip(sheet.cues, cues, strict=True):
        assert [(word.text, round(word.start * 1000)) for word in found.words] == [
            (word.text, word.start_ms) for word in cue.words
        ]


def test_what_looks_like_a_placeholder_is_said_and_not_filled() -> None:
    words = (Word("{{NAME}}", 0, 400), Word("{{{x}}}", 500, 900), Word(r"{\an8}", 1000, 1800))
    transcript = Transcript("en", 3000, Engine("hand", "", writes_punctuation=True), (Segment(words),))
    room = room_of("plain", (640, 360))
    clip = caption_clip(cues_of(transcript), style="plain", room=room, length=Fraction(3))
    document = {"timeline": {"tracks": [{"clips": [clip]}]}, "output": {"format": "mp4"}}
    captions = timeline.parse(document).timeline.tracks[0].clips[0].asset
    assert captions.type == "captions"
    sheet = captions.sheet()
    assert sheet is not None
    said = [word.text.replace("\u200b", "") for cue in sheet.cues for word in cue.words]
    assert said == ["{{NAME}}", "{{{x}}}", r"{\an8}"]


def test_a_recording_in_which_nothing_is_said_is_shown_as_it_is() -> None:
    document = burnt(
        [],
        source="https://media.example/talk.mp4",
        canvas=(640, 360),
        fps=Fraction(25),
        duration=Fraction(3),
        style="plain",
        room=room_of("plain", (640, 360)),
    )
    assert [len(track.clips) for track in timeline.parse(document).timeline.tracks] == [1]
