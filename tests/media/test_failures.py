"""What users meet when a source or an encoder is not what was thought, seen from real runs of ffmpeg."""

import os
from pathlib import Path

import pytest

from cutroom.kit.errors import Invalid, Unavailable
from cutroom.kit.process import Completed
from cutroom.media.command import Command, Input, Output
from cutroom.media.failures import failure
from cutroom.media.filtergraph import Graph
from cutroom.media.run import run_ffmpeg
from cutroom.media.words import Word
from tests.media.levels import at_level
from tests.media.sources import make_video


def shown(*sources: Path, out: Path) -> Command:
    """The pictures of the last source."""
    graph = Graph()
    name = graph.output(graph.add("scale", graph.input(len(sources) - 1, "v"), w=32, h=18))
    options = {"c:v": Word.LIBX264, "preset": Word.ULTRAFAST}
    return Command([Input(path, Word.MOV) for path in sources], [Output(out, Word.MP4, [name], options)], graph)


async def test_a_source_that_is_noise_in_the_middle_is_named(tmp_path: Path) -> None:
    good = make_video(tmp_path / "good.mp4", 2, (320, 180), audio=False)
    data = bytearray(good.read_bytes())
    start = data.index(b"mdat") + 100
    end = data.index(b"moov") - 100
    data[start:end] = os.urandom(end - start)
    bad = tmp_path / "bad.mp4"
    bad.write_bytes(data)
    with pytest.raises(Invalid) as caught:
        await run_ffmpeg(shown(good, bad, out=tmp_path / "x.mp4"), scratch=tmp_path)
    assert caught.value.code == "source_damaged"
    assert [detail.pointer for detail in caught.value.details] == ["/inputs/1"]


async def test_a_source_in_a_codec_that_nobody_knows_is_named(tmp_path: Path) -> None:
    good = make_video(tmp_path / "good.mp4", 1, (320, 180), audio=False)
    odd = tmp_path / "odd.mp4"
    odd.write_bytes(good.read_bytes().replace(b"avc1", b"zzz1"))
    with pytest.raises(Invalid) as caught:
        await run_ffmpeg(shown(good, odd, out=tmp_path / "x.mp4"), scratch=tmp_path)
    assert caught.value.code == "source_codec_unsupported"
    assert [detail.pointer for detail in caught.value.details] == ["/inputs/1"]
    assert "convert it" in caught.value.message


async def test_a_source_without_the_stream_is_named(tmp_path: Path) -> None:
    silent = make_video(tmp_path / "silent.mp4", 1, (320, 180), audio=False)
    graph = Graph()
    name = graph.output(graph.add("anull", graph.input(0, "a")))
    command = Command([Input(silent, Word.MOV)], [Output(tmp_path / "x.wav", Word.WAV, [name])], graph)
    with pytest.raises(Invalid) as caught:
        await run_ffmpeg(command, scratch=tmp_path)
    assert caught.value.code == "source_stream_missing"
    assert caught.value.details[0].pointer == "/inputs/0"


@pytest.mark.parametrize(
    ("said", "code", "pointer"),
    [
        ("[vost#0:0 @ 0x1] Unknown encoder 'libx265'\n", "encoder_missing", "/output/codec"),
        (
            "[h264 @ 0x1] Picture size 9x9 exceeds specified max pixel count 6",
            "source_too_large",
            "/inputs/0",
        ),
    ],
)
def test_what_this_machine_cannot_make_here_has_a_name_too(said: str, code: str, pointer: str, tmp_path: Path) -> None:
    command = shown(tmp_path / "a.mp4", out=tmp_path / "x.mp4")
    error = failure(Completed(8, b"", b""), said, command)
    assert error is not None
    assert (error.code, error.details[0].pointer) == (code, pointer)
    assert "0x1" not in error.message


async def test_a_full_disk_is_no_fault_of_the_source(tmp_path: Path) -> None:
    source = make_video(tmp_path / "a.mp4", 1, (320, 180), audio=False)
    full = tmp_path / "x.mp4"
    full.symlink_to("/dev/full")
    with at_level(1), pytest.raises(Unavailable) as caught:  # where there is such a device
        await run_ffmpeg(shown(source, out=full), scratch=tmp_path)
    assert caught.value.code == "disk_full"
    assert caught.value.retryable
