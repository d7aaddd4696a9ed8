import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.quality.corpus.speech import Recording
from cutroom.jobs import Context, Registry, run_alone
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.media import documents
from cutroom.media.youtube import YouTube
from cutroom.speech import sphinx
from cutroom.speech.engines import Engines
from cutroom.speech.sphinx import Sphinx, SphinxMaker
from cutroom.speech.transcriber import Pace
from cutroom.workflows.run_inputs import InputText, read_input
from cutroom.workflows.run_wishes import RunWishes
from cutroom.workflows.transcribe import Transcribing
from tests.media.papers import pdf
from tests.speech.talk import talk
from tests.workflows.hearing import files_in


@pytest.fixture(scope="module")
def recording() -> Recording:
    return talk(6.0, seed=4)


@pytest.fixture(autouse=True)
def _small_chunks() -> Iterator[None]:
    usual = Sphinx.pace
    Sphinx.pace = Pace(span_ms=4_000, longest_ms=40_000, chunk_ms=8_000)
    yield
    Sphinx.pace = usual


def workflows(youtube: YouTube | None) -> Registry:
    transcribing = Transcribing(Engines((SphinxMaker(),)))

    async def read(ctx: Context, wishes: RunWishes) -> InputText:
        return await read_input(ctx, wishes, transcribing, youtube)

    known = Registry()
    known.add("read", read)
    known.add("transcribe.chunk", transcribing.chunk, internal=True)
    return known


async def read(
    folder: Path, seen: list[float] | None = None, youtube: YouTube | None = None, **wishes: Any
) -> InputText:
    made = await run_alone(
        workflows(youtube),
        "read",
        wishes,
        files=files_in(folder),
        scratch=folder / "scratch",
        events=lambda kind, data: seen.append(data["progress"]) if seen is not None and kind == "progress" else None,
        concurrency=2,
    )
    assert isinstance(made, InputText)
    return made


async def refused(folder: Path, **wishes: Any) -> CutroomError:
    with pytest.raises(CutroomError) as caught:
        await read(folder, **wishes)
    return caught.value


async def test_text_is_read_as_it_is(tmp_path: Path) -> None:
    assert await read(tmp_path, input="Say {{this}}.\r\n") == InputText(text="Say {{this}}.", source="text")
    error = await refused(tmp_path, input=" \n ")
    assert (error.code, error.details[0].pointer) == ("input_empty", "/input")


async def test_an_uploaded_pdf_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.pdf").write_bytes(pdf(["One.", "Two."], "Counting"))
    found = await read(tmp_path, input="a.pdf", inputSource="upload")
    assert found == InputText(text="One.\n\nTwo.", title="Counting", source="a.pdf")
    monkeypatch.setattr(documents, "_CHILD", Path("/nowhere.py"))
    assert await read(tmp_path, input="a.pdf", inputSource="upload") == found


async def test_an_uploaded_text_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes("﻿# Überschrift\r\n\r\nText.".encode())
    assert (await read(tmp_path, input="a.md", inputSource="upload")).text == "# Überschrift\n\nText."


async def test_an_uploaded_recording_is_heard_once(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(recording.wav, tmp_path / "talk.wav")
    progress: list[float] = []
    found = await read(tmp_path, progress, input="talk.wav", inputSource="upload", language="de")
    assert len(found.text.split()) > 5
    assert found.seconds == pytest.approx(recording.duration_ms / 1000, abs=0.002)
    assert found.language == "en"  # which is heard; `language` is of the answer
    assert "basic_engine" in {warning.code for warning in found.warnings}
    assert max(progress[:-1]) <= 30  # the rest is for the models; the last is the end of the job
    monkeypatch.setattr(sphinx, "CHILD", Path("/nowhere.py"))
    assert await read(tmp_path, input="talk.wav", inputSource="upload") == found


@pytest.mark.parametrize(
    ("content", "named", "code"),
    [
        (b"\x00\x01\x02\x03" * 20, "file", "not_media"),
        (b"%PDF-1.4 nothing", "file", "pdf_damaged"),
        (b"x" * 5000 + b"\xff\xfe", "file", "input_not_text"),
        (b"", "missing", "source_not_found"),
        (b"", "http://127.0.0.1/file", "bad_input"),
    ],
    ids=["bytes", "pdf", "text", "missing", "url"],
)
async def test_an_upload_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, named: str, code: str) -> None:
    (tmp_path / "file").write_bytes(content)
    error = await refused(tmp_path, input=named, inputSource="upload")
    assert isinstance(error, Invalid)
    assert (error.code, error.details[0].pointer, error.retryable) == (code, "/input", False)
