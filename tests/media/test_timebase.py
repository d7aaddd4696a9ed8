import json
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from cutroom.media import AudioStream, MediaInfo, VideoStream
from cutroom.media.timebase import (
    Rational,
    frame_showing,
    from_ticks,
    microseconds,
    nearest_frame,
    parse_rational,
    seconds_at,
    to_ticks,
)

RATIONAL: TypeAdapter[Fraction] = TypeAdapter(Rational)
NTSC = Fraction(30000, 1001)
RATES = st.sampled_from([Fraction(24), Fraction(25), NTSC, Fraction(24000, 1001), Fraction(60), Fraction(1)])


@given(st.fractions(-(10**18), 10**18, max_denominator=10**9))
def test_a_fraction_survives_json_exactly(value: Fraction) -> None:
    text = RATIONAL.dump_json(value)
    assert json.loads(text) == f"{value.numerator}/{value.denominator}"
    assert RATIONAL.validate_json(text) == value


@pytest.mark.parametrize("text", ["", "1", "1.5", "1/0", "1/-2", "+1/2", " 1/2", "1/2\n", "\uff11/2", "1/" + "9" * 50])
def test_other_spellings_of_fractions_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="fraction"):
        parse_rational(text)
    with pytest.raises(ValidationError):
        RATIONAL.validate_python(text)


@given(st.integers(0, 10**7), RATES)
def test_frames_and_seconds_convert_exactly_both_ways(frame: int, fps: Fraction) -> None:
    seconds = seconds_at(frame, fps)
    assert nearest_frame(seconds, fps) == frame
    assert frame_showing(seconds, fps) == frame
    assert frame_showing(seconds_at(frame + 1, fps) - Fraction(1, 10**9), fps) == frame


def test_a_tie_between_frames_goes_to_the_later_one() -> None:
    assert [nearest_frame(Fraction(n, 2), Fraction(1)) for n in range(6)] == [0, 1, 1, 2, 2, 3]


@given(st.integers(-(10**9), 10**9), st.sampled_from([Fraction(1, 90000), Fraction(1, 15360), Fraction(1, 48000)]))
def test_ticks_and_seconds_convert_exactly_both_ways(ticks: int, time_base: Fraction) -> None:
    assert to_ticks(from_ticks(ticks, time_base), time_base) == ticks


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (Fraction(0), "0.000000"),
        (Fraction(1, 3), "0.333333"),
        (Fraction(2, 3), "0.666667"),
        (Fraction(-1, 2), "-0.500000"),
        (Fraction(10800), "10800.000000"),
    ],
)
def test_times_for_ffmpeg_have_microseconds(seconds: Fraction, text: str) -> None:
    assert microseconds(seconds) == text


def test_media_info_survives_json() -> None:
    half = Fraction(1, 2)
    video = VideoStream(
        0,
        "h264",
        "High",
        "yuv420p",
        1080,
        1920,
        1920,
        1080,
        90,
        Fraction(1),
        NTSC,
        Fraction(1, 30000),
        half,
        None,
        7,
        False,
    )
    audio = AudioStream(1, "aac", 48000, 2, "stereo", Fraction(1, 48000), Fraction(1, 3), Fraction(5))
    info = MediaInfo("video", "mp4", Fraction(11, 2), 1234, video, audio)
    adapter = TypeAdapter(MediaInfo)
    assert adapter.validate_json(adapter.dump_json(info)) == info
    assert json.loads(adapter.dump_json(info))["video"]["fps"] == "30000/1001"
    assert info.start == Fraction(1, 3)
