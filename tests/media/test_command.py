import itertools
import re
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from cutroom.media.command import (
    MAX_ALLOC_BYTES,
    MAX_OUTPUT_BYTES,
    MAX_OUTPUT_S,
    MAX_STREAMS,
    Command,
    Input,
    Output,
)
from cutroom.media.filtergraph import Graph
from cutroom.media.kinds import Choice, Params, Value
from cutroom.media.options import DEMUXERS, MUXERS, OUTPUT_OPTIONS
from cutroom.media.probe import MAX_PIXELS, probe
from cutroom.media.words import Word
from tests.media.sources import ffmpeg, make_image, make_video

OUT = Output(Path("/o/x.mp4"), Word.MP4, ["0:V:0"])


def test_a_command_reads_as_it_was_built() -> None:
    graph = Graph()
    label = graph.output(graph.add("hflip", graph.input(0, "v", 3)))
    source = Input(Path("/i/a"), Word.MOV, seek=Fraction(1, 3), duration=Fraction(2))
    options: dict[str, Value] = {"c:v": Word.LIBX264, "crf": 18, "x264-params": {"keyint": 50, "min_keyint": 1}}
    output = Output(Path("/o/x.mp4"), Word.MP4, [label], options, max_bytes=1000)
    text = " ".join(Command([source], [output], graph).arguments())
    assert text == (
        "-nostdin -hide_banner -nostats -y -v error -progress pipe:1 -stats_period 0.25 -max_alloc 335544320"
        " -protocol_whitelist file -format_whitelist mov -f mov -max_streams 64 -max_pixels 67108864 -threads 2"
        " -enable_drefs 0 -use_absolute_path 0 -ss 0.333333 -t 2.000000 -i file:/i/a"
        " -filter_complex_threads 2 -filter_complex [0:3]hflip[out0]"
        " -map [out0] -map_metadata -1 -map_chapters -1 -c:v libx264 -crf 18.0 -x264-params keyint=50:min-keyint=1"
        " -t 86400.000000 -fs 1000 -protocol_whitelist file -f mp4 file:/o/x.mp4"
    )


@pytest.mark.threat("A18", "A20", "A24", "A34", "A35", "A36", "A37", "A38")
def test_every_input_and_output_bears_the_whole_profile() -> None:
    for demuxer in DEMUXERS:
        words = Input(Path("/i/a"), demuxer, loop=-1, seek=Fraction(1), framerate=Fraction(25)).arguments()
        told = dict(itertools.pairwise(words))
        assert told["-protocol_whitelist"] == "file"
        assert told["-format_whitelist"] == told["-f"] == demuxer.value
        assert (told["-max_streams"], told["-max_pixels"]) == (str(MAX_STREAMS), str(MAX_PIXELS))
        assert words[-2:] == ["-i", "file:/i/a"]
    for muxer in MUXERS:
        for duration in (None, Fraction(5), Fraction(10**9)):
            words = Output(Path("/o/x"), muxer, ["0:V:0"], duration=duration).arguments()
            told = dict(itertools.pairwise(words))
            assert told["-protocol_whitelist"] == "file"
            assert 0 < float(told["-t"]) <= MAX_OUTPUT_S
            assert 0 < int(told["-fs"]) <= MAX_OUTPUT_BYTES
            assert told["-map_metadata"] == "-1"
            assert words[-3:] == ["-f", muxer.value, "file:/o/x"]
    words = Command([Input(Path("/i/a"), Word.MOV)], [OUT]).arguments()
    assert words[0] == "-nostdin"
    assert int(words[words.index("-max_alloc") + 1]) == MAX_ALLOC_BYTES
    assert not {"-filter_script", "-vstats_file", "-passlogfile", "-attach", "-safe"} & set(words)


@pytest.mark.threat("A24", "A25")
@pytest.mark.parametrize("name", ["-y", "-x.mp4", "a:b", "concat:a|b", "new\nline", "'\"`", "%d.png", "tcp:127.0.0.1"])
def test_a_name_is_never_an_option_or_a_protocol(name: str, tmp_path: Path) -> None:
    source = make_image(tmp_path / "plain.png").rename(tmp_path / name)
    made = tmp_path / "out" / name
    made.parent.mkdir()
    output = Output(made, Word.IMAGE2, ["0:V:0"], {"c:v": Word.PNG})
    ffmpeg(*Command([Input(source, Word.PNG_PIPE)], [output]).arguments())
    assert made.read_bytes().startswith(b"\x89PNG")
    assert len(list(made.parent.iterdir())) == 1


@pytest.mark.threat("A31", "A34")
@pytest.mark.parametrize(
    "options",
    [
        {"passlogfile": Path("/etc/x")},
        {"vf": "movie=/etc/passwd"},
        {"attach": Path("/etc/passwd")},
        {"c:v": "libx264"},
        {"c:v": Word.AAC},
        {"x264-params": {"stats": 1}},
        {"x264-params": {"keyint": "1:stats=/etc/x"}},
        {"x264-params": "stats=/etc/x"},
        {"crf": float("nan")},
        {"crf": "18 -y"},
        {"preset": Word.FILM},
        {"movflags": Word.EMPTY_MOOV.value},
    ],
)
def test_an_option_that_is_not_in_the_list_is_refused(options: dict[str, object]) -> None:
    output = Output(Path("/o/x.mp4"), Word.MP4, ["0:V:0"], options)  # type: ignore[arg-type]
    with pytest.raises((ValueError, TypeError)):
        Command([Input(Path("/i"), Word.MOV)], [output]).arguments()


@pytest.mark.parametrize("stream", ["-y", "0:v", "out0]; movie", "0:p:1", "out", "0:m:title:x"])
def test_a_stream_that_is_none_is_refused(stream: str) -> None:
    with pytest.raises(ValueError, match="no stream"):
        Output(Path("/o"), Word.MP4, [stream]).arguments()


@pytest.mark.threat("A15", "A18", "A19", "A20", "A22", "A34")
def test_a_container_that_opens_others_is_refused() -> None:
    for word in (Word.MP4, Word.FRAMEMD5, Word.COPY):
        with pytest.raises(ValueError, match="no demuxer"):
            Input(Path("/i"), word).arguments()
    for word in (Word.PNG_PIPE, Word.MPEGTS, Word.COPY):
        if word is not Word.MPEGTS:
            with pytest.raises(ValueError, match="no muxer"):
                Output(Path("/o"), word, ["0:V:0"]).arguments()
    assert not {"hls", "dash", "concat", "image2", "sdp", "rtsp", "tee", "segment"} & DEMUXERS
    assert not {"hls", "dash", "tee", "segment", "stream_segment", "rtp"} & MUXERS


def test_the_list_of_options_holds_against_the_real_ffmpeg(tmp_path: Path) -> None:
    full = ffmpeg("-h", "full").decode()
    for name, kind in OUTPUT_OPTIONS.items():
        bare = name.split(":")[0]
        assert re.search(rf"^ *-{re.escape(bare)}[ \[<:]", full, re.MULTILINE), name
        if bare == "c" and isinstance(kind, Choice):
            encoders = ffmpeg("-encoders").decode()
            elsewhere = {Word.COPY, Word.H264_VIDEOTOOLBOX, Word.HEVC_VIDEOTOOLBOX}  # the latter on Apple's machines
            assert all(word in elsewhere or f" {word} " in encoders for word in kind.words)
    for listed, names in (("-muxers", MUXERS), ("-demuxers", DEMUXERS)):
        text = ffmpeg(listed).decode()
        known = {word for line in text.splitlines() if line[:1] == " " for word in line[4:].split(" ")[0].split(",")}
        known |= {word for line in text.splitlines() for word in line[4:].strip().split(" ")[0].split(",")}
        assert {word.value for word in names} <= known


def test_encoder_settings_are_understood(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", 0.5)
    params = OUTPUT_OPTIONS["x264-params"]
    assert isinstance(params, Params)
    every = {name: kind.low for name, kind in params.names.items()}
    options: dict[str, Value] = {
        "c:v": Word.LIBX264, "preset": Word.ULTRAFAST, "profile:v": Word.HIGH, "pix_fmt": Word.YUV420P,
        "x264-params": {**every, "threads": 1, "ref": 1, "lookahead_threads": 1},
        "flags:v": (Word.PLUS_BITEXACT, Word.CLOSED_GOP), "movflags": (Word.FASTSTART,), "fflags": Word.PLUS_BITEXACT,
        "fps_mode:v": Word.PASSTHROUGH, "enc_time_base:v": Fraction(1, 25), "video_track_timescale": 25000,
        "color_range": Word.TV, "colorspace": Word.BT709, "color_primaries": Word.BT709, "color_trc": Word.BT709,
        "c:a": Word.AAC, "b:a": 96_000, "aac_coder": Word.FAST, "ar": 48_000, "ac": 2, "use_editlist": True,
    }  # fmt: skip
    output = Output(tmp_path / "x.mp4", Word.MP4, ["0:V:0", "0:a:0"], options)
    done = subprocess.run(
        [get_ffmpeg_exe(), *Command([Input(source, Word.MOV)], [output], talkative=True).arguments()],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert b"parse error" not in done.stderr.lower()
    assert b"unknown option" not in done.stderr.lower()
    assert b"invalid value" not in done.stderr.lower()


async def test_what_a_source_says_about_itself_stays_there(tmp_path: Path) -> None:
    secret = ("-metadata", "location=+52.5+013.4/", "-metadata", "title=Secret", "-metadata:s:v", "handler_name=Secret")
    source = make_video(tmp_path / "a.mp4", 0.2, options=secret)
    out = tmp_path / "x.mp4"
    output = Output(out, Word.MP4, ["0:V:0", "0:a:0"], {"c:v": Word.COPY, "c:a": Word.COPY})
    ffmpeg(*Command([Input(source, Word.MOV)], [output]).arguments())
    assert b"Secret" in source.read_bytes()
    assert b"+52.5" not in out.read_bytes()
    assert b"title" not in out.read_bytes().lower()


async def test_transparent_webm_is_read_with_its_transparency(tmp_path: Path) -> None:
    film = tmp_path / "a.webm"
    half = "color=c=red@0.5:s=32x32:d=0.2,format=yuva420p"
    ffmpeg("-f", "lavfi", "-i", half, "-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p", film)
    out = tmp_path / "x.png"
    output = Output(out, Word.IMAGE2, ["0:V:0"], {"c:v": Word.PNG, "frames:v": 1, "pix_fmt": Word.RGBA})
    ffmpeg(*Command([Input.of(film, await probe(film))], [output]).arguments())
    pixels = ffmpeg("-i", out, "-pix_fmt", "rgba", "-f", "rawvideo", "-")
    assert 120 <= pixels[3] <= 135


async def test_a_picture_can_be_left_as_it_lies(tmp_path: Path) -> None:
    flat = make_video(tmp_path / "flat.mp4", 0.2, audio=False)
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", "90", "-i", flat, "-c", "copy", turned)
    for upright, size in ((True, "90x160"), (False, "160x90")):
        out = tmp_path / f"{upright}.txt"
        output = Output(out, Word.FRAMEMD5, ["0:V:0"], {"frames:v": 1})
        ffmpeg(*Command([Input(turned, Word.MOV, upright=upright)], [output]).arguments())
        assert f"#dimensions 0: {size}" in out.read_text()


def test_input_options_do_what_they_say(tmp_path: Path) -> None:
    still = make_image(tmp_path / "a.png")
    source = Input(still, Word.PNG_PIPE, loop=4, framerate=Fraction(10), offset=Fraction(1))
    out = tmp_path / "x.txt"
    ffmpeg(*Command([source], [Output(out, Word.FRAMEMD5, ["0:V:0"], {"fps_mode:v": Word.PASSTHROUGH})]).arguments())
    rows = [line.split(",") for line in out.read_text().splitlines() if not line.startswith("#")]
    assert len(rows) == 5


def test_a_path_with_nul_is_refused() -> None:
    with pytest.raises(ValueError, match="NUL"):
        Input(Path("/a\0b"), Word.MOV).arguments()
