"""Files out of runs, as FFmpeg reads them."""

import hashlib
import os
import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cutroom.render.mux import (
    AAC_FRAME,
    AudioTrack,
    Pictures,
    Run,
    Sounds,
    VideoTrack,
    mp4,
    read_pictures,
    read_sound,
    tables,
    write_mp4,
)
from cutroom.render.mux.pieces import joined, write
from tests.render.studio import HEIGHT, WIDTH, Studio, counts, samples

FPS = Fraction(30)
STITCH = ("-c:v", "libx264", "-x264-params", "stitchable=1:force_cfr=1:keyint=20:bframes=3:open-gop=0")


async def counter(studio: Studio) -> Pictures:
    media = await studio.counter("mux.mp4", "30", 2, *STITCH)
    return read_pictures(studio.paths[media.sha256], FPS)


async def noise(studio: Studio) -> Sounds:
    media = await studio.noise("mux.m4a", 2, "-c:a", "aac", "-b:a", "96k", "-movie_timescale", "48000")
    return read_sound(studio.paths[media.sha256])


def video_of(found: Pictures, runs: list[Run], tick: int = 512) -> VideoTrack:
    return VideoTrack("h264", found.config, WIDTH, HEIGHT, 15360, tick, runs)


def audio_of(found: Sounds, runs: list[Run], length: int) -> AudioTrack:
    return AudioTrack(found.config, found.sample_rate, found.channels, runs, found.priming, length)


def data_of(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as file:
        stream = file.streams.video[0] if kind == "video" else file.streams.audio[0]
        return [bytes(packet) for packet in file.demux(stream) if packet.size]


async def test_runs_are_laid_end_to_end_and_repeated(studio: Studio, tmp_path: Path) -> None:
    found = await counter(studio)
    out = tmp_path / "out.mp4"
    short = found.run.part(0, 20)
    assert short.whole
    write_mp4(out, video=video_of(found, [found.run, short.repeated(3), found.run]))
    assert counts(out) == [*range(60), *(list(range(20)) * 3), *range(60)]
    studio.ffmpeg("-xerror", "-err_detect", "explode", "-i", str(out), "-f", "null", "-")
    with av.open(str(out)) as file:
        stream = file.streams.video[0]
        packets = [packet for packet in file.demux(stream) if packet.size]
        assert stream.average_rate == 30
        assert stream.time_base is not None
        assert stream.duration is not None
        assert stream.duration * stream.time_base == 6
        assert sorted(packet.pts or 0 for packet in packets) == [512 * n for n in range(180)]
        assert all((a.dts or 0) < (b.dts or 0) for a, b in pairwise(packets))
        assert [packet.is_keyframe for packet in packets][::20] == [True] * 9


async def test_sound_is_heard_to_the_sample(studio: Studio, tmp_path: Path) -> None:
    pictures, sounds = await counter(studio), await noise(studio)
    assert sounds.priming == AAC_FRAME
    out = tmp_path / "out.mp4"
    write_mp4(out, video=video_of(pictures, [pictures.run]), audio=audio_of(sounds, [sounds.run], 96_000))
    whole = samples(sounds.run.path)[:96_000]
    assert np.array_equal(samples(out), whole)
    less = tmp_path / "less.mp4"
    write_mp4(less, audio=audio_of(sounds, [sounds.run.part(0, 50)], 49 * AAC_FRAME - 100))
    assert np.array_equal(samples(less), whole[: 49 * AAC_FRAME - 100])
    with av.open(str(out)) as file:
        assert file.streams.audio[0].start_time == 0
        assert file.streams.audio[0].codec_context.sample_rate == 48_000


async def test_sound_and_pictures_take_turns(studio: Studio, tmp_path: Path) -> None:
    pictures, sounds = await counter(studio), await noise(studio)
    out = tmp_path / "out.mp4"
    write_mp4(out, video=video_of(pictures, [pictures.run]), audio=audio_of(sounds, [sounds.run], 96_000))
    with av.open(str(out)) as file:
        packets = sorted((p for p in file.demux() if p.size), key=lambda packet: packet.pos or 0)
        turns = [packet.stream_index for packet in packets]
        assert sum(a != b for a, b in pairwise(turns)) == 7
        assert data_of(out, "video") == data_of(pictures.run.path, "video")
        assert data_of(out, "audio") == data_of(sounds.run.path, "audio")


async def test_the_same_runs_give_the_same_bytes(studio: Studio, tmp_path: Path) -> None:
    pictures, sounds = await counter(studio), await noise(studio)
    hashes = set()
    for name in ("a.mp4", "b.mp4"):
        write_mp4(
            tmp_path / name,
            video=video_of(pictures, [pictures.run]),
            audio=audio_of(sounds, [sounds.run], 96_000),
        )
        hashes.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(hashes) == 1


async def test_what_is_too_large_for_32_bits_is_addressed_with_64(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pictures, sounds = await counter(studio), await noise(studio)
    monkeypatch.setattr(mp4, "_NARROW", 10_000)  # in place of 4 GiB, which take half a minute to write
    out = tmp_path / "out.mp4"
    write_mp4(out, video=video_of(pictures, [pictures.run]), audio=audio_of(sounds, [sounds.run], 96_000))
    raw = out.read_bytes()
    assert b"co64" in raw
    assert b"stco" not in raw
    assert counts(out) == list(range(60))
    assert data_of(out, "audio") == data_of(sounds.run.path, "audio")


async def test_eight_hundred_thousand_packets_take_seconds(tmp_path: Path) -> None:
    media = tmp_path / "packets"
    media.write_bytes(os.urandom(1 << 16))
    count = 324_000
    order = np.arange(count, dtype=np.int64)
    pictures = Run(media, order % 65_000, np.full(count, 12, np.int32), order, order % 60 == 0)
    total = 506_251
    there = np.arange(total, dtype=np.int64)
    sounds = Run(media, there % 60_000, np.full(total, 60, np.int32), there, np.ones(total, np.bool_))
    began = time.process_time()
    write_mp4(
        tmp_path / "out.mp4",
        video=VideoTrack("h264", b"\x01d\x00\x1f\xff\xe0\x00", 64, 64, 15360, 512, [pictures]),
        audio=AudioTrack(b"\x11\x90", 48_000, 2, [sounds], 1024, 3 * 3600 * 48_000),
    )
    assert time.process_time() - began < 20


async def test_runs_with_gaps_and_files_that_are_too_short_are_refused(studio: Studio, tmp_path: Path) -> None:
    found = await counter(studio)
    run = found.run
    gap = Run(run.path, run.offsets, run.sizes, run.shown + (run.shown > 4), run.keys)
    with pytest.raises(ValueError, match="gaps"):
        write_mp4(tmp_path / "a.mp4", video=video_of(found, [gap]))
    with pytest.raises(ValueError, match="key frame"):
        write_mp4(tmp_path / "a.mp4", video=video_of(found, [run.part(5, 6)]))
    with pytest.raises(ValueError, match="nothing"):
        write_mp4(tmp_path / "a.mp4")
    beyond = Run(run.path, run.offsets + run.path.stat().st_size, run.sizes, run.shown, run.keys)
    with pytest.raises(OSError, match="ends before"):
        write_mp4(tmp_path / "a.mp4", video=video_of(found, [beyond]))
    with pytest.raises(ValueError, match="has a frame at"):
        read_pictures(run.path, Fraction(25))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 400), st.integers(1, 60)), max_size=30))
def test_pieces_are_the_bytes_of_the_samples_in_order(found: list[tuple[int, int, int]]) -> None:
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"pieces-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    data = [bytes((number * 90 + at) % 256 for at in range(500)) for number in range(3)]
    paths = [folder / str(number) for number in range(3)]
    for path, content in zip(paths, data, strict=True):
        path.write_bytes(content)
    columns = np.array(found, np.int64).reshape(-1, 3)
    write(folder / "out", b"head", paths, joined(columns[:, 0], columns[:, 1], columns[:, 2]))
    wanted = b"".join(data[number][at : at + size] for number, at, size in found)
    assert (folder / "out").read_bytes() == b"head" + wanted


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=50))
def test_delays_are_written_as_runs(ticks: list[int]) -> None:
    raw = tables.delays(np.array(ticks, np.int64))
    count = int.from_bytes(raw[12:16], "big")
    pairs = np.frombuffer(raw[16:], ">u4").reshape(count, 2)
    assert np.repeat(pairs[:, 1], pairs[:, 0]).tolist() == ticks
    assert (np.diff(pairs[:, 1].astype(int)) != 0).all()
