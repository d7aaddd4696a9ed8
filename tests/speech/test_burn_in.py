"""Captions as a clip of a timeline: accepted by the timeline as it stands, and never wider than there is room."""

from fractions import Fraction

import pytest

from cutroom import timeline
from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.burn_in import burnt, caption_clip, limits_in, room_of, stretches
from cutroom.speech.cues import cues_of
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
    found: list[tuple[Fraction, Fraction, tuple[int, ...], list[tuple[str, Fraction]]]] = []
    for clip in edit.timeline.tracks[0].clips:
        assert clip.asset.type == "captions"
        sheet = clip.asset.sheet()
        assert sheet is not None
        start = Fraction(str(clip.start))
        for cue in sheet.cues:
            words = [(word.text, word.start + start) for word in cue.words]
            found.append((cue.start + start, cue.end + start, cue.lines, words))
    assert found == [
        (
            Fraction(cue.start_ms, 1000),
            Fraction(cue.end_ms, 1000),
            cue.shown().lines,
            [(word.text, Fraction(max(word.start_ms, cue.start_ms), 1000)) for word in cue.words],
        )
        for cue in cues
    ]


def test_silences_part_the_captions_so_that_frames_can_be_copied_in_between() -> None:
    words = [Word("One.", 1500, 2000), Word("Two.", 2100, 2600), Word("Three.", 7300, 7900), Word("Four.", 9000, 9500)]
    transcript = Transcript("en", 20_000, Engine("hand", "", writes_punctuation=True), (Segment(tuple(words)),))
    document = burnt(
        cues_of(transcript),
        source="https://media.example/talk.mp4",
        canvas=(640, 360),
        fps=Fraction(25),
        duration=Fraction(20),
        style="karaoke",
        room=room_of("karaoke", (640, 360)),
    )
    captions = timeline.parse(document).timeline.tracks[0].clips
    assert [clip.start for clip in captions] == [1, 7]
    assert [round(float(str(clip.length)), 2) for clip in captions] == [2.1, 3.0]


def test_there_are_never_more_clips_than_a_timeline_takes() -> None:
    words = tuple(Word("Well.", 5000 * at, 5000 * at + 500 + at % 7) for at in range(700))
    transcript = Transcript("en", 3_600_000, Engine("hand", "", writes_punctuation=True), (Segment(words),))
    found = stretches(cues_of(transcript))
    assert len(found) == 200
    assert sum(map(len, found)) == 700


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
