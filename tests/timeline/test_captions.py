"""Captions: where their cues come from, when they are shown, how they look."""

from fractions import Fraction
from typing import Any

import pytest

from cutroom.kit.errors import Internal, Invalid
from cutroom.timeline import Color, CueSheet, parse_cues, resolve, sources
from cutroom.timeline.assets.presets import PRESET_NAMES
from cutroom.timeline.resolved import Captions, ResolvedClip
from cutroom.timeline.wordtimes import spread
from tests.timeline import media
from tests.timeline.documents import asset, codes, edit, one, resolved

TRACK = "/timeline/tracks/0/clips"
SRC = "https://media.example/c.srt"
SRT = "1\n00:00:01,000 --> 00:00:03,000\nHello world\n\n2\n00:00:04,000 --> 00:00:06,000\nSecond\nline\n"
UPRIGHT: Any = {"resolution": "1080p", "aspectRatio": "9:16"}
LANDSCAPE: Any = {"resolution": "1080p"}


def captions(clip: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    return asset("captions", clip, **({"text": SRT} | fields if not {"src", "cues"} & fields.keys() else fields))


def look(output: dict[str, Any] | None = None, **fields: Any) -> Captions:
    found = one(captions(**fields), output=output).captions
    assert found is not None
    return found


def shown(clip: ResolvedClip) -> list[tuple[float, float, str]]:
    assert clip.captions is not None
    cues = clip.captions.cues
    return [(float(cue.start), float(cue.end), " ".join(word.text for word in cue.words)) for cue in cues]


def test_captions_last_until_their_last_cue_ends() -> None:
    clip = one(captions())
    assert (clip.kind, clip.end) == ("captions", 180)
    assert shown(clip) == [(1, 3, "Hello world"), (4, 6, "Second line")]


def test_captions_from_a_file_are_those_that_were_read() -> None:
    document = edit([captions(src=SRC)])
    (use,) = sources(document)
    assert (use.src, use.kind, use.pointers) == (SRC, "captions", [f"{TRACK}/0/asset/src"])
    (clip,) = resolve(document, {SRC: parse_cues(SRT)}).clips
    assert clip.src == SRC
    assert shown(clip) == shown(one(captions()))


def test_captions_that_were_not_read_are_the_callers_fault() -> None:
    for wrong in ({}, {SRC: media.audio()}):
        with pytest.raises(Internal):
            resolve(edit([captions(src=SRC)]), wrong)


def test_cues_may_stand_in_the_document_in_any_order() -> None:
    cues: Any = [
        {"start": 2, "end": 3, "text": "two three"},
        {"start": 0, "end": 1, "words": [{"text": "one", "start": 0.2, "end": 0.8}]},
    ]
    clip = one(captions(cues=cues))
    assert shown(clip) == [(0, 1, "one"), (2, 3, "two three")]
    assert clip.captions is not None
    word = clip.captions.cues[0].words[0]
    assert (word.start, word.end) == (Fraction(1, 5), Fraction(4, 5))
    times = [(word.start, word.end) for word in clip.captions.cues[1].words]
    assert times[0][0] == 2
    assert times[0][1] == times[1][0]
    assert times[1][1] == 3


def test_the_authors_lines_are_kept() -> None:
    clip = one(captions(cues=[{"start": 0, "end": 1, "text": "a b\nc"}]))
    assert clip.captions is not None
    assert clip.captions.cues[0].lines == (2, 1)


def test_words_stay_inside_of_their_cue_and_in_order() -> None:
    words: Any = [{"text": "a", "start": 5, "end": 9}, {"text": "b", "start": 1, "end": 0}]
    clip = one(captions(cues=[{"start": 1, "end": 6, "words": words}]))
    assert clip.captions is not None
    assert [[word.start, word.end] for word in clip.captions.cues[0].words] == [[5, 6], [5, 5]]


def test_trim_and_speed_move_cues() -> None:
    assert shown(one(captions({"trim": 2}))) == [(0, 1, "Hello world"), (2, 4, "Second line")]
    assert shown(one(captions({"speed": 2}))) == [(0.5, 1.5, "Hello world"), (2, 3, "Second line")]
    both = one(captions({"trim": 3, "speed": 0.5}))
    assert (shown(both), both.end) == ([(2, 6, "Second line")], 180)


def test_captions_beyond_the_end_are_left_out_with_a_warning() -> None:
    result = resolved([captions({"length": 2})])
    assert shown(result.clips[0]) == [(1, 3, "Hello world")]
    assert codes(result) == [("caption_beyond_end", f"{TRACK}/0/length")]


def test_a_trim_after_the_last_cue_is_refused() -> None:
    with pytest.raises(Invalid) as caught:
        one(captions({"trim": 6}))
    assert [(detail.code, detail.pointer) for detail in caught.value.details] == [
        ("trim_beyond_end", f"{TRACK}/0/trim")
    ]


def test_a_file_without_cues_needs_a_length() -> None:
    with pytest.raises(Invalid) as caught:
        resolve(edit([captions(src=SRC)]), {SRC: CueSheet(())})
    assert caught.value.code == "unknown_length"
    result = resolve(edit([captions({"length": 1}, src=SRC)]), {SRC: CueSheet(())})
    assert codes(result) == [("no_captions", f"{TRACK}/0/asset")]


def test_captions_stand_at_the_bottom_above_what_players_lay_over_it() -> None:
    wide, tall = one(captions()), one(captions(), output=UPRIGHT)
    assert (wide.position, wide.offset_y) == ("bottom", Fraction(-1, 20))
    assert (tall.position, tall.offset_y) == ("bottom", Fraction(-1, 5))
    top = one(captions({"position": "top", "offset": {"y": 0.1}}))
    assert (top.position, top.offset_y) == ("top", Fraction(1, 20) + Fraction(1, 10))


@pytest.mark.parametrize("style", PRESET_NAMES)
@pytest.mark.parametrize(("output", "line_px"), [(LANDSCAPE, 1920), (UPRIGHT, 1080)], ids=["landscape", "upright"])
def test_every_style_fits_both_shapes_of_picture(style: str, output: dict[str, Any], line_px: int) -> None:
    found = look(output, style=style)
    letters = found.style
    assert letters.wrap_px < line_px
    # From one long word to two lines of a subtitle, in letters of average width (half of the type size).
    assert 13 <= letters.wrap_px / (letters.size_px / 2) <= 75
    assert 40 <= letters.size_px <= 150
    # Light letters are set off from any picture by one of these.
    assert letters.stroke is not None or letters.background is not None or letters.shadow is not None
    assert letters.text == ""
    assert found.most_lines in {1, 2}


def test_styles_mark_the_spoken_word_in_their_own_way() -> None:
    found = {style: look(style=style) for style in PRESET_NAMES}
    assert {style: one.animation for style, one in found.items()} == {
        "plain": "none", "outline": "none", "box": "none", "karaoke": "karaoke", "highlight": "highlight",
        "pop": "pop", "bounce": "bounce", "word": "single", "typewriter": "typewriter", "minimal": "fade",
    }  # fmt: skip
    assert found["karaoke"].spoken is not None
    assert found["pop"].active_scale > 1
    assert found["box"].style.background is not None


def test_what_is_said_goes_before_the_style() -> None:
    found = look(
        style="pop", font={"family": "Inter", "size": 40, "weight": 400, "style": "italic", "color": "#123",
              "lineHeight": 2, "letterSpacing": 0.1},
        stroke={"width": 3}, background={"color": "#fff", "opacity": 1}, shadow={"x": 5},
        active={"color": "#f00", "background": "#00f", "scale": 2}, spokenColor="#0f0", animation="box", maxLines=3,
        width=500, case="lower",
    )  # fmt: skip
    letters = found.style
    assert (letters.family, letters.size_px, letters.weight, letters.italic) == ("Inter", 40, 400, True)
    assert (letters.color, letters.line_height, letters.letter_spacing_px) == (Color(17, 34, 51), 2, 4)
    assert (letters.wrap_px, letters.case, found.most_lines, found.animation) == (500, "lower", 3, "box")
    assert letters.stroke is not None
    assert letters.background is not None
    assert letters.shadow is not None
    assert (letters.stroke.width_px, letters.background.color, letters.shadow.dx_px) == (3, Color(255, 255, 255), 5)
    assert (found.active, found.active_background, found.active_scale) == (Color(255, 0, 0), Color(0, 0, 255), 2)
    assert found.spoken == Color(0, 255, 0)


def test_false_takes_away_what_the_style_has() -> None:
    bare = look(style="outline", stroke=False, shadow=False).style
    assert (bare.stroke, bare.shadow) == (None, None)
    assert look(style="box", background=False).style.background is None


def test_true_gives_what_the_style_has_not() -> None:
    assert look(style="plain", stroke=True).style.stroke is not None
    assert look(style="plain", background=True).style.background is not None


def test_letters_of_another_colour_are_so_while_spoken_unless_the_style_marks_them() -> None:
    assert look(style="outline", font={"color": "#f00"}).active == Color(255, 0, 0)
    assert look(style="highlight", font={"color": "#f00"}).active == Color(255, 213, 74)


def test_captions_make_no_sound() -> None:
    assert [warning.code for warning in resolved([captions()]).warnings] == ["silent"]


def test_words_stay_in_cues_that_start_and_end_between_milliseconds() -> None:
    for start in (Fraction(1, 64), Fraction(1, 16)):
        words = spread(start, start + 1, [("one", None, None), ("two", None, None)])
        assert start <= words[0].start < words[-1].end <= start + 1
