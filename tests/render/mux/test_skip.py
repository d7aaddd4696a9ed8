"""Frames that repeat the frame before them: what decoders make of them."""

import hashlib
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import pytest

from cutroom.media.ffmpeg import find
from cutroom.render.mux.mp4 import VideoTrack, write_mp4
from cutroom.render.mux.parameters import merged, read_config
from cutroom.render.mux.samples import Pictures, read_pictures
from cutroom.render.mux.skip import BitWriter, counting, skip_slice, skipped

FPS = Fraction(30)
SETTINGS = "keyint=60:bframes=3:open-gop=0:force-cfr=1:stitchable=1"


def encoded(path: Path, frames: int, *, size: str = "160x90", preset: str = "veryfast", crf: int = 21) -> Pictures:
    source = f"testsrc2=s={size}:r=30"
    encoder = ("-c:v", "libx264", "-preset", preset, "-crf", str(crf), "-x264-params", SETTINGS, "-pix_fmt", "yuv420p")
    command: list[str | Path] = [
        find().path,
        "-y",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        source,
        "-frames:v",
        str(frames),
        *encoder,
    ]
    subprocess.run([*command, "-video_track_timescale", "30000", path], check=True)
    return read_pictures(path, FPS)


def written(out: Path, size: str, parts: Sequence[Pictures]) -> Path:
    width, height = (int(side) for side in size.split("x"))
    config = merged(part.config for part in parts)
    write_mp4(out, video=VideoTrack("h264", config, width, height, 30_000, 1000, [part.run for part in parts]))
    return out


def decoded(path: Path, decoder: str = "h264", *, start: float = 0, count: int | None = None) -> list[str]:
    """Hashes of the frames, as a program that stops at the first error decodes them."""
    program: list[str | Path] = [find().path, "-v", "error", "-xerror", "-c:v", decoder, "-ss", str(start), "-i", path]
    limit = () if count is None else ("-frames:v", str(count))
    done = subprocess.run([*program, *limit, "-f", "framemd5", "-"], check=True, capture_output=True, text=True)
    assert done.stderr == ""
    return [line.rpartition(",")[2].strip() for line in done.stdout.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize(
    ("size", "preset"),
    [("160x90", "superfast"), ("162x98", "veryfast"), ("320x180", "medium"), ("160x90", "ultrafast")],
)
def test_every_frame_of_a_still_is_the_same_picture(tmp_path: Path, size: str, preset: str) -> None:
    still = encoded(tmp_path / "still.mp4", 1, size=size, preset=preset)
    film = written(tmp_path / "film.mp4", size, [skipped(still, 400, FPS, tmp_path / "packets")])
    assert decoded(film) == decoded(tmp_path / "still.mp4") * 400


def test_stills_and_moving_pictures_take_turns(tmp_path: Path) -> None:
    still = encoded(tmp_path / "still.mp4", 1, crf=13)
    moving = encoded(tmp_path / "moving.mp4", 25)
    assert still.config == moving.config
    parts = [moving, skipped(still, 47, FPS, tmp_path / "1"), moving, skipped(still, 2, FPS, tmp_path / "2"), moving]
    one, other = decoded(tmp_path / "moving.mp4"), decoded(tmp_path / "still.mp4")
    film = written(tmp_path / "film.mp4", "160x90", parts)
    assert decoded(film) == one + other * 47 + one + other * 2 + one
    with av.open(str(film)) as file:
        frames = [(frame.pts, frame.to_ndarray().tobytes()) for frame in file.decode(video=0)]
    assert [pts for pts, _ in frames] == [1000 * n for n in range(124)]
    assert len({hashlib.sha256(data).digest() for _, data in frames[25:72]}) == 1


def test_another_decoder_sees_the_same(tmp_path: Path) -> None:
    known = subprocess.run([find().path, "-v", "error", "-decoders"], check=True, capture_output=True, text=True)
    if "libopenh264" not in known.stdout:
        pytest.skip("there is no second decoder here")
    still = encoded(tmp_path / "still.mp4", 1)
    film = written(tmp_path / "film.mp4", "160x90", [skipped(still, 100, FPS, tmp_path / "packets")])
    assert decoded(film, "libopenh264") == decoded(film)


@pytest.mark.parametrize("start", [0.1, 9.9, 10, 14.6, 19.9])
def test_players_can_seek_into_a_still(tmp_path: Path, start: float) -> None:
    still = encoded(tmp_path / "still.mp4", 1)
    film = written(tmp_path / "film.mp4", "160x90", [skipped(still, 600, FPS, tmp_path / "packets")])
    assert decoded(film, start=start, count=1) == decoded(tmp_path / "still.mp4")


def test_a_key_frame_comes_every_ten_seconds_and_the_others_cost_a_dozen_bytes(tmp_path: Path) -> None:
    run = skipped(encoded(tmp_path / "still.mp4", 1), 750, FPS, tmp_path / "packets").run
    assert [place for place, key in enumerate(run.keys) if key] == [0, 300, 600]
    assert max(size for size, key in zip(run.sizes.tolist(), run.keys.tolist(), strict=True) if not key) <= 16
    assert run.whole
    rare = skipped(encoded(tmp_path / "still.mp4", 1), 750, FPS, tmp_path / "packets", key_s=20).run
    assert [place for place, key in enumerate(rare.keys) if key] == [0, 600]


def test_the_sets_of_skipped_pictures_have_ids_of_their_own(tmp_path: Path) -> None:
    still = encoded(tmp_path / "still.mp4", 1)
    config = read_config(skipped(still, 10, FPS, tmp_path / "packets").config)
    assert len(config.sequences) == 1
    assert len(config.sets) == 3


def test_moving_pictures_are_no_still(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one picture"):
        skipped(encoded(tmp_path / "moving.mp4", 2), 10, FPS, tmp_path / "packets")


def test_start_codes_never_occur_in_a_slice(tmp_path: Path) -> None:
    counts = counting(read_config(encoded(tmp_path / "still.mp4", 1).config).sequences[0])
    for place in range(1, 3 * counts.period):
        nal = skip_slice(255, place, counts)
        assert b"\x00\x00\x01" not in nal
        assert b"\x00\x00\x00" not in nal


def test_numbers_are_written_as_the_standard_says() -> None:
    bits = BitWriter()
    for number in (0, 1, 2, 3, 7):  # ITU-T H.264, table 9-2: 1, 010, 011, 00100, 0001000
        bits.number(number)
    assert bits.nal(0x41) == bytes((0x41, 0b10100110, 0b01000001, 0b00010000))
