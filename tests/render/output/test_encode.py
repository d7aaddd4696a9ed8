"""Which encoder an output gets, and that segments of every codec fit together."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from cutroom.media.options import OUTPUT_OPTIONS
from cutroom.render import compile_plan
from cutroom.render.output.encode import (
    audio_codec,
    on_hardware,
    segment_muxer,
    video_codec,
    video_encoder,
    video_options,
)
from cutroom.render.output.hasten import hasten
from cutroom.timeline.resolved import Color, ResolvedOutput
from tests.render.edits import clip, edit, video


def output(**changes: Any) -> ResolvedOutput:
    plain = ResolvedOutput("mp4", 320, 180, Fraction(30), "medium", Color(0, 0, 0), mute=False)
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("changes", "pictures", "sound"),
    [
        ({}, "h264", "aac"),
        ({"codec": "h265"}, "h265", "aac"),
        ({"format": "hls"}, "h264", "aac"),
        ({"format": "webm"}, "vp9", "opus"),
        ({"format": "webm", "codec": "av1"}, "av1", "opus"),
        ({"format": "mov"}, "h264", "aac"),
        ({"format": "mov", "transparent": True}, "prores", "pcm"),
        ({"format": "gif"}, "ffv1", "aac"),
        ({"format": "png"}, "ffv1", "aac"),
        ({"format": "mp3"}, "h264", "mp3"),
        ({"format": "wav"}, "h264", "pcm"),
    ],
)
def test_format_and_codec_decide_the_encoders(changes: dict[str, Any], pictures: str, sound: str) -> None:
    wanted = output(**changes)
    assert (video_codec(wanted), audio_codec(wanted)) == (pictures, sound)


def test_transparency_decides_the_pixels() -> None:
    assert video_encoder(output(format="webm", transparent=True)).pixels == "yuva420p"
    assert video_encoder(output(format="mov", transparent=True)).preset == "4444"
    assert video_encoder(output(format="webp", transparent=True)).alpha
    assert not video_encoder(output(format="webp")).alpha


def test_a_given_crf_wins_over_quality_where_it_means_something() -> None:
    assert video_encoder(output(crf=30, quality="highest")).crf == 30
    assert video_encoder(output(crf=30, codec="prores", format="mov")).crf == 0


@pytest.mark.parametrize(
    "name", ["h264_nvenc", "hevc_nvenc", "av1_nvenc", "h264_qsv", "vp9_qsv", "h264_videotoolbox", "hevc_videotoolbox"]
)
def test_every_option_of_a_card_is_in_the_list(name: str) -> None:
    encoder = on_hardware(video_encoder(output()), name)
    for option, value in video_options(encoder, 30).items():
        assert OUTPUT_OPTIONS[option].write(value)
    assert segment_muxer(encoder).value == "mp4"


def test_the_key_of_a_segment_names_the_card() -> None:
    plan = compile_plan(edit(60, clip(0, 60, video())), engine="test")
    moved = hasten(plan, {"h264": "h264_nvenc"})
    assert {part.encoder.name for part in moved.segments} == {"h264_nvenc"}
    assert all(a.key != b.key for a, b in zip(plan.segments, moved.segments, strict=True))
    assert hasten(plan, {"h265": "hevc_nvenc"}) == plan
    transparent = compile_plan(edit(60, clip(0, 60, video()), format="webm", transparent=True), engine="test")
    assert hasten(transparent, {"vp9": "vp9_qsv"}) == transparent
