"""Files laid end to end: their sound is taken from them packet by packet, like their pictures."""

import hashlib
import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.media.sources import ffmpeg
from tests.workflows.standing import run

TAGS = ("-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709", "-color_range", "tv")
LENGTHS = (1.9, 2.3, 1.5)
CLIP_S = 1.5


def film(path: Path, seconds: float, seed: int, *sound: str) -> Path:
    """Grey noise pictures, and pink noise that is another for each seed."""
    ffmpeg(
        "-f", "lavfi", "-i", f"testsrc2=s=160x90:r=30:d={seconds}",
        "-f", "lavfi", "-i", f"anoisesrc=c=pink:r=48000:a=0.5:seed={seed}:d={seconds}",
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "15", "-sc_threshold", "0", *TAGS,
        *(sound or ("-c:a", "aac", "-ac", "2", "-ar", "48000", "-b:a", "192k")), path,
    )  # fmt: skip
    return path


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for number, seconds in enumerate(LENGTHS):
        film(folder / f"{number}.mp4", seconds, number + 1)
    film(folder / "mono.mp4", 2, 4, "-c:a", "aac", "-ac", "1", "-ar", "48000")
    film(folder / "slow.mp4", 2, 5, "-c:a", "aac", "-ac", "2", "-ar", "44100")
    film(folder / "mp3.mp4", 2, 6, "-c:a", "libmp3lame", "-ac", "2", "-ar", "48000")
    film(folder / "brief.mp4", 2, 7, "-c:a", "aac", "-ac", "2", "-ar", "48000", "-af", "atrim=end=1")
    return folder


def document(sources: Path, names: tuple[str, ...] = ("0", "1", "2"), **changes: Any) -> dict[str, Any]:
    clips: list[dict[str, Any]] = [
        {"asset": {"type": "video", "src": str(sources / f"{name}.mp4")}, "start": "auto", "length": CLIP_S}
        for name in names
    ]
    made: dict[str, Any] = {
        "output": {"format": "mp4", "width": 160, "height": 90, "fps": 30, "quality": "medium"},
        "timeline": {"tracks": [{"clips": clips}]},
    }
    for place, value in changes.items():
        target: Any = clips[1] if place in {"volume", "trim"} else made["timeline"]
        target[place] = value
    return made


def sound_packets(path: Path) -> list[str]:
    with av.open(str(path)) as file:
        return [hashlib.sha256(bytes(packet)).hexdigest() for packet in file.demux(audio=0) if packet.size]


def samples(path: Path) -> np.ndarray[Any, np.dtype[np.float32]]:
    with av.open(str(path)) as file:
        return np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)]).astype(np.float32)


def copied(out: Path, sources: Path) -> bool:
    """Whether every packet of sound is one of the sources'."""
    known = {packet for path in sources.glob("*.mp4") for packet in sound_packets(path)}
    return set(sound_packets(out)) <= known


async def test_every_packet_is_the_sources_own_and_none_is_off_by_half_a_frame(sources: Path, tmp_path: Path) -> None:
    await run(tmp_path, document(sources))
    out = tmp_path / "out.mp4"
    assert copied(out, sources)
    heard = samples(out)
    assert 0 <= len(heard) - 3 * CLIP_S * 48_000 < 1024
    for number in range(3):
        first = round(number * CLIP_S * 48_000)
        source = samples(sources / f"{number}.mp4")
        inside = slice(first + 12_000, first + 44_000)
        lags = np.arange(-801, 802)
        errors = [np.abs(heard[inside] - source[12_000 - lag : 44_000 - lag]).mean() for lag in lags.tolist()]
        off = int(lags[int(np.argmin(errors))])
        assert min(errors) < np.median(errors) / 3  # AAC puts noise of its own where it heard noise
        assert abs(off) <= 512
        assert number or off == 0


async def test_cuts_fade_for_one_packet_and_never_fall_silent(sources: Path, tmp_path: Path) -> None:
    await run(tmp_path, document(sources))
    heard = samples(tmp_path / "out.mp4")
    blocks = np.sqrt((heard[: len(heard) // 512 * 512].reshape(-1, 512) ** 2).mean(axis=1))
    assert blocks[2:-2].min() > 0.3 * np.median(blocks)
    assert blocks.max() < 2 * np.median(blocks)


async def test_one_source_that_plays_on_is_copied_without_a_seam(sources: Path, tmp_path: Path) -> None:
    made = document(sources, ("1", "1"))
    for number, clip in enumerate(made["timeline"]["tracks"][0]["clips"]):
        clip["trim"], clip["length"] = number, 1.0
    await run(tmp_path, made)
    assert copied(tmp_path / "out.mp4", sources)
    heard, source = samples(tmp_path / "out.mp4"), samples(sources / "1.mp4")
    assert np.abs(heard[2_000:94_000] - source[2_000:94_000]).max() < 1e-4


@pytest.mark.parametrize(
    "changes",
    [
        {"names": ("0", "mono")},
        {"names": ("0", "slow")},
        {"names": ("0", "mp3")},
        {"names": ("0", "brief", "1")},
        {"volume": 0.5},
        {"soundtrack": {"src": "1.mp4", "volume": 0.5}},
        {"loudness": {"target": -16}},
    ],
    ids=json.dumps,
)
async def test_whatever_has_to_be_mixed_or_encoded_is(sources: Path, tmp_path: Path, changes: dict[str, Any]) -> None:
    if "soundtrack" in changes:
        changes = {"soundtrack": {**changes["soundtrack"], "src": str(sources / "1.mp4")}}
    made = document(sources, **changes)
    await run(tmp_path, made)
    assert not copied(tmp_path / "out.mp4", sources)
    assert abs(len(samples(tmp_path / "out.mp4")) / 48_000 - CLIP_S * len(changes.get("names", (1, 2, 3)))) < 0.03


async def test_the_same_document_gives_the_same_bytes(sources: Path, tmp_path: Path) -> None:
    await run(tmp_path, document(sources), "one.mp4")
    (tmp_path / "fresh").mkdir()
    await run(tmp_path / "fresh", document(sources), "two.mp4")
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "fresh" / "two.mp4").read_bytes()
