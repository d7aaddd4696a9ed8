import asyncio
import os
from pathlib import Path

import jiwer
import pytest

from cutroom.kit.errors import Internal, Invalid
from cutroom.speech import sphinx
from cutroom.speech.engines import Engines
from cutroom.speech.pcm import Span
from cutroom.speech.sphinx import Sphinx, SphinxMaker
from cutroom.speech.transcriber import Listening
from tests.speech.talk import bare, talk


def children() -> list[str]:
    """Command lines of processes that hear."""
    found: list[str] = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            line = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if "sphinx_child.py" in line and parent == os.getpid():
            found.append(line)
    return found


async def test_words_are_heard_with_times_and_confidence(tmp_path: Path) -> None:
    recording = talk(20.0, seed=4)
    end = int(recording.duration_ms)
    cut = int(recording.words[len(recording.words) // 2].end_ms)
    done: list[float] = []
    spans = (Span(0, cut), Span(cut, end))
    heard = await Sphinx().transcribe(Listening(recording.pcm, spans), scratch=tmp_path, progress=done.append)
    words = [word for span in heard.spans for utterance in span for word in utterance.words]
    said, written = " ".join(bare([word.text for word in recording.words])), " ".join(word.text for word in words)
    assert jiwer.wer(said, written) < 0.2
    assert heard.language == "en"
    assert done[-1] == pytest.approx(1.0)
    for word in words:
        assert word.start_ms is not None
        assert word.end_ms is not None
        assert word.confidence is not None
        assert 0 <= word.start_ms < word.end_ms <= end + 50
        assert 0 <= word.confidence <= 1
    first = words[0].start_ms
    assert first is not None
    assert abs(first - recording.words[0].start_ms) < 100


async def test_other_languages_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"faster-whisper.*openai") as caught:
        await Sphinx().transcribe(Listening(tmp_path / "x", (Span(0, 1),), "pt-BR"), scratch=tmp_path)
    assert (caught.value.code, caught.value.details[0].pointer) == ("language_not_supported", "/language")


async def test_cancelling_ends_the_child(tmp_path: Path) -> None:
    recording = talk(20.0, numbers=3, seed=3)
    hearing = asyncio.create_task(  # noqa: RUF100, TID251
        Sphinx().transcribe(Listening(recording.pcm, (Span(0, 20_000),)), scratch=tmp_path)
    )
    async with asyncio.timeout(60):
        while not children():
            await asyncio.sleep(0.02)
    hearing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await hearing
    assert not children()


async def test_a_child_that_ends_early_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(Internal) as caught:
        await sphinx.ask("hear", tmp_path / "missing.pcm", [{"span": [0, 10]}], [Span(0, 10)])
    assert caught.value.code == "sphinx_failed"


def test_it_is_ready_for_english_and_has_one_model() -> None:
    maker = SphinxMaker()
    assert [maker.ready(language) for language in (None, "en", "en-GB", "de")] == [True, True, True, False]
    assert maker.make(None).engine.model == maker.make("en-us").engine.model == "en-us"
    with pytest.raises(Invalid) as caught:
        maker.make("large-v3")
    assert (caught.value.code, caught.value.details[0].pointer) == ("unknown_speech_model", "/model")


def test_an_engine_is_chosen_by_name_or_by_what_is_ready() -> None:
    engines = Engines((SphinxMaker(),))
    assert engines.choose().engine.name == engines.choose("pocketsphinx", "en-us").engine.name == "pocketsphinx"
    for arguments, code in (
        (("whisper",), "unknown_speech_engine"),
        (("auto", "large"), "model_needs_engine"),
        ((None, None, "fr"), "no_speech_engine"),
    ):
        with pytest.raises(Exception, match="engine") as caught:
            engines.choose(*arguments)
        assert getattr(caught.value, "code", None) == code
