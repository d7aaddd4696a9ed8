"""`cutroom clip` on files as they lie in a folder."""

import hashlib
import json
from pathlib import Path

import av
import pytest
from typer.testing import CliRunner

from bench.quality.corpus.drawing import room
from bench.quality.corpus.filming import film
from cutroom.app.cli import cli
from cutroom.highlights.document import HighlightDocument, HighlightsDocument, PartsDocument, WishDocument

SRT = """1
00:00:00,150 --> 00:00:00,420
Good morning!
"""


def clip(file: Path, *options: str, fails: str | None = None) -> str:
    done = CliRunner().invoke(cli, ["clip", str(file), *options])
    assert done.exit_code == (0 if fails is None else 1), done.output
    if fails is not None:
        assert f"error {fails}" in done.output
    return done.output


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("recording") / "talk.mp4", [room(1)] * 60)


@pytest.fixture
def folder(recording: Path, tmp_path: Path) -> Path:
    (tmp_path / "talk.mp4").write_bytes(recording.read_bytes())
    (tmp_path / "talk.srt").write_text(SRT)
    return tmp_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_range_becomes_a_film_a_thumbnail_subtitles_and_a_timeline_that_renders_again(folder: Path) -> None:
    said = clip(
        folder / "talk.mp4",
        "--start",
        "0.1",
        "--end",
        "1.0",
        "--aspect",
        "1:1",
        "--transcript",
        str(folder / "talk.srt"),
    )
    made = {"talk.clip.mp4", "talk.clip.jpg", "talk.clip.srt", "talk.clip.json"}
    assert names(folder) == {"talk.mp4", "talk.srt", *made}
    assert "1080x1080" in said
    with av.open(str(folder / "talk.clip.mp4")) as file:
        assert file.streams.video[0].frames == 27
    document = json.loads((folder / "talk.clip.json").read_text("utf-8"))
    assert document["timeline"]["tracks"][-1]["clips"][0]["asset"]["src"] == "talk.mp4"
    document["output"].update(width=64, height=64, poster=None)
    (folder / "talk.clip.json").write_text(json.dumps(document))
    done = CliRunner().invoke(cli, ["render", str(folder / "talk.clip.json"), "-o", str(folder / "again.mp4")])
    assert done.exit_code == 0, done.output
    with av.open(str(folder / "again.mp4")) as file:
        assert (file.streams.video[0].width, file.streams.video[0].frames) == (64, 27)


def test_a_highlight_of_a_file_becomes_a_clip_in_another_folder(folder: Path) -> None:
    item = HighlightDocument(
        id="w0-1", start=0.1, end=0.5, title="A greeting", text="Good morning!", score=80, parts=PartsDocument(),
        reasons=[], first_word=0, last_word=1, keyframe=0.2, speakers=[],
    )  # fmt: skip
    sha256 = hashlib.sha256((folder / "talk.mp4").read_bytes()).hexdigest()
    document = HighlightsDocument(
        source="talk.mp4", sha256=sha256, language="en", duration=2, transcript="trn_1", transcript_version=1,
        wish=WishDocument(count=1, min_length=0.1, max_length=9), method="scored", items=[item],
    )  # fmt: skip
    (folder / "highlights.json").write_text(document.model_dump_json())
    (folder / "out").mkdir()
    given = ["--highlight", "1", "--highlights", str(folder / "highlights.json")]
    words = ["--transcript", str(folder / "talk.srt"), "--captions", "none", "--reframe", "center"]
    said = clip(folder / "talk.mp4", *given, *words, "-o", str(folder / "out"))
    assert "A greeting" in said
    assert {"talk.clip.mp4", "talk.clip.json"} <= names(folder / "out")
    document_made = json.loads((folder / "out" / "talk.clip.json").read_text("utf-8"))
    source = document_made["timeline"]["tracks"][0]["clips"][0]["asset"]["src"]
    assert Path(source) == folder / "talk.mp4"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--start", "0"], "nothing_asked"),
        ([], "nothing_asked"),
        (["--start", "0", "--end", "1", "--highlight", "1"], "nothing_asked"),
        (["--start", "0", "--end", "1", "--aspect", "2:1"], "unknown_aspect"),
        (["--start", "0", "--end", "1", "--platform", "vine"], "unknown_platform"),
        (["--start", "0", "--end", "1", "--captions", "comic"], "unknown_captions"),
        (["--start", "0", "--end", "1", "--reframe", "up"], "unknown_reframe"),
        (["--start", "0", "--end", "1", "-o", "clip.mov"], "wrong_extension"),
        (["--start", "50", "--end", "51"], "not_in_recording"),
        (["--highlight", "1", "--transcript", "talk.srt", "--highlights", "talk.srt"], "bad_highlights"),
    ],
)
def test_what_cannot_be_done_is_said_before_any_work(
    folder: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], code: str
) -> None:
    monkeypatch.chdir(folder)
    before = names(folder)
    clip(Path("talk.mp4"), *options, fails=code)
    assert names(folder) == before


def test_a_highlight_that_there_is_not_is_not_clipped(folder: Path) -> None:
    said = clip(
        folder / "talk.mp4", "--highlight", "3", "--transcript", str(folder / "talk.srt"), fails="highlight_not_found"
    )
    assert "--min-length" in said
    assert names(folder) == {"talk.mp4", "talk.srt"}


def test_a_recording_is_not_written_over(folder: Path) -> None:
    clip(folder / "talk.mp4", "--start", "0", "--end", "1", "-o", str(folder / "talk.mp4"), fails="output_is_source")


def test_a_transcript_is_no_recording(folder: Path) -> None:
    clip(folder / "talk.srt", "--start", "0", "--end", "1", fails="no_recording")
    clip(folder / "nothing.mp4", "--start", "0", "--end", "1", fails="no_recording")
