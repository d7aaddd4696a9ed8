"""What the compiler decides: pure data, so nothing here needs ffmpeg or a file."""

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.render import PLAN, RenderPlan, SegmentPlan, compile_plan, explain
from cutroom.render.plan import CopySegment, ImageLayer, Ramp, TextLayer, VideoLayer
from cutroom.render.repeat import made_for
from cutroom.timeline.resolved import Color, ResolvedClip, ResolvedEdit
from tests.render.edits import clip, edit, image, music, sound, title, video


def plan_of(wanted: ResolvedEdit) -> RenderPlan:
    return compile_plan(wanted, engine="test")


def made(plan: RenderPlan) -> list[SegmentPlan]:
    """What is encoded for each segment; nothing here is copied."""
    found: list[SegmentPlan] = []
    for segment in plan.segments:
        assert not isinstance(segment, CopySegment)
        found.append(made_for(segment))
    return found


def keys(plan: RenderPlan) -> list[str]:
    return [segment.key for segment in plan.segments]


def ten_clips(word: str = "fifth") -> ResolvedEdit:
    clips = [clip(90 * n, 90 * n + 90, video("abcdef"[n % 6]), trim=Fraction(n)) for n in range(10)]
    titles = [title(90 * n + 10, 90 * n + 80, word if n == 5 else f"number {n}") for n in range(10)]
    return edit(900, *clips, *titles)


@st.composite
def clips(draw: st.DrawFn) -> tuple[int, list[ResolvedClip]]:
    frames = draw(st.integers(1, 1500))
    found = []
    for _ in range(draw(st.integers(0, 10))):
        start = draw(st.integers(0, frames - 1))
        end = draw(st.integers(start + 1, frames))
        fades = {"fade_in": draw(st.integers(0, end - start)), "tail": draw(st.integers(0, frames - end))}
        media = draw(st.sampled_from([None, video(), image(), image(alpha=True)]))
        found.append(clip(start, end, media, **fades))
    return frames, found


@given(clips())
def test_segments_tile_the_edit_and_layers_stay_inside_them(case: tuple[int, list[ResolvedClip]]) -> None:
    frames, found = case
    plan = plan_of(edit(frames, *found))
    assert plan.segments[0].start == 0
    assert sum(segment.frames for segment in plan.segments) == frames
    assert all(a.start + a.frames == b.start for a, b in pairwise(plan.segments))
    for segment in made(plan):
        assert all(0 <= layer.first < layer.last <= segment.frames for layer in segment.layers)


@given(clips())
def test_a_plan_goes_to_json_and_back(case: tuple[int, list[ResolvedClip]]) -> None:
    frames, found = case
    plan = plan_of(edit(frames, *found))
    assert PLAN.validate_json(PLAN.dump_json(plan)) == plan
    assert plan_of(edit(frames, *found)) == plan


def test_changing_one_word_changes_only_the_segments_that_show_it() -> None:
    before, after = plan_of(ten_clips()), plan_of(ten_clips("other"))
    changed = [a.start for a, b in zip(before.segments, after.segments, strict=True) if a.key != b.key]
    assert changed == [450]


def test_moving_a_clip_by_whole_segments_keeps_its_key() -> None:
    one = plan_of(edit(180, clip(0, 90, video("a")), clip(90, 180, video("b"))))
    other = plan_of(edit(180, clip(0, 90, video("b"), pointer="/elsewhere"), clip(90, 180, video("a"))))
    assert keys(one) == list(reversed(keys(other)))


def test_a_longer_clip_keeps_the_segments_that_it_already_had() -> None:
    short = plan_of(edit(600, clip(0, 600, video(), fade_in=15)))
    long = plan_of(edit(900, clip(0, 900, video(), fade_in=15)))
    assert keys(short)[:2] == keys(long)[:2]


@pytest.mark.parametrize(
    "changes",
    [
        {"trim": Fraction(1, 30)},
        {"opacity": 0.5},
        {"fade_in": 5},
        {"fit": "contain"},
        {"position": "left", "width_px": 100},
        {"media": video("d")},
    ],
)
def test_whatever_changes_the_picture_changes_the_key(changes: dict[str, object]) -> None:
    plain = clip(0, 90, video(size=(300, 300)))
    assert keys(plan_of(edit(90, plain))) != keys(plan_of(edit(90, replace(plain, **changes))))  # type: ignore[arg-type]


def test_the_engine_the_quality_and_the_background_are_part_of_the_key() -> None:
    wanted = edit(90, clip(0, 90, video()))
    variants = [
        compile_plan(wanted, engine="test"),
        compile_plan(wanted, engine="next"),
        plan_of(replace(wanted, output=replace(wanted.output, quality="high"))),
        plan_of(replace(wanted, output=replace(wanted.output, background=Color(1, 0, 0)))),
    ]
    assert len({plan.segments[0].key for plan in variants}) == 4


def test_a_segment_names_only_what_it_reads() -> None:
    plan = plan_of(edit(180, clip(0, 90, video("a")), clip(90, 180, image("b")), title(0, 180)))
    assert [segment.inputs for segment in plan.segments] == [("a" * 64,), ("b" * 64,)]


def test_a_clip_that_is_cut_goes_on_where_it_was() -> None:
    plan = plan_of(edit(600, clip(30, 600, video(), trim=Fraction(1))))
    layers = [layer for segment in made(plan) for layer in segment.layers if isinstance(layer, VideoLayer)]
    starts = [segment.start for segment in plan.segments]
    assert [layer.at for layer in layers] == [1 + Fraction(max(start - 30, 0), 30) for start in starts]


def test_what_an_opaque_picture_hides_is_not_read() -> None:
    hidden = clip(0, 90, video("a"))
    assert plan_of(edit(90, hidden, clip(0, 90, image("b")))).segments[0].inputs == ("b" * 64,)
    for above in (
        clip(0, 90, image("b", alpha=True)),
        clip(0, 90, image("b"), opacity=0.9),
        clip(0, 90, image("b"), fade_in=3),
        clip(0, 90, image("b", (100, 100)), fit="contain"),
        clip(1, 90, image("b")),
    ):
        assert plan_of(edit(90, hidden, above)).segments[0].inputs == ("a" * 64, "b" * 64)


def test_what_cannot_be_seen_makes_no_layer() -> None:
    nothing = [clip(0, 60, video(), opacity=0.0), clip(0, 60, image(), offset_x=Fraction(2)), clip(0, 60, sound())]
    assert made(plan_of(edit(60, *nothing)))[0].layers == ()


def test_fades_are_counted_from_the_segment_and_kept_only_where_they_show() -> None:
    plan = plan_of(edit(600, clip(0, 600, video(size=(100, 100)), fit="contain", fade_in=30, fade_out=60)))
    ramps = [segment.layers[0].ramps for segment in made(plan)]
    starts = [segment.start for segment in plan.segments]
    assert ramps[0] == (Ramp(0, 30, rising=True),)
    assert ramps[1] == ()
    assert ramps[-1] == (Ramp(540 - starts[-1], 60, rising=False),)


def test_a_dissolve_shows_both_clips_in_one_segment() -> None:
    first = clip(0, 90, video("a"), tail=60)
    plan = plan_of(edit(240, first, clip(90, 240, video("b"), fade_in=60)))
    cut = next(segment for segment in made(plan) if segment.start == 90)
    assert cut.frames == 60
    below, above = cut.layers
    assert (below.first, below.last, below.ramps) == (0, 60, ())
    assert (above.first, above.last, above.ramps) == (0, 60, (Ramp(0, 60, rising=True),))


def test_layers_keep_their_order_from_the_bottom_up() -> None:
    plan = plan_of(edit(60, clip(0, 60, video(), opacity=0.5), clip(0, 60, image(alpha=True)), title(0, 60)))
    assert [type(layer) for layer in made(plan)[0].layers] == [VideoLayer, ImageLayer, TextLayer]


def test_all_segments_share_one_encoder() -> None:
    plan = plan_of(ten_clips())
    assert len({segment.encoder for segment in plan.segments}) == 1


@pytest.mark.parametrize("fps", ["1", "24000/1001", "24", "25", "30000/1001", "30", "50", "60000/1001", "60"])
def test_a_frame_is_a_whole_number_of_ticks(fps: str) -> None:
    encoder = plan_of(edit(60, fps=Fraction(fps))).segments[0].encoder
    assert Fraction(encoder.tick, encoder.timescale) == 1 / Fraction(fps)
    assert encoder.timescale >= 10_000


def test_an_empty_edit_is_background() -> None:
    plan = plan_of(edit(60))
    (segment,) = plan.segments
    assert (segment.kind, segment.frames, segment.inputs) == ("skip", 60, ())
    assert made(plan)[0].layers == ()


def test_an_mp3_has_no_segments() -> None:
    plan = plan_of(edit(60, clip(0, 60, sound()), format="mp3"))
    assert plan.segments == ()
    assert plan.audio is not None
    assert plan.audio.extension == "mp3"


def test_missing_letters_and_fonts_are_warned_of() -> None:
    plan = plan_of(edit(60, title(0, 60, "ok \U00012000", look={"family": "Comic"}, pointer="/here")))
    assert [(warning.code, warning.pointer) for warning in plan.warnings] == [
        ("font_unknown", "/here"),
        ("glyph_missing", "/here"),
    ]
    assert "U+12000" in plan.warnings[1].message


def test_ten_thousand_clips_are_compiled_and_only_their_neighbours_are_opened() -> None:
    many = [clip(30 * n, 30 * n + 30, video("abcdef"[n % 6])) for n in range(10_000)]
    plan = plan_of(edit(300_000, *many))
    assert max(len(segment.layers) for segment in made(plan)) == 2


def test_explain_tells_segments_keys_inputs_and_sound() -> None:
    wanted = edit(
        150, clip(0, 90, video("a", sound=True)), title(10, 80, "Hi"), soundtrack=music(sound("c"), Fraction(5))
    )
    plan = plan_of(wanted)
    text = explain(plan)
    for piece in (*plan.segments, plan.audio):
        assert isinstance(piece, SegmentPlan) or piece is not None
        assert piece.key[:12] in text
    for word in ("320x180 at 30 fps", "150 frames", "'Hi'", "aaaaaaaaaaaa", "cccccccccccc", "2 voices"):
        assert word in text


def test_a_span_in_which_nothing_moves_is_one_picture() -> None:
    plan = plan_of(edit(300, clip(0, 100, video()), clip(100, 300, image()), title(100, 300)))
    still = [segment for segment in plan.segments if segment.kind == "skip"]
    assert sum(segment.frames for segment in still) >= 150
    assert all(segment.start >= 100 for segment in still)
    assert {segment.kind for segment in plan.segments if segment.start < 100} == {"encode"}


def test_only_our_own_muxer_is_given_skipped_pictures() -> None:
    plan = plan_of(edit(300, clip(0, 300, image()), format="webm"))
    assert {segment.kind for segment in plan.segments} == {"encode"}
