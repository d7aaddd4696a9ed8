"""How loud a sound is, is measured once, whatever is drawn over it."""

from pathlib import Path
from typing import Any

import pytest

from cutroom.app.kept import KeptFiles
from cutroom.render import REPORT, Level
from tests.media.sources import make_audio
from tests.workflows.standing import run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_audio(tmp_path / "a.wav", 2)
    return tmp_path


def document(text: str, kind: str = "mp4", **clip: Any) -> dict[str, Any]:
    title = {"asset": {"type": "text", "text": text}, "start": 0, "length": 1}
    sound = {"asset": {"type": "audio", "src": "a.wav"}, "start": 0, "length": 1, **clip}
    return {
        "output": {"format": kind, "width": 160, "height": 90, "fps": 10},
        "timeline": {"tracks": [{"clips": [title]}, {"clips": [sound]}]},
    }


async def level(folder: Path, text: str, kind: str = "mp4", **clip: Any) -> Level:
    name = "out.m3u8" if kind == "hls" else f"out.{kind}"
    result, _ = await run(folder, document(text, kind, **clip), name)
    found = REPORT.validate_json(Path(result.artifacts[-1]).read_bytes()).level
    assert found is not None
    return found


def kept(folder: Path) -> list[Path]:
    return sorted((folder / "cache" / "level").glob("*/*"))


@pytest.mark.parametrize("kind", ["mp4", "hls", "webm"])
async def test_the_level_of_the_same_sound_is_taken_from_before(folder: Path, kind: str) -> None:
    first = await level(folder, "one", kind)
    [note] = kept(folder)
    draft = folder / "note"
    draft.write_text(note.read_text().replace('"clipped":0', '"clipped":7'))
    await KeptFiles(folder / "cache").keep(str(note.relative_to(folder / "cache")), draft)
    second = await level(folder, "two", kind)
    assert (first.clipped, second.clipped) == (0, 7)
    assert second.integrated_lufs == first.integrated_lufs
    assert len(kept(folder)) == 1


async def test_another_sound_is_measured(folder: Path) -> None:
    loud = await level(folder, "one")
    quiet = await level(folder, "one", volume=0.25)
    assert loud.integrated_lufs is not None
    assert quiet.integrated_lufs is not None
    assert 11 < loud.integrated_lufs - quiet.integrated_lufs < 13
    assert len(kept(folder)) == 2


async def test_a_note_that_cannot_be_read_is_none(folder: Path) -> None:
    first = await level(folder, "one")
    [note] = kept(folder)
    draft = folder / "note"
    draft.write_text("{")
    await KeptFiles(folder / "cache").keep(str(note.relative_to(folder / "cache")), draft)
    assert await level(folder, "two") == first
