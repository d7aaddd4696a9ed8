"""`cutroom subtitles` on files as they lie in a folder."""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import av
import pytest
from typer.testing import CliRunner

from cutroom.app.cli import cli
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.subtitles import SubtitlesDocument
from cutroom.timeline import parse_cues
from tests.media.sources import make_video
from tests.speech.told import LECTURE, told

VOICE = Path(__file__).parents[2] / "examples/media/voice.m4a"
SRT = """1
00:00:00,200 --> 00:00:01,600
Good morning, everyone,
and welcome!

2
00:00:01,700 --> 00:00:01,900
Hi.
"""


def subtitles(file: Path, *options: str, fails: str | None = None) -> str:
    done = CliRunner().invoke(cli, ["subtitles", str(file), *options])
    assert done.exit_code == (0 if fails is None else 1), done.output
    if fails is not None:
        assert f"error {fails}" in done.output
    return done.output


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_video(tmp_path / "talk.mp4", 3, (160, 90), 25)
    (tmp_path / "talk.srt").write_text(SRT)
    return tmp_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def kinds(path: Path) -> Sequence[str]:
    with av.open(str(path)) as file:
        return [stream.type for stream in file.streams]


def test_captions_of_others_become_subtitles_that_can_be_read(folder: Path) -> None:
    said = subtitles(folder / "talk.srt", "--format", "vtt", "--format", "json")
    assert "100.0%" in said
    assert names(folder) == {"talk.mp4", "talk.srt", "talk.vtt", "talk.json"}
    document = SubtitlesDocument.model_validate_json((folder / "talk.json").read_bytes())
    assert document.measures.within == 1
    assert [cue.words[-1].text for cue in document.as_cues()][-1] == "Hi."
    assert document.cues[-1].end - document.cues[-1].start >= 5 / 6  # it was 0.2 s


def test_a_transcript_of_ours_finds_its_recording_by_itself(folder: Path) -> None:
    sha256 = hashlib.sha256((folder / "talk.mp4").read_bytes()).hexdigest()
    document = TranscriptDocument.of(told(LECTURE[:48]), source="talk.mp4", sha256=sha256)
    (folder / "said.json").write_text(document.model_dump_json())
    subtitles(folder / "said.json", "--format", "srt", "--soft-track", "-o", str(folder / "out.srt"))
    assert names(folder) == {"talk.mp4", "talk.srt", "said.json", "out.srt", "out.subtitled.mp4"}
    assert kinds(folder / "out.subtitled.mp4") == ["video", "audio", "subtitle"]


def test_a_film_and_files_go_where_they_are_wanted(folder: Path) -> None:
    out = folder / "made"
    out.mkdir()
    media = ("--media", str(folder / "talk.mp4"), "--no-shots")
    subtitles(folder / "talk.srt", "--burn-in", "--format", "ass", "--style", "karaoke", "-o", str(out), *media)
    assert names(out) == {"talk.ass", "talk.burnt-in.mp4"}
    assert kinds(out / "talk.burnt-in.mp4") == ["video", "audio"]
    assert r"\kf" in (out / "talk.ass").read_text()


def test_the_name_of_the_output_says_what_is_wanted(folder: Path) -> None:
    subtitles(folder / "talk.srt", "-o", str(folder / "other.vtt"), "--characters", "20", "--lines", "1")
    cues = parse_cues((folder / "other.vtt").read_text()).cues
    assert max(len(" ".join(word.text for word in cue.words)) for cue in cues) <= 20
    subtitles(folder / "talk.srt", "--soft-track", "--media", str(folder / "talk.mp4"), "-o", str(folder / "film.mp4"))
    assert kinds(folder / "film.mp4") == ["video", "audio", "subtitle"]


def test_what_is_given_is_never_written_over(folder: Path) -> None:
    before = (folder / "talk.srt").read_text()
    subtitles(folder / "talk.srt", fails="output_is_source")
    subtitles(folder / "talk.srt", "--burn-in", "--media", str(folder / "talk.mp4"), "-o", str(folder / "talk.mp4"),
              fails="output_is_source")  # fmt: skip
    assert (folder / "talk.srt").read_text() == before
    assert names(folder) == {"talk.mp4", "talk.srt"}


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (("--format", "exe"), "unknown_format"),
        (("--style", "loud", "--format", "vtt"), "unknown_style"),
        (("--platform", "telex", "--format", "vtt"), "unknown_platform"),
        (("--burn-in",), "no_recording"),
        (("--soft-track", "--media", "nowhere.mp4"), "no_recording"),
        (("-o", "/nowhere/at/all.srt"), "no_output_folder"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused(folder: Path, options: tuple[str, ...], code: str) -> None:
    subtitles(folder / "talk.srt", *options, fails=code)
    assert names(folder) == {"talk.mp4", "talk.srt"}


def test_a_file_that_is_none_is_said_to_be(folder: Path) -> None:
    subtitles(folder / "nothing.srt", fails="no_recording")
    (folder / "bad.srt").write_bytes(b"\xff\xfe\x00")
    subtitles(folder / "bad.srt", "--format", "vtt", fails="bad_captions")
    (folder / "empty.json").write_text("{}")
    subtitles(folder / "empty.json", "--format", "vtt", fails="bad_captions")


def test_a_recording_is_heard_first(tmp_path: Path) -> None:
    shutil.copyfile(VOICE, tmp_path / "voice.m4a")
    subtitles(tmp_path / "voice.m4a", "--engine", "pocketsphinx", "--format", "srt", "--format", "txt")
    assert names(tmp_path) == {"voice.m4a", "voice.srt", "voice.txt"}
    said = (tmp_path / "voice.txt").read_text()
    assert "change one word" in said
    cues = parse_cues((tmp_path / "voice.srt").read_text()).cues
    assert [word.text for cue in cues for word in cue.words] == said.split()
