"""`cutroom highlights` as a person uses it: in a process of its own."""

import json
import shutil
from pathlib import Path

import pytest

from cutroom.speech.document import TranscriptDocument
from tests.app.starting import afresh, cutroom
from tests.highlights.talk import FILLER, STORY, transcript

VOICE = Path(__file__).parents[2] / "examples/media/voice.m4a"
TALK = transcript(FILLER * 2 + STORY + FILLER * 2)


@pytest.fixture
def told(tmp_path: Path) -> Path:
    path = tmp_path / "talk.json"
    path.write_text(TranscriptDocument.of(TALK, source="", sha256="").model_dump_json())
    return path


def test_a_table_says_what_and_why(told: Path, tmp_path: Path) -> None:
    done = cutroom("highlights", "talk.json", "--count", "1", "--min-length", "10", "-o", "found.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = " ".join(done.stdout.split())
    assert "What would you do if you lost everything in one night?" in shown
    assert "It opens with a question and goes on to the answer." in shown
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["items"][0]["text"] == STORY.strip()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["found.json", "talk.json"]


def test_json_is_all_that_is_printed(told: Path, tmp_path: Path) -> None:
    done = afresh("highlights", "talk.json", "--json", "--prompt", "moments about customers", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["wish"] == {"count": 5, "minLength": 15.0, "maxLength": 60.0, "prompt": "moments about customers"}
    assert "customer" in found["items"][0]["text"]
    assert "fewer_found" in done.stderr


def test_captions_are_read_too(tmp_path: Path) -> None:
    cues = [
        f"{number}\n00:00:{3 * number:02},000 --> 00:00:{3 * number + 2:02},800\n{line}.\n"
        for number, line in enumerate(STORY.replace("?", ".").strip().split(". ")[:6])
    ]
    (tmp_path / "talk.srt").write_text("\n".join(cues))
    done = cutroom("highlights", "talk.srt", "--min-length", "8", "--count", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "0:00" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere.mp4",), "There is no file 'nowhere.mp4'"),
        (("talk.json", "--min-length", "40", "--max-length", "20"), "maxLength"),
        (("talk.json", "--method", "guess"), "/method"),
        (("talk.json", "--method", "model"), "model_not_configured"),
        (("talk.json", "-o", "talk.json"), "output_is_source"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(told: Path, tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    done = cutroom("highlights", *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recording_is_heard_first_without_being_told_what_is_said(tmp_path: Path) -> None:
    shutil.copyfile(VOICE, tmp_path / "voice.m4a")
    done = cutroom(
        "highlights",
        "voice.m4a",
        "--engine",
        "pocketsphinx",
        "--min-length",
        "2",
        "--count",
        "1",
        "--json",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["source"] == "voice.m4a"
    [item] = found["items"]
    assert 2 <= item["end"] - item["start"] <= found["duration"]
    assert item["parts"]["energy"] is not None
    assert item["title"][0].isupper()
