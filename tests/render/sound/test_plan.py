from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cutroom.render.encoders import SAMPLE_RATE
from cutroom.render.output.encode import audio_encoder
from cutroom.render.sound.compile import SPAN, compile_audio, loudest
from cutroom.render.sound.heard import heard
from cutroom.render.sound.plan import AudioPlan, Fade
from cutroom.timeline.resolved import Keyframe, ResolvedEdit
from tests.render.edits import clip, edit, image, music, sound, video


def audio_of(wanted: ResolvedEdit) -> AudioPlan | None:
    return compile_audio(wanted, audio_encoder(wanted.output), "test")


def compiled(wanted: ResolvedEdit) -> AudioPlan:
    plan = audio_of(wanted)
    assert plan is not None
    return plan


def test_a_clip_is_heard_from_its_trim_on() -> None:
    (voice,) = compiled(edit(300, clip(30, 90, video(sound=True), trim=Fraction(2), volume=0.5))).voices
    assert (voice.first, voice.last, voice.at, voice.volume) == (48_000, 144_000, Fraction(2), 0.5)


def test_sound_is_as_long_as_the_pictures_to_the_sample() -> None:
    wanted = edit(100, clip(0, 100, video(sound=True)), fps=Fraction(30000, 1001))
    assert compiled(wanted).samples == round(Fraction(100 * 1001, 30000) * SAMPLE_RATE)


def test_nothing_to_hear_makes_no_sound() -> None:
    silent = [clip(0, 60, video()), clip(0, 60, image()), clip(0, 60, sound(), volume=0.0)]
    assert audio_of(edit(60, *silent)) is None
    assert audio_of(edit(60, clip(0, 60, sound()), mute=True)) is None


def test_a_muted_mp3_is_silence() -> None:
    plan = compiled(edit(60, clip(0, 60, sound()), mute=True, format="mp3"))
    assert (plan.voices, plan.samples) == ((), 96_000)


def test_fades_are_counted_in_samples_of_the_output() -> None:
    fades = {"audio_fade_in": Fraction(1, 2), "audio_fade_out": Fraction(1, 4)}
    (voice,) = compiled(edit(90, clip(30, 90, sound(), **fades))).voices
    assert voice.ramps == (Fade(48_000, 24_000, rising=True), Fade(132_000, 12_000, rising=False))


def test_a_soundtrack_repeats_until_it_fills_the_edit() -> None:
    track = music(sound("c", Fraction(2)), Fraction(5), loop=True, trim=Fraction(1, 2), fade_out=Fraction(4))
    voices = compiled(edit(150, soundtrack=track)).voices
    assert [(voice.first, voice.last, voice.at) for voice in voices] == [
        (0, 72_000, Fraction(1, 2)),
        (72_000, 168_000, 0),
        (168_000, 240_000, 0),
    ]
    assert [len(voice.ramps) for voice in voices] == [1, 1, 1]


def test_a_first_play_that_is_shorter_than_its_seam_is_crossed_with_the_whole_second() -> None:
    track = music(sound("c", Fraction(10)), Fraction(25), loop=True, trim=Fraction(17, 2), seam=Fraction(2))
    voices = compiled(edit(750, soundtrack=track)).voices
    starts = [(voice.first, voice.at) for voice in voices]
    assert starts == [(0, Fraction(17, 2)), (0, 0), (384_000, 0), (768_000, 0), (1_152_000, 0)]


def test_a_sound_swells_from_its_own_start() -> None:
    swell = (Keyframe(Fraction(0), 1.0), Keyframe(Fraction(1), 0.0))
    begun: dict[str, Any] = {"audio_start": Fraction(9, 10), "audio_end": Fraction(4), "swell": swell}
    (voice,) = compiled(edit(8, clip(1, 8, sound(), **begun), fps=Fraction(2))).voices
    assert voice.swell_first == voice.first == 43_200


def test_a_soundtrack_without_loop_plays_once() -> None:
    (voice,) = compiled(edit(150, soundtrack=music(sound("c", Fraction(2)), Fraction(2)))).voices
    assert (voice.first, voice.last) == (0, 96_000)


def test_a_sound_too_short_to_loop_plays_once() -> None:
    track = music(sound("c", Fraction(1, 100)), Fraction(5), loop=True)
    assert len(compiled(edit(150, soundtrack=track)).voices) == 1


def test_a_mix_is_cut_on_a_grid_and_each_span_knows_what_is_heard_in_it() -> None:
    plan = compiled(edit(3000, *(clip(60 * n, 60 * n + 90, sound()) for n in range(50))))
    assert [span.first for span in plan.spans] == [0, SPAN, 2 * SPAN, 3 * SPAN]
    assert max(len(span.voices) for span in plan.spans) < 20


@given(st.lists(st.tuples(st.integers(0, 8999), st.integers(1, 3000)), max_size=60), st.integers(1, 9000))
def test_spans_tile_the_sound_and_every_voice_is_heard_whole(clips: list[tuple[int, int]], frames: int) -> None:
    wanted = edit(frames, *(clip(first, first + length, sound()) for first, length in clips), format="mp3")
    plan = compiled(wanted)
    assert plan.spans[0].first == 0
    assert plan.spans[-1].last == plan.samples
    assert all(a.last == b.first for a, b in pairwise(plan.spans))
    for index, voice in enumerate(plan.voices):
        parts = [heard(voice, span.first, span.last) for span in plan.spans if index in span.voices]
        length = min(voice.last, plan.samples) - voice.first
        assert sum(part.last - part.first for part in parts if part is not None) == length


@given(
    st.sampled_from([8000, 22_050, 32_000, 44_100, 48_000, 96_000]),
    st.fractions(0, 100, max_denominator=1000),
    st.integers(1, 200_000),
)
def test_a_voice_is_resampled_from_a_sample_that_source_and_output_share(rate: int, at: Fraction, cut: int) -> None:
    plan = compiled(edit(300, clip(0, 300, sound("c", sample_rate=rate), trim=at)))
    (voice,) = plan.voices
    places = []
    for first in (0, cut):
        part = heard(voice, first, plan.samples)
        assert part is not None
        (take,) = part.takes
        assert (take.origin * rate).denominator == 1
        assert (take.origin * SAMPLE_RATE).denominator == 1
        places.append(round(take.origin * SAMPLE_RATE) + take.skip)
    assert places[1] == places[0] + cut


def test_the_loudest_moment_is_where_volumes_add_up() -> None:
    plan = compiled(edit(300, clip(0, 100, sound(), volume=0.6), clip(50, 150, sound(), volume=0.6)))
    assert loudest(plan.voices) == 1.2
    apart = compiled(edit(300, clip(0, 100, sound(), volume=0.6), clip(100, 150, sound(), volume=0.6)))
    assert loudest(apart.voices) == 0.6


def test_the_key_of_the_sound_does_not_depend_on_the_pictures() -> None:
    heard_clip = clip(0, 90, sound())
    one = compiled(edit(90, heard_clip, clip(0, 90, image("a"))))
    other = compiled(edit(90, heard_clip, clip(0, 90, image("b"))))
    louder = compiled(edit(90, replace(heard_clip, volume=0.9)))
    assert one.key == other.key != louder.key
