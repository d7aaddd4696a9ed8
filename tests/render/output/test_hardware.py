"""Looking for encoders of graphics cards."""

from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import pytest

from cutroom.media.ffmpeg import find
from cutroom.render.output import hardware as searched
from cutroom.render.output.hardware import FILE, Hardware, Trial, hardware


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine whose only device is a file that is no device."""
    node = tmp_path / "renderD128"
    node.write_bytes(b"")
    monkeypatch.setattr(searched, "_NODES", {"nvenc": [str(node)], "cuvid": [], "qsv": []})
    return node


async def test_a_machine_without_a_card_is_done_at_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(searched, "_NODES", {})
    before = getrusage(RUSAGE_CHILDREN).ru_utime
    found = await hardware(tmp_path / "cache")
    assert getrusage(RUSAGE_CHILDREN).ru_utime - before < 1, "nothing was encoded"
    assert (found.encoders, found.decoders, found.summary) == ((), (), "none found")
    assert (tmp_path / "cache" / FILE).exists()


async def test_an_encoder_that_is_listed_but_does_not_work_is_not_found(bare: Path, tmp_path: Path) -> None:
    assert bare.exists()
    found = await hardware(tmp_path / "cache")
    assert (found.encoders, found.chosen) == ((), {})


async def test_the_verdict_is_kept_until_ffmpeg_or_device_change(bare: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    first = await hardware(cache)
    better = Hardware(first.ffmpeg, first.device, (Trial("h264", "h264_nvenc", 4.0, 1.1, 0.2, better=True),), ())
    (cache / FILE).write_bytes(searched._STORED.dump_json(better))
    assert await hardware(cache) == better
    assert (await hardware(cache)).chosen == {"h264": "h264_nvenc"}
    assert (await hardware(cache)).summary == "h264_nvenc (4.0 x, used)"
    bare.unlink()
    assert (await hardware(cache)).encoders == ()


async def test_a_spoilt_file_is_found_out_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searched, "_NODES", {})
    (tmp_path / FILE).write_text("{")
    assert (await hardware(tmp_path)).summary == "none found"


async def test_what_is_measured_of_an_encoder_is_so(tmp_path: Path) -> None:
    """Seen with an encoder that every machine has."""
    encoded = await searched._encode(searched._encoder("h264"), 30, tmp_path / "one", find())
    lossless = await searched._encode(searched._lossless(), 30, tmp_path / "two", find())
    assert 30 < searched._psnr(encoded.path, lossless.path) < 60
    assert searched._psnr(lossless.path, lossless.path) > 100
    assert encoded.size < lossless.size
    assert encoded.seconds > 0
