"""Reading where a stranger's packets lie: what is usual is found, everything else is left to be encoded."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import pytest

from cutroom.media.info import MediaInfo
from cutroom.render.longform import copy_facts
from cutroom.render.mux.aac import read_packets, specific_config, window_of
from tests.render.studio import Studio

AAC = ("-c:a", "aac", "-b:a", "128k")


async def source(studio: Studio, name: str, *options: str) -> tuple[Path, MediaInfo]:
    media = await studio.noise(name, 3, *(options or AAC))
    return studio.paths[media.sha256], media.info


@pytest.mark.parametrize("name", ["p.m4a", "p.mp4", "p.mov", "p.aac"])
async def test_packets_are_found_where_they_lie(studio: Studio, name: str) -> None:
    path, info = await source(studio, name)
    found = read_packets(path, info)
    assert found is not None
    with av.open(str(path)) as file:
        packets = [bytes(packet) for packet in file.demux(audio=0) if packet.size]
    header = 7 if name.endswith("aac") else 0
    data = path.read_bytes()
    places = zip(found.run.offsets.tolist(), found.run.sizes.tolist(), strict=True)
    assert [data[offset : offset + size] for offset, size in places] == [packet[header:] for packet in packets]
    assert found.first == (0 if header else -1024)
    assert copy_facts(path, info) is not None


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("q.mp3", ("-b:a", "128k")),
        ("q.wav", ("-c:a", "pcm_s16le")),
        ("q.mkv", AAC),
        ("q.ts", AAC),
        ("fragmented.mp4", (*AAC, "-movflags", "+frag_keyframe+empty_moov")),
        ("alac.m4a", ("-c:a", "alac")),
    ],
)
async def test_what_is_no_plain_aac_is_encoded(studio: Studio, name: str, options: tuple[str, ...]) -> None:
    path, info = await source(studio, name, *options)
    assert copy_facts(path, info) is None


async def test_what_the_probe_says_otherwise_is_encoded(studio: Studio) -> None:
    path, info = await source(studio, "p.m4a")
    assert info.audio is not None
    for audio in (
        replace(info.audio, sample_rate=44_100),
        replace(info.audio, channels=1),
        replace(info.audio, channels=6),
        replace(info.audio, start=info.audio.time_base),
    ):
        assert read_packets(path, replace(info, audio=audio)) is None
    assert read_packets(path, replace(info, audio=None)) is None


def _cut(data: bytes, where: random.Random) -> bytes:
    return data[: where.randrange(len(data))]


def _flip(data: bytes, where: random.Random) -> bytes:
    changed = bytearray(data)
    start = max(data.find(b"moov"), 0)
    for _ in range(8):
        changed[where.randrange(start, len(data))] ^= 1 << where.randrange(8)
    return bytes(changed)


def _swell(data: bytes, where: random.Random) -> bytes:
    changed = bytearray(data)
    for name in (b"stsz", b"stco", b"stsc", b"stts", b"elst"):
        place = data.find(name)
        if place >= 0 and where.random() < 0.5:
            changed[place + 4 + where.randrange(16)] = 0xFF
    return bytes(changed)


@pytest.mark.parametrize("damage", [_cut, _flip, _swell])
@pytest.mark.parametrize("name", ["p.m4a", "p.aac"])
async def test_a_damaged_file_never_leads_outside_of_itself(
    studio: Studio, tmp_path: Path, damage: Callable[[bytes, random.Random], bytes], name: str
) -> None:
    path, info = await source(studio, name)
    where, data = random.Random(5), path.read_bytes()
    for number in range(60):
        broken = tmp_path / f"{number}"
        broken.write_bytes(damage(data, where))
        found = read_packets(broken, info)
        if found is not None:
            assert found.run.offsets.min() >= 0
            assert (found.run.offsets + found.run.sizes).max() <= broken.stat().st_size


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("1190", (48_000, 2)),
        ("1210", (44_100, 2)),
        ("1188", (48_000, 1)),
        ("119056e500", (48_000, 2)),  # plain, and says so
        ("131056e598", None),  # with spectral band replication
        ("2b11880800", None),  # HE-AAC
        ("11b0", None),  # six channels
        ("1194", None),  # windows of 960
        ("11", None),
    ],
)
def test_only_plain_low_complexity_is_copied(config: str, says: tuple[int, int] | None) -> None:
    assert specific_config(bytes.fromhex(config)) == says


@pytest.mark.parametrize(
    ("bits", "says"),
    [
        ("001 0000 1 0 00 1", (True, 1)),  # a pair that shares its windows, only long
        ("001 0000 1 0 01 0", (False, 0)),  # long start: its second half is short
        ("001 0000 1 0 10 0", (False, 0)),
        ("001 0000 1 0 11 1", (True, 1)),
        ("001 0000 0 0 00 1", None),  # a pair with windows of their own
        ("000 0000 11111111 0 00 1", (True, 1)),  # a single channel
        ("110 0000 1 0 00 1", None),  # something to fill with
    ],
)
def test_windows_are_read_from_the_first_bits(bits: str, says: tuple[bool, int] | None) -> None:
    plain = bits.replace(" ", "").ljust(24, "0")
    assert window_of(int(plain, 2).to_bytes(3, "big")) == says
