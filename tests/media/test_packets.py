"""Packets of files, listed in a child."""

import subprocess
from pathlib import Path

import av
import pytest

from cutroom.media.ffmpeg import find
from cutroom.media.packets import Wanted, list_packets


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
