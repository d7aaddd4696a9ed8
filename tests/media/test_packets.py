"""Packets of files, read from tables and listed in a child."""

import random
import subprocess
from pathlib import Path

import av
import pytest

from cutroom.media.ffmpeg import find
from cutroom.media.packets import Wanted, _by_child, _tables, list_packets


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packets") / "film.mp4"
    source = ("-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=4", "-f", "lavfi", "-i", "sine=d=4")
    options = ("-c:v", "libx264", "-x264-params", "keyint=20:scenecut=0", "-c:a", "aac", "-shortest")
    subprocess.run([find().path, "-v", "error", *source, *options, path], check=True)
    return path


def everything(path: Path) -> Wanted:
    return Wanted(path, "mp4", 0, ((0, 1 << 40),))


async def test_every_packet_is_where_it_is_said_to_be(film: Path) -> None:
    index = (await list_packets({"a": everything(film)}))["a"]
    raw = film.read_bytes()
    with av.open(str(film)) as file:
        packets = [packet for packet in file.demux(video=0) if packet.size]
    assert len(index) == len(packets) == 100
    for number, packet in enumerate(packets):
        at = int(index.offsets[number])
        assert raw[at : at + int(index.sizes[number])] == bytes(packet)
        assert (int(index.pts[number]), int(index.dts[number])) == (packet.pts, packet.dts)
        assert bool(index.keys[number]) == packet.is_keyframe
    assert index.instant.sum() == 5
    assert not index.foreign.any()
    assert not index.discarded.any()
    assert index.upright
    assert index.config[:2] == b"\x01d"


async def test_only_the_spans_are_listed_with_what_leads_to_them(film: Path) -> None:
    tick = 12_800 // 25
    spans = ((30 * tick, 35 * tick), (85 * tick, 86 * tick), (31 * tick, 34 * tick))
    index = (await list_packets({"a": Wanted(film, "mp4", 0, spans)}))["a"]
    shown = {int(pts) // tick for pts in index.pts}
    assert {*range(20, 36), *range(80, 87)} <= shown
    assert shown.isdisjoint(range(45, 80))
    assert len(set(index.dts.tolist())) == len(index)
    assert (index.dts[1:] > index.dts[:-1]).all()


async def test_sound_is_listed_too(film: Path) -> None:
    index = (await list_packets({"a": Wanted(film, "mp4", 1, ((-(1 << 30), 1 << 40),))}))["a"]
    assert len(index) > 170
    assert (index.pts[1:] - index.pts[:-1] == 1024).all()
    assert index.config == b"\x12\x08V\xe5\x00" or len(index.config) >= 2
    assert index.colors == ()


async def test_files_that_cannot_be_read_are_left_out_and_others_are_not(film: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(film.read_bytes()[:2000])
    empty = tmp_path / "empty.mp4"
    empty.write_bytes(b"")
    found = await list_packets({"a": everything(damaged), "b": everything(film), "c": everything(empty)})
    assert set(found) == {"b"}
    assert await list_packets({}) == {}
    assert await list_packets({"a": Wanted(film, "mp4", 9, ((0, 1),))}) == {}


async def test_parameter_sets_inside_of_the_stream_are_foreign(film: Path, tmp_path: Path) -> None:
    path = tmp_path / "inside.mp4"
    options = ("-c:v", "libx264", "-x264-params", "keyint=20:repeat-headers=1:sps-id=3", "-bsf:v", "dump_extra")
    source = ("-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=1")
    subprocess.run([find().path, "-v", "error", *source, *options, path], check=True)
    index = (await list_packets({"a": everything(path)}))["a"]
    assert not index.foreign.any()  # the same sets again do no harm
    data = bytearray(path.read_bytes())
    first = int(index.offsets[0])
    at = data.index(b"\x67", first)
    data[at + 3] ^= 1  # another level
    path.write_bytes(data)
    assert (await list_packets({"a": everything(path)}))["a"].foreign[0]


_SHAPES = {
    "plain": (),
    "no B frames": ("-bf", "0"),
    "deep": ("-bf", "5", "-x264-params", "b-pyramid=normal:keyint=15"),
    "open": ("-x264-params", "open-gop=1:keyint=12:bframes=3"),
    "index first": ("-movflags", "+faststart"),
    "in pieces": ("-movflags", "+frag_keyframe+empty_moov"),
    "negative delays": ("-movflags", "+negative_cts_offsets"),
    "no edits": ("-use_editlist", "0"),
    "tagged": ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv"),
    "many chunks": ("-video_track_timescale", "90000", "-movie_timescale", "48000"),
    "late": ("-output_ts_offset", "1.5"),
}


@pytest.mark.parametrize("shape", _SHAPES)
@pytest.mark.parametrize("kind", ["mp4", "mov"])
async def test_tables_say_what_ffmpeg_says(tmp_path: Path, shape: str, kind: str) -> None:
    path = tmp_path / f"film.{kind}"
    source = ("-f", "lavfi", "-i", "testsrc2=s=192x108:r=25:d=3", "-f", "lavfi", "-i", "sine=d=3")
    options = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", *_SHAPES[shape], "-c:a", "aac")
    subprocess.run([find().path, "-v", "error", *source, *options, path], check=True)
    for spans in (((0, 1 << 40),), ((12_000, 14_000), (20_000, 21_000))):
        wanted = Wanted(path, kind, 0, spans)
        read = _tables(wanted)
        listed = (await _by_child({"a": wanted}))["a"]
        if read is None:
            assert shape in {"in pieces", "negative delays"}
            return
        assert read.config == listed.config
        assert read.upright == listed.upright
        # Where the container says nothing of colours, FFmpeg gives what the stream says, which is looked at too.
        assert all(ours in {2, theirs} for ours, theirs in zip(read.colors[1:], listed.colors[1:], strict=True))
        place = {int(at): number for number, at in enumerate(read.offsets)}
        assert set(listed.offsets.tolist()) <= set(place)
        same = [place[int(at)] for at in listed.offsets]
        for name in ("pts", "sizes", "keys", "instant", "foreign", "discarded"):
            assert (getattr(read, name)[same] == getattr(listed, name)).all(), name


async def test_a_file_cut_out_in_the_middle_of_a_group_is_left_to_ffmpeg(film: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    subprocess.run([find().path, "-v", "error", "-ss", "1.3", "-i", film, "-c", "copy", path], check=True)
    assert _tables(everything(path)) is None
    listed = (await list_packets({"a": everything(path)}))["a"]
    assert listed.discarded.any()


@pytest.mark.parametrize("seed", range(40))
async def test_a_damaged_index_is_read_as_ffmpeg_reads_it_or_not_at_all(film: Path, tmp_path: Path, seed: int) -> None:
    raw = bytearray(film.read_bytes())
    dice = random.Random(seed)
    first = raw.rindex(b"moov")
    for _ in range(dice.randint(1, 4)):
        raw[dice.randrange(first, len(raw))] = dice.randrange(256)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(raw)
    found = _tables(everything(path))
    assert found is None or (found.offsets + found.sizes).max() <= len(raw)
