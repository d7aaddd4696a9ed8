import os
import random
import resource
import time
from fractions import Fraction
from pathlib import Path

import pytest

from cutroom.kit.errors import CutroomError, Invalid
from cutroom.media.command import Command, Input, Output
from cutroom.media.heif import Heif, HeifError
from cutroom.media.options import DEMUXERS
from cutroom.media.probe import MediaInfo, probe
from cutroom.media.run import RunLimits, run_ffmpeg
from cutroom.media.words import Word
from tests.media.heics import Entry, chart, coded, dots, film, grid, heif, size
from tests.media.hostile import HLS, flood_png, write_all
from tests.media.oracle import Canary
from tests.media.sources import ffmpeg, make_audio, make_image, make_video


def test_the_canary_sings(tmp_path: Path) -> None:
    playlist = tmp_path / "evil.m3u8"
    with Canary(tmp_path) as canary:
        assert not canary.touched()
        playlist.write_text(HLS.format("", canary.file))
        with pytest.raises(AssertionError):  # ffmpeg alone follows the playlist into the secret, then fails on it
            ffmpeg("-allowed_extensions", "ALL", "-i", playlist, "-f", "null", "-")
        assert canary.touched()
        assert not canary.touched()
        playlist.write_text(HLS.format("", f"http://127.0.0.1:{canary.port}/x.ts"))
        with pytest.raises(AssertionError):
            ffmpeg("-rw_timeout", "300000", "-protocol_whitelist", "file,http,tcp", "-i", playlist, "-f", "null", "-")
        assert canary.touched()


@pytest.mark.threat("A15", "A16", "A17", "A18", "A19", "A20", "A21", "A22", "A23")
async def test_a_probe_opens_no_file_but_its_own(tmp_path: Path) -> None:  # threats A15 to A23
    with Canary(tmp_path) as canary:
        for name, path in write_all(tmp_path, canary).items():
            refused = None
            try:
                await probe(path)
            except Invalid as error:
                refused = error.code
            assert not canary.touched(), name
            unread = "media_unsupported" if name.startswith("svg") else "not_media"
            assert refused == unread or name.startswith("avi"), (name, refused)


@pytest.mark.threat("A15", "A16", "A17", "A18", "A19", "A20", "A21", "A22", "A23")
async def test_ffmpeg_opens_no_file_but_its_own_even_if_the_probe_is_wrong(tmp_path: Path) -> None:
    with Canary(tmp_path) as canary:
        paths = write_all(tmp_path, canary)
        for index, (name, path) in enumerate(paths.items()):
            demuxer = Word.AVI if name.startswith("avi") else sorted(DEMUXERS)[index % len(DEMUXERS)]
            output = Output(tmp_path / "out.md5", Word.FRAMEMD5, ["0:0"])
            try:
                await run_ffmpeg(
                    Command([Input(path, demuxer)], [output]), scratch=tmp_path, limits=RunLimits(timeout_s=10)
                )
            except CutroomError as error:
                assert error.code in {"source_damaged", "ffmpeg_failed"}, (name, error.code)
            assert not canary.touched(), (name, demuxer)


@pytest.mark.parametrize("side", [16_000, 16_384, 100_000])
@pytest.mark.threat("A35")
async def test_a_flood_of_pixels_is_refused_without_the_memory(side: int, tmp_path: Path) -> None:  # threat A35
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(flood_png(side))
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    with pytest.raises(Invalid, match="at most 67108864 pixels") as raised:
        await probe(bomb)
    assert raised.value.code == "media_unsupported"
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after - before < 300 << 10  # kilobytes
    output = Output(tmp_path / "x.png", Word.IMAGE2, ["0:V:0"], {"c:v": Word.PNG, "pix_fmt": Word.RGBA})
    with pytest.raises(CutroomError):
        await run_ffmpeg(Command([Input(bomb, Word.PNG_PIPE)], [output]), scratch=tmp_path)


@pytest.mark.threat("A35", "A38")
async def test_pictures_that_are_developed_cannot_wear_us_out(tmp_path: Path) -> None:  # threats A35, A38
    tile = Entry(b"hvc1", b"", [(b"hvcC", b""), size(512, 512)])
    canvas = bytearray(film(dots(2), [50, 50]))
    canvas[24:30] = b"\xff\x3f\x00" * 2  # 16384 pixels each way, of which a file of 4 KB uses none
    whole = film(dots(2), [50, 50])
    first = whole.index(b"ANMF")
    frame = whole[first : whole.index(b"ANMF", first + 4)]
    endless = bytearray(whole + frame * 30_000)
    endless[4:8] = (len(endless) - 8).to_bytes(4, "little")
    bombs = {
        "one.heic": (heif([Entry(b"hvc1", b"", [(b"hvcC", b""), size(30_000, 30_000)])]), "too large"),
        "one.avif": (heif([Entry(b"av01", b"", [(b"av1C", b""), size(30_000, 30_000)])], brand=b"avif"), "too large"),
        "grid.heic": (
            heif([tile, grid(128, 128, 65_535, 65_535)], [(b"dimg", 2, [1] * 16_384)], primary=2),
            "too large",
        ),
        "canvas.webp": (bytes(canvas), "too large"),
        "endless.webp": (bytes(endless), "too many pictures"),
    }
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    for name, (content, says) in bombs.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(Invalid, match=says) as raised:
            await probe(path)
        assert raised.value.code == "media_unsupported", name
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    assert after - before < 300 << 10  # kilobytes


@pytest.mark.threat("A38")
def test_lists_of_pictures_that_were_hurt_end_in_a_named_error(tmp_path: Path) -> None:  # threat A38
    rng = random.Random(9)
    tiles = [coded(chart(64, 64), tmp_path)] * 4
    whole = heif([*tiles, grid(2, 2, 100, 100)], [(b"dimg", 5, [1, 2, 3, 4])], primary=5)
    lists = whole.index(b"mdat")
    for _ in range(600):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 3, 20])):
            data[rng.randrange(lists)] = rng.choice([0, 1, 127, 255, rng.randrange(256)])
        try:
            found = Heif(bytes(data[: rng.choice([len(data), rng.randrange(8, len(data))])]))
            item = found.item(found.primary)
            assert len(found.content(item)) <= len(whole)
            found.grid(item)
            found.made_of(found.primary)
            found.alpha_of(found.primary)
        except HeifError as error:
            assert error.code in {"truncated", "unreadable", "other_kind"}


@pytest.mark.threat("A37")
async def test_a_timestamp_bomb_is_measured_for_what_it_claims(tmp_path: Path) -> None:  # threat A37
    film = make_video(tmp_path / "f.mkv", 0.08, audio=False, gop=1)
    bomb = tmp_path / "bomb.mkv"
    setts = "setts=pts=if(eq(N\\,0)\\,0\\,86400000):dts=if(eq(N\\,0)\\,0\\,86400000)"
    ffmpeg("-i", film, "-c", "copy", "-bsf:v", setts, bomb)
    info = await probe(bomb)
    assert info.duration is not None
    assert info.duration >= 86400
    assert info.video is not None
    assert info.video.frames == 2


@pytest.mark.threat("A38")
async def test_a_file_of_too_many_streams_is_refused(tmp_path: Path) -> None:  # threat A38
    still = make_image(tmp_path / "a.png", (16, 16))
    many = tmp_path / "many.mkv"
    maps = [word for _ in range(80) for word in ("-map", "0:0")]
    ffmpeg("-i", still, *maps, "-c", "copy", many)
    with pytest.raises(Invalid, match="63 streams") as raised:
        await probe(many)
    assert raised.value.code == "media_unsupported"


@pytest.mark.threat("A38")
async def test_many_tiny_packets_are_counted_in_time(tmp_path: Path) -> None:  # threat A38
    long = tmp_path / "long.mkv"
    source = "sine=r=8000:d=600,asetnsamples=80"
    ffmpeg("-f", "lavfi", "-i", source, "-c:a", "pcm_u8", "-ac", "1", long)
    began = time.monotonic()
    info = await probe(long)
    assert time.monotonic() - began < 20
    assert info.duration is not None
    assert abs(info.duration - 600) < Fraction(1, 10)


@pytest.mark.threat("A39")
async def test_polyglots_are_judged_by_their_first_bytes(tmp_path: Path) -> None:  # threat A39
    film = make_video(tmp_path / "f.mp4", 0.2, audio=False).read_bytes()
    page = tmp_path / "page.html"
    page.write_bytes(b"<html><script>alert(1)</script></html>" + film)
    with pytest.raises(Invalid):
        await probe(page)
    archive = tmp_path / "archive.zip"
    archive.write_bytes(film + b"PK\x03\x04" + bytes(100))
    assert (await probe(archive)).format == "mp4"


async def test_a_pipe_or_a_folder_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(Invalid) as raised:
            await probe(path)
        assert raised.value.code == "not_media"
    with pytest.raises(FileNotFoundError):
        await probe(tmp_path / "missing")


async def test_damage_of_any_kind_ends_in_facts_or_in_a_named_error(tmp_path: Path) -> None:
    rng = random.Random(7)
    originals = [
        make_video(tmp_path / "a.mp4", 0.4).read_bytes(),
        make_video(tmp_path / "a.webm", 0.4, codec="libvpx", audio_codec="libopus").read_bytes(),
        make_video(tmp_path / "a.ts", 0.4).read_bytes(),
        make_video(tmp_path / "a.wmv", 0.4, codec="wmv2", audio_codec="wmav2").read_bytes(),
        make_video(tmp_path / "a.flv", 0.4, options=("-ar", "44100")).read_bytes(),
        make_audio(tmp_path / "a.caf", 0.4, options=("-c:a", "alac")).read_bytes(),
        make_image(tmp_path / "a.jpg").read_bytes(),
        heif([coded(chart(64, 64), tmp_path)]),
        film(dots(3), [40, 40, 40]),
    ]
    path = tmp_path / "hurt"
    for turn in range(36):
        data = bytearray(originals[turn % len(originals)])
        for _ in range(rng.choice([1, 20, 400])):
            data[rng.randrange(len(data))] = rng.randrange(256)
        path.write_bytes(data[: rng.choice([len(data), rng.randrange(20, len(data))])])
        try:
            assert isinstance(await probe(path), MediaInfo)
        except CutroomError as error:
            assert error.code in {"not_media", "media_truncated", "media_unsupported"}
