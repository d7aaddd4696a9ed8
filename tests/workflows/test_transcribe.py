import asyncio
import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest

from bench.quality.corpus.speech import Recording, noise, write
from cutroom.jobs.remembered import Remembered
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.speech import activity, sphinx
from cutroom.speech.sphinx import Sphinx
from cutroom.speech.transcriber import Pace
from cutroom.timeline import parse_cues
from tests.media.sources import make_video
from tests.speech.talk import bare, talk
from tests.workflows.hearing import transcribe


@pytest.fixture(scope="module")
def recording() -> Recording:
    return talk(20.0, seed=4)


@pytest.fixture(scope="module")
def heard(recording: Recording, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the recording was transcribed once, in several chunks."""
    folder = tmp_path_factory.mktemp("heard")
    shutil.copy(recording.wav, folder / "talk.wav")
    return folder


@pytest.fixture(autouse=True)
def _small_chunks() -> Iterator[None]:
    """Chunks as short as tests need them."""
    usual = Sphinx.pace
    Sphinx.pace = Pace(span_ms=4_000, longest_ms=40_000, chunk_ms=8_000)
    yield
    Sphinx.pace = usual


async def test_a_recording_becomes_words_with_times(heard: Path, recording: Recording) -> None:
    made, document, _ = await transcribe(heard, "talk.wav")
    words = [word for segment in document.segments for word in segment.words]
    said = " ".join(bare([word.text for word in recording.words]))
    assert jiwer.wer(said, " ".join(word.text for word in words)) < 0.2
    assert abs(words[0].start * 1000 - recording.words[0].start_ms) < 100
    assert made.words == len(words)
    assert (made.language, made.engine, made.model) == ("en", "pocketsphinx", "en-us")
    assert made.duration == pytest.approx(recording.duration_ms / 1000, abs=0.002)
    assert document.engine.writes_punctuation is False
    assert {warning.code for warning in made.warnings} == {"basic_engine", "language_assumed"}


async def test_the_transcript_is_published_in_four_forms(heard: Path) -> None:
    made, document, _ = await transcribe(heard, "talk.wav")
    assert [Path(artifact).name for artifact in made.artifacts] == [
        f"film.transcript.{kind}" for kind in ("json", "srt", "vtt", "txt")
    ]
    data, srt, vtt, text = (Path(artifact).read_text() for artifact in made.artifacts)
    assert json.loads(data) == document.model_dump(mode="json")
    for captions in (data, srt, vtt):
        cues = parse_cues(captions).cues
        assert " ".join(word.text for cue in cues for word in cue.words).split() == text.split()


async def test_nothing_is_heard_twice(heard: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, before, _ = await transcribe(heard, "talk.wav")
    monkeypatch.setattr(sphinx, "CHILD", Path("/nowhere.py"))
    monkeypatch.setattr(activity, "_CHILD", Path("/nowhere.py"))
    _, again, _ = await transcribe(heard, "talk.wav")
    assert again == before
    monkeypatch.setattr(Sphinx, "pace", Pace(span_ms=8_000, longest_ms=40_000, chunk_ms=8_000))
    with pytest.raises(CutroomError):  # other spans of the same recording would have to be heard
        await transcribe(heard, "talk.wav")


async def test_what_was_heard_before_an_attempt_failed_is_kept(
    recording: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(recording.wav, tmp_path / "talk.wav")
    job = asyncio.create_task(transcribe(tmp_path, "talk.wav"))
    chunks = tmp_path / "cache" / "heard"
    async with asyncio.timeout(60):
        while not chunks.exists() or not [path for path in chunks.iterdir() if path.suffix != ".part"]:
            await asyncio.sleep(0.02)
    job.cancel()
    with pytest.raises(asyncio.CancelledError):
        await job
    kept = {path.name: path.stat().st_mtime_ns for path in chunks.iterdir() if path.suffix != ".part"}
    monkeypatch.setattr(activity, "_CHILD", Path("/nowhere.py"))
    made, _, seen = await transcribe(tmp_path, "talk.wav")
    assert made.words > 30
    progress = [event["progress"] for event in seen if event["kind"] == "progress"]
    assert progress == sorted(progress)
    assert [value for value in progress if 8 < value < 97]
    after = {path.name: path.stat().st_size for path in chunks.iterdir()}
    assert set(kept) < set(after)


async def test_a_remake_is_the_next_version(heard: Path) -> None:
    productions = Remembered()
    first, _, _ = await transcribe(heard, "talk.wav", productions=productions)
    second, _, _ = await transcribe(heard, "talk.wav", productions=productions, into=first.transcript)
    assert (second.transcript, first.version, second.version) == (first.transcript, 1, 2)


async def test_words_follow_each_other(heard: Path) -> None:
    _, document, _ = await transcribe(heard, "talk.wav")
    words = [word for segment in document.segments for word in segment.words]
    assert all(left.end <= right.start for left, right in pairwise(words))
    assert all(word.end > word.start for word in words)


async def test_silence_and_noise_have_no_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sphinx, "CHILD", Path("/nowhere.py"))  # no engine is even asked
    write(tmp_path / "quiet.wav", np.concatenate([np.zeros(16_000 * 15, np.float32), 200 * noise(16_000 * 15, 7)]))
    made, document, _ = await transcribe(tmp_path, "quiet.wav")
    assert (made.words, document.segments, made.duration) == (0, [], 30.0)
    assert (made.language, document.language) == ("und", "und")
    assert "no_speech" in {warning.code for warning in made.warnings}


@pytest.mark.parametrize(
    ("given", "code", "pointer"),
    [
        ({"language": "de", "engine": "pocketsphinx"}, "language_not_supported", "/language"),
        ({"engine": "parrot"}, "unknown_speech_engine", "/engine"),
        ({"engine": "pocketsphinx", "model": "large"}, "unknown_speech_model", "/model"),
        ({"model": "large"}, "model_needs_engine", "/engine"),
        ({"source": "nothing.wav"}, "source_not_found", "/source"),
    ],
)
async def test_what_cannot_be_done_says_where(heard: Path, given: dict[str, Any], code: str, pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        await transcribe(heard, given.pop("source", "talk.wav"), **given)
    assert caught.value.code == code
    assert pointer in {detail.pointer for detail in caught.value.details}


async def test_pictures_without_sound_have_nothing_to_hear(tmp_path: Path) -> None:
    make_video(tmp_path / "mute.mp4", 1, audio=False)
    with pytest.raises(Invalid, match="no sound") as caught:
        await transcribe(tmp_path, "mute.mp4")
    assert caught.value.code == "no_speech_track"


async def test_hints_that_make_no_difference_are_told(heard: Path) -> None:
    made, _, _ = await transcribe(heard, "talk.wav", language="en", prompt="A lecture", glossary=["Cutroom"])
    assert "hints_ignored" in {warning.code for warning in made.warnings}
    assert "language_assumed" not in {warning.code for warning in made.warnings}
