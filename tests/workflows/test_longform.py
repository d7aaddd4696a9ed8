"""Longforms as the command line renders them: real media, real ffmpeg, no server."""

import asyncio
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from typer.testing import CliRunner

from cutroom.app.cli import cli
from cutroom.media.probe import probe
from tests.media.sources import count_frames, make_audio, make_image, make_video
from tests.workflows.standing import run

DOCUMENT: Any = {
    "output": {"format": "mp4", "width": 160, "height": 90, "fps": 25},
    "longform": {
        "backgrounds": [{"src": "a.png"}, {"src": "b.mp4"}],
        "secondsPerBackground": 4,
        "crossfade": 1,
        "audio": [{"src": "one.m4a"}, {"src": "two.wav"}, {"src": "one.m4a"}],
        "audioFade": 0.5,
    },
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_image(tmp_path / "a.png", (320, 180), color="red")
    make_video(tmp_path / "b.mp4", 1, (160, 90), 25)
    make_audio(tmp_path / "two.wav", 3)
    make_audio(tmp_path / "one.wav", 11)
    subprocess.run(
        [get_ffmpeg_exe(), "-v", "error", "-i", tmp_path / "one.wav", "-c:a", "aac", tmp_path / "one.m4a"], check=True
    )
    return tmp_path


def render(folder: Path, document: Any, out: str, *options: str) -> str:
    path = folder / "longform.json"
    path.write_text(json.dumps(document))
    command = ["render", str(path), "-o", str(folder / out), "--cache", str(folder / "cache"), *options]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_longform_becomes_a_film(folder: Path) -> None:
    render(folder, DOCUMENT, "out.mp4")
    info = asyncio.run(probe(folder / "out.mp4"))
    assert info.video is not None
    assert info.audio is not None
    assert count_frames(folder / "out.mp4") == 25 * 25
    assert info.video.duration == 25
    assert info.audio.duration == 25
    assert (info.video.codec, info.audio.codec) == ("h264", "aac")


def test_a_longform_becomes_sound_alone(folder: Path) -> None:
    document = {**DOCUMENT, "output": {"format": "m4a"}}
    render(folder, document, "out.m4a")
    info = asyncio.run(probe(folder / "out.m4a"))
    assert info.kind == "audio"
    assert info.duration == 25


def test_a_longform_is_explained(folder: Path) -> None:
    said = render(folder, DOCUMENT, "out.mp4", "--explain")
    assert "625 frames" in said
    assert "packets copied" in said


def test_a_longform_of_two_minutes_decodes_without_a_fault(folder: Path) -> None:
    longform = DOCUMENT["longform"] | {"audio": [{"src": "one.m4a"}] * 11, "secondsPerBackground": 9}
    render(folder, DOCUMENT | {"longform": longform}, "out.mp4")
    program = [get_ffmpeg_exe(), "-v", "warning", "-xerror", "-i", folder / "out.mp4", "-f", "null", "-"]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert count_frames(folder / "out.mp4") == 121 * 25


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.99])
def test_pieces_that_a_stop_of_the_machine_cut_off_are_made_anew(folder: Path, kept: float) -> None:
    longform = DOCUMENT["longform"] | {"audio": [{"src": "two.wav"}], "secondsPerBackground": 2, "crossfade": 0.5}
    document = DOCUMENT | {"longform": longform}
    render(folder, document, "one.mp4")
    pieces = [path for path in (folder / "cache").iterdir() if path.is_file()]
    assert len(pieces) > 3
    for path in pieces:
        path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept)])
    shutil.rmtree(folder / "cache" / "film")
    shutil.rmtree(folder / "cache" / "again", ignore_errors=True)
    render(folder, document, "two.mp4")
    assert (folder / "two.mp4").read_bytes() == (folder / "one.mp4").read_bytes()


async def test_pieces_of_a_longform_that_are_swept_before_they_are_joined_are_made_again(folder: Path) -> None:
    swept: list[Path] = []

    def sweep(event: dict[str, Any]) -> None:
        if event.get("stage") == "joining" and not swept:
            swept.extend(path for path in (folder / "cache").iterdir() if len(path.name) == 64)
            for path in swept:
                path.unlink()

    result, seen = await run(folder, DOCUMENT, meanwhile=sweep)
    assert len(swept) > 2, "pictures, the way from one to the next, and sound"
    assert "blob_missing" in {event.get("code") for event in seen}
    assert result.frames == 25 * 25 == count_frames(folder / "out.mp4")
