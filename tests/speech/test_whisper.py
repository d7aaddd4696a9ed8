"""The real faster-whisper, through our child and its box, with a Whisper that says the same whatever it hears."""

import asyncio
import shutil
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.speech import whisper
from cutroom.speech.pcm import SAMPLE_RATE, Span
from cutroom.speech.transcriber import Heard, Listening, Spoken
from cutroom.speech.whisper import NAME, Device, WhisperMaker, WhisperSettings, WhisperTranscriber, code_of
from cutroom.speech.whisper_models import Hub, Models
from tests.speech.fixtures.tiny_whisper import HEARD, TEXT, make

SAID = ["The", "tape", "costs", "$42.50", "or", "7%,", "Ann", "said!"]


@pytest.fixture(scope="session")
def english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("whisper") / "tiny.en")


@pytest.fixture(scope="session")
def multilingual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("whisper") / "tiny", multilingual=True)


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """Eight seconds of it."""
    path = tmp_path / "noise.pcm"
    samples = np.random.default_rng(2).standard_normal(8 * SAMPLE_RATE) * 3000
    path.write_bytes(samples.astype("<i2").tobytes())
    return path


def maker_of(folder: Path, device: Device = "cpu") -> WhisperMaker:
    models = Models(folder.parent / "models", Hub(offline=True))
    return WhisperMaker(WhisperSettings(models, str(folder), device))


def transcriber_of(folder: Path, device: Device = "cpu") -> WhisperTranscriber:
    return maker_of(folder, device).make(None)


def words_of(heard: Heard, span: int) -> list[Spoken]:
    return [word for utterance in heard.spans[span] for word in utterance.words]


def listening(pcm: Path, *spans: tuple[int, int], language: str | None = "en", prompt: str | None = None) -> Listening:
    return Listening(pcm, tuple(Span(start, end) for start, end in spans), language, prompt)


async def failure_of(folder: Path, request: Listening, scratch: Path, device: Device = "cpu") -> CutroomError:
    with pytest.raises(CutroomError) as caught:
        await transcriber_of(folder, device).transcribe(request, scratch=scratch)
    return caught.value


async def test_every_span_is_heard_by_itself_and_its_words_lie_within_it(
    english: Path, noise: Path, tmp_path: Path
) -> None:
    done: list[float] = []
    # More spans than one batch has, one of them of no whole second: batches count in whole ones and run over the end.
    spans = [(0, 1500), (1500, 3000), (3200, 4700), (4800, 6000), (6100, 7930)]
    heard = await transcriber_of(english).transcribe(
        listening(noise, *spans, language="en-US"), scratch=tmp_path, progress=done.append
    )
    assert heard.language == "en-US"
    assert len(heard.spans) == len(spans)
    for number, (start, end) in enumerate(spans):
        words = words_of(heard, number)
        assert [word.text for word in words] == SAID
        assert all(start <= (word.start_ms or 0) <= (word.end_ms or 0) <= end for word in words)
        assert all(word.confidence is not None and 0 <= word.confidence <= 1 for word in words)
    assert done == sorted(done)
    assert done[-1] == 1.0


async def test_numbers_and_symbols_are_in_one_word_and_keep_their_times(
    english: Path, noise: Path, tmp_path: Path
) -> None:
    heard = await transcriber_of(english).transcribe(listening(noise, (0, 5000)), scratch=tmp_path)
    words = words_of(heard, 0)
    assert " ".join(word.text for word in words) == TEXT
    assert {"$42.50", "7%,"} <= {word.text for word in words}
    assert all(word.start_ms is not None and word.end_ms is not None for word in words)


async def test_what_nobody_says_so_fast_is_left_out(english: Path, noise: Path, tmp_path: Path) -> None:
    heard = await transcriber_of(english).transcribe(listening(noise, (0, 200), (200, 3000)), scratch=tmp_path)
    assert words_of(heard, 0) == []
    assert len(words_of(heard, 1)) == len(SAID)


async def test_a_multilingual_model_finds_the_language(multilingual: Path, noise: Path, tmp_path: Path) -> None:
    transcriber = transcriber_of(multilingual)
    request = listening(noise, (0, 3000), language=None)
    assert await transcriber.detect(request, scratch=tmp_path) == HEARD
    heard = await transcriber.transcribe(request, scratch=tmp_path)
    assert heard.language == HEARD
    assert [word.text for word in words_of(heard, 0)] == SAID


async def test_an_english_model_finds_english(english: Path, noise: Path, tmp_path: Path) -> None:
    assert await transcriber_of(english).detect(listening(noise, (0, 3000), language=None), scratch=tmp_path) == "en"


async def test_a_language_that_the_model_does_not_know_is_refused_at_its_place(
    english: Path, multilingual: Path, noise: Path, tmp_path: Path
) -> None:
    for folder, language in ((english, "de"), (multilingual, "cy")):
        error = await failure_of(folder, listening(noise, (0, 3000), language=language), tmp_path)
        assert isinstance(error, Invalid)
        assert (error.code, error.details[0].pointer) == ("language_not_supported", "/language")
        assert f"'{language}'" in error.message


async def test_hints_of_any_length_leave_room_for_the_text(english: Path, noise: Path, tmp_path: Path) -> None:
    request = Listening(
        noise, (Span(0, 3000),), "en", "All about tapes. " * 100, tuple(f"name{number}" for number in range(200))
    )
    heard = await transcriber_of(english).transcribe(request, scratch=tmp_path)
    assert [word.text for word in words_of(heard, 0)] == SAID


async def test_nothing_to_hear_is_nothing_heard(english: Path, noise: Path, tmp_path: Path) -> None:
    heard = await transcriber_of(english).transcribe(listening(noise), scratch=tmp_path)
    assert heard.spans == ()


async def test_cancelling_ends_the_child(english: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "slow.py"
    child.write_text("import os, pathlib, time\nprint('{}', flush=True)\ntime.sleep(60)\n")
    pcm = tmp_path / "silence.pcm"
    pcm.write_bytes(bytes(SAMPLE_RATE))
    monkeypatch.setattr(whisper, "_CHILD", child)
    task = asyncio.ensure_future(transcriber_of(english).transcribe(listening(pcm, (0, 500)), scratch=tmp_path))
    async with asyncio.timeout(60):
        while not _runs(child):
            await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not _runs(child)


def _runs(program: Path) -> bool:
    """Whether a process runs this program."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if str(program).encode() in path.read_bytes():
                return True
    return False


async def test_a_damaged_model_says_so(english: Path, noise: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(english, damaged)
    (damaged / "model.bin").write_bytes((damaged / "model.bin").read_bytes()[:10_000])
    error = await failure_of(damaged, listening(noise, (0, 3000)), tmp_path)
    assert error.code in {"model_unavailable", "speech_engine_failed"}
    assert str(tmp_path) not in error.message


async def test_a_card_that_is_not_there_is_complained_of_only_where_it_was_asked_for(
    english: Path, noise: Path, tmp_path: Path
) -> None:
    if whisper._CARD.exists():
        pytest.skip("this machine has one")
    error = await failure_of(english, listening(noise, (0, 3000)), tmp_path, device="cuda")
    assert (error.code, error.retryable) == ("speech_device_unavailable", False)
    heard = await transcriber_of(english, "auto").transcribe(listening(noise, (0, 3000)), scratch=tmp_path)
    assert words_of(heard, 0)


async def test_an_engine_that_is_not_installed_names_what_to_install(
    english: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper, "_installed", lambda: False)
    maker = maker_of(english)
    assert not maker.ready("en")
    with pytest.raises(Unavailable) as caught:
        maker.make(None)
    assert caught.value.code == "engine_not_installed"
    assert "cutroom[whisper]" in caught.value.message


async def test_it_is_ready_when_its_model_is_here_and_knows_the_language(
    english: Path, multilingual: Path, tmp_path: Path
) -> None:
    assert [maker_of(english).ready(language) for language in (None, "en", "en-GB", "de")] == [True, True, True, False]
    assert maker_of(multilingual).ready("de")
    absent = WhisperMaker(WhisperSettings(Models(tmp_path), "small"))
    assert not absent.ready(None)


async def test_requests_may_only_name_models_that_are_here(english: Path, tmp_path: Path) -> None:
    maker = maker_of(english)
    for name in ("large-v3", str(english.parent), "some/repository", "/etc"):
        with pytest.raises(Invalid) as caught:
            maker.make(name)
        assert caught.value.code == "unknown_speech_model"
        assert caught.value.details[0].pointer == "/model"
    assert maker.make(str(english)).engine.model == "tiny.en"


async def test_a_model_is_found_again_under_the_name_that_transcripts_have(
    english: Path, multilingual: Path, tmp_path: Path
) -> None:
    maker = WhisperMaker(WhisperSettings(Models(tmp_path), str(english), any_model=True))
    for name in (None, str(multilingual)):
        made = maker.make(name)
        again = maker.make(made.engine.model)
        assert (again.engine, again.key) == (made.engine, made.key)
        assert "/" not in made.engine.model


async def test_the_key_changes_with_the_model(english: Path, multilingual: Path) -> None:
    keys = {transcriber_of(folder).key for folder in (english, multilingual)}
    assert len(keys) == 2
    assert all(key.startswith(f"{NAME} ") for key in keys)


def test_languages_are_called_as_whisper_calls_them() -> None:
    assert [code_of(tag) for tag in ("en", "pt-BR", "zh-Hant-TW", "nb", "fil", "IW")] == [
        "en",
        "pt",
        "zh",
        "no",
        "tl",
        "he",
    ]
