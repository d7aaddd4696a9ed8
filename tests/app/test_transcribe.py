"""`cutroom transcribe` on files as they lie in a folder."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cutroom.app.cli import cli
from tests.speech.talk import talk


def transcribe(file: Path, *options: str, fails: str | None = None) -> str:
    done = CliRunner().invoke(cli, ["transcribe", str(file), "--engine", "pocketsphinx", *options])
    assert done.exit_code == (0 if fails is None else 1), done.output
    if fails is not None:
        assert f"error {fails}" in done.output
    return done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(talk(5.0, seed=8).wav, tmp_path / "talk.wav")
    return tmp_path


def test_a_recording_is_written_down_beside_itself_and_in_every_form(folder: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    said = transcribe(folder / "talk.wav", "--cache", str(cache))
    assert "pocketsphinx en-us" in said
    assert "basic_engine" in said
    document = json.loads((folder / "talk.json").read_text())
    assert document["kind"] == "transcript"
    assert document["segments"]
    out = tmp_path / "out"
    out.mkdir()
    transcribe(folder / "talk.wav", "--cache", str(cache), "-o", str(out), "--language", "en")
    assert sorted(path.name for path in out.iterdir()) == ["talk.json", "talk.srt", "talk.txt", "talk.vtt"]
    transcribe(folder / "talk.wav", "--cache", str(cache), "-o", str(out / "said.srt"))
    assert "-->" in (out / "said.srt").read_text()


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--language", "de"], "language_not_supported"),
        (["--model", "large"], "unknown_speech_model"),
        (["--format", "doc"], "unknown_format"),
        (["-o", "talk.doc"], "unknown_format"),
        (["-o", "nowhere/talk.json"], "no_output_folder"),
        (["--language", "klingon"], "invalid_input"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(folder: Path, options: list[str], code: str) -> None:
    transcribe(folder / "talk.wav", *options, fails=code)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert "nothing.wav" in transcribe(tmp_path / "nothing.wav", fails="no_recording")
