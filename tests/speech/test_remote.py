"""The engine openai against real servers on this machine that behave as badly as those out there."""

import asyncio
from pathlib import Path

import numpy as np
import pytest
import structlog

from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.speech.pcm import SAMPLE_RATE, Span
from cutroom.speech.remote import RemoteMaker, RemoteTranscriber
from cutroom.speech.remote_requests import Server
from cutroom.speech.transcriber import Heard, Listening, Spoken
from tests.speech.speech_server import (
    TEXT,
    WORDS,
    Handler,
    SpeechServer,
    answers,
    cuts,
    fails,
    hangs,
    knows_text_only,
    knows_words,
    never_ends,
    speech_server,
    takes,
    verbose,
)


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds of noise, with a second of silence at the fifth."""
    path = tmp_path_factory.mktemp("remote") / "sound.pcm"
    samples = np.random.default_rng(3).standard_normal(10 * SAMPLE_RATE) * 3000
    samples[5 * SAMPLE_RATE : 6 * SAMPLE_RATE] = 0
    path.write_bytes(samples.astype("<i2").tobytes())
    return path


def transcriber_of(server: SpeechServer, *, model: str | None = None, **more: float) -> RemoteTranscriber:
    return RemoteMaker(Server(server.base_url, api_key="sk-test", **more)).make(model)  # type: ignore[arg-type]


def listening(sound: Path, *spans: tuple[int, int], language: str | None = "en-US") -> Listening:
    chosen = spans or ((1000, 4000),)
    return Listening(sound, tuple(Span(*span) for span in chosen), language, "About prices", ("Ann", "tape"))


async def heard_by(script: Handler, sound: Path, scratch: Path) -> Heard:
    async with speech_server(script) as server:
        return await transcriber_of(server).transcribe(listening(sound), scratch=scratch)


async def failure_of(sound: Path, scratch: Path, *script: Handler, **more: float) -> tuple[CutroomError, SpeechServer]:
    async with speech_server(*script) as server:
        with pytest.raises(CutroomError) as caught:
            await transcriber_of(server, model=None, **more).transcribe(listening(sound), scratch=scratch)
        assert "secret-of-the-server" not in caught.value.message
        return caught.value, server


def words_of(heard: Heard, span: int = 0) -> list[Spoken]:
    return [word for utterance in heard.spans[span] for word in utterance.words]


async def test_words_keep_their_times_and_get_the_texts_punctuation(sound: Path, tmp_path: Path) -> None:
    async with speech_server() as server:
        heard = await transcriber_of(server).transcribe(listening(sound), scratch=tmp_path)
        [asked] = server.requests
    words = words_of(heard)
    assert " ".join(word.text for word in words) == TEXT
    assert [word.text for word in words] == ["So,", "it", "costs", "$42.50,", "right?"]
    expected = [(1000 + round(start * 1000), 1000 + round(end * 1000)) for _, start, end in WORDS]
    assert [(word.start_ms, word.end_ms) for word in words] == expected
    assert heard.language == "en-US"
    assert asked["file"].startswith(b"fLaC")
    assert (asked["model"], asked["language"]) == ("whisper-1", "en")
    assert (asked["response_format"], asked["timestamp_granularities[]"]) == ("verbose_json", ["word", "segment"])
    assert asked["prompt"] == "Ann, tape. About prices"
    assert server.keys == {"Bearer sk-test"}


async def test_a_server_that_refuses_to_tell_words_is_asked_for_less_visibly_and_once(
    sound: Path, tmp_path: Path
) -> None:
    async with speech_server(knows_text_only) as server:
        transcriber = transcriber_of(server)
        with structlog.testing.capture_logs() as logged:
            heard = await transcriber.transcribe(listening(sound), scratch=tmp_path)
            again = await transcriber.transcribe(listening(sound), scratch=tmp_path)
        assert server.forms == ["verbose_json", "verbose_json", "json", "json"]
    warnings = [line for line in logged if line["event"] == "speech.server_tells_less"]
    assert [(line["log_level"], line["given"]) for line in warnings] == [("warning", "json")]
    assert [word.text for word in words_of(heard)] == TEXT.split()
    assert all(word.start_ms is None for word in words_of(heard))
    assert heard.spans[0][0].span == Span(1000, 4000)
    assert again == heard


async def test_a_server_that_answers_text_whatever_it_is_asked_is_understood(sound: Path, tmp_path: Path) -> None:
    heard = await heard_by(answers(TEXT), sound, tmp_path)
    assert [word.text for word in words_of(heard)] == TEXT.split()


async def test_speakers_are_taken_where_they_are_given(sound: Path, tmp_path: Path) -> None:
    segments = [
        {"id": "1", "type": "transcript.text.segment", "start": 0.0, "end": 1.0, "text": "Who is it?", "speaker": "A"},
        {"id": "2", "type": "transcript.text.segment", "start": 1.2, "end": 2.0, "text": "Me.", "speaker": "B"},
    ]
    data = {"task": "transcribe", "duration": 3.0, "text": "Who is it? Me.", "segments": segments}
    async with speech_server(answers(data)) as server:
        transcriber = transcriber_of(server, model="gpt-4o-transcribe-diarize")
        heard = await transcriber.transcribe(listening(sound), scratch=tmp_path)
        assert server.forms == ["diarized_json"]
    assert [(word.text, word.speaker) for word in words_of(heard)] == [
        ("Who", "A"),
        ("is", "A"),
        ("it?", "A"),
        ("Me.", "B"),
    ]
    assert [utterance.span for utterance in heard.spans[0]] == [Span(1000, 2000), Span(2200, 3000)]


async def test_segments_bring_words_of_their_own_and_say_where_nobody_speaks(sound: Path, tmp_path: Path) -> None:
    words = [
        {"word": " Hello", "start": 0.1, "end": 0.5, "probability": 0.9},
        {"word": " you.", "start": 0.6, "end": 1},
    ]
    segments = [
        {"start": 0.0, "end": 1.0, "text": " Hello you.", "words": words},
        {"start": 2.0, "end": 3.0, "text": " Thanks for watching!", "no_speech_prob": 0.9, "avg_logprob": -1.4},
    ]
    heard = await heard_by(answers({"text": "…", "language": "de", "segments": segments}), sound, tmp_path)
    assert [(word.text, word.start_ms, word.confidence) for word in words_of(heard)] == [
        ("Hello", 1100, 0.9),
        ("you.", 1600, None),
    ]


async def test_the_language_is_found_by_the_server(sound: Path, tmp_path: Path) -> None:
    async with speech_server(answers(verbose() | {"language": "German"})) as server:
        transcriber = transcriber_of(server)
        request = listening(sound, language=None)
        assert await transcriber.detect(request, scratch=tmp_path) == "de"
        assert (await transcriber.transcribe(request, scratch=tmp_path)).language == "de"
        assert "language" not in server.requests[0]
    heard = await heard_by(answers({"text": "Hm."}), sound, tmp_path)
    assert heard.language == "en-US"


async def test_what_is_too_large_for_a_server_comes_in_smaller_pieces(sound: Path, tmp_path: Path) -> None:
    async with speech_server(takes(200_000, knows_words)) as server:
        transcriber = transcriber_of(server)
        heard = await transcriber.transcribe(listening(sound, (0, 10_000)), scratch=tmp_path)
        first = len(server.requests)
        await transcriber.transcribe(listening(sound, (0, 10_000)), scratch=tmp_path)
        # The second time nothing is sent that is known to be too much.
        assert (first, len(server.requests) - first) == (3, 2)
    words = words_of(heard)
    assert len(words) == 2 * len(WORDS)
    # Cut where it is quiet.
    assert 5000 + 200 <= (words[len(WORDS)].start_ms or 0) <= 6000 + 200
    error, _ = await failure_of(sound, tmp_path, fails(413))
    assert error.code == "speech_server_takes_too_little"


async def test_what_fails_for_a_moment_is_asked_again_when_the_server_says(sound: Path, tmp_path: Path) -> None:
    async with speech_server(fails(429, Retry_After="1"), fails(503), cuts, knows_words) as server:
        start = asyncio.get_running_loop().time()
        heard = await transcriber_of(server).transcribe(listening(sound), scratch=tmp_path)
        assert asyncio.get_running_loop().time() - start >= 1.0
        assert len(server.requests) == 4
    assert len(words_of(heard)) == len(WORDS)


async def test_a_long_wait_is_left_to_the_job(sound: Path, tmp_path: Path) -> None:
    error, server = await failure_of(sound, tmp_path, fails(429, Retry_After="3600"))
    assert (error.code, error.retryable, error.retry_after_s) == ("speech_server_busy", True, 3600.0)
    assert len(server.requests) == 1


@pytest.mark.threat("A96")
@pytest.mark.parametrize(
    ("script", "code", "retryable"),
    [
        (fails(401), "speech_server_unauthorized", False),
        (fails(404), "unknown_speech_model", False),
        (fails(400), "speech_server_refused", False),
        (fails(418), "speech_server_refused", False),
        (fails(500), "speech_server_unavailable", True),
        (cuts, "speech_server_unavailable", True),
        (never_ends, "speech_server_bad_answer", True),
        (answers('{"text": '), "speech_server_bad_answer", True),
        (answers([1, 2]), "speech_server_bad_answer", True),
        (answers("<!DOCTYPE html><p>Welcome"), "speech_server_bad_answer", True),
        (answers({"error": "no"}), "speech_server_bad_answer", True),
        (fails(302, Location="http://169.254.169.254/"), "speech_server_refused", False),
    ],
)
async def test_every_failure_has_a_name(
    script: Handler,
    code: str,
    retryable: bool,  # noqa: FBT001
    sound: Path,
    tmp_path: Path,
) -> None:
    error, _ = await failure_of(sound, tmp_path, script, attempts=1)
    assert (error.code, error.retryable) == (code, retryable)


async def test_a_server_that_hangs_is_given_up(sound: Path, tmp_path: Path) -> None:
    error, server = await failure_of(sound, tmp_path, hangs, attempts=2, timeout_s=0.3)
    assert error.code == "speech_server_timeout"
    assert len(server.requests) == 2


async def test_cancelling_closes_the_connections(sound: Path, tmp_path: Path) -> None:
    async with speech_server(hangs) as server:
        request = listening(sound, (0, 2000), (2000, 4000))
        task = asyncio.ensure_future(transcriber_of(server).transcribe(request, scratch=tmp_path))
        async with asyncio.timeout(60):
            while len(server.requests) < 2:
                await asyncio.sleep(0.02)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            while server.abandoned < 2:
                await asyncio.sleep(0.02)
    assert list(tmp_path.iterdir()) == []


async def test_spans_come_back_in_their_order_however_fast_they_were(sound: Path, tmp_path: Path) -> None:
    done: list[float] = []

    async def slow_first(writer: asyncio.StreamWriter, asked: dict[str, object]) -> None:
        await asyncio.sleep(0.4)
        await answers({"text": "First."})(writer, asked)

    async with speech_server(slow_first, answers({"text": "Other."})) as server:
        request = listening(sound, (0, 2000), (2000, 4000), (6000, 8000))
        heard = await transcriber_of(server, at_once=1).transcribe(request, scratch=tmp_path, progress=done.append)
    assert [words_of(heard, number)[0].text for number in range(3)] == ["First.", "Other.", "Other."]
    assert done == [1 / 3, 2 / 3, 1.0]


@pytest.mark.threat("A96")
async def test_nonsense_in_an_answer_does_no_harm(sound: Path, tmp_path: Path) -> None:
    words = [
        {"word": "late", "start": 50, "end": 60},
        {"word": "negative", "start": -1, "end": 1},
        {"word": "backwards", "start": 2, "end": 1},
        {"word": 7, "start": 0, "end": 1},
        {"word": "", "start": 0, "end": 1},
        {"word": "fine", "start": 0.5, "end": 3.9, "probability": 7},
        "nothing",
    ]
    text = "late negative backwards fine " + "la " * 5000
    heard = await heard_by(answers({"text": text, "words": words, "segments": 5, "language": 5}), sound, tmp_path)
    found = words_of(heard)
    assert len(found) < 60  # nobody says 5,000 words in three seconds
    assert [word.text for word in found if word.start_ms is not None] == ["fine"]
    assert (found[3].start_ms, found[3].end_ms, found[3].confidence) == (1500, 4000, 1.0)


def test_without_a_server_it_says_what_to_set() -> None:
    maker = RemoteMaker(None)
    assert not maker.ready("en")
    with pytest.raises(Unavailable) as caught:
        maker.make(None)
    assert caught.value.code == "speech_server_not_configured"
    assert "CUTROOM_SPEECH_BASE_URL" in caught.value.message


def test_a_model_is_named_by_the_request_or_by_the_settings() -> None:
    maker = RemoteMaker(Server("http://127.0.0.1:9/v1", "small"))
    assert maker.ready(None)
    assert [maker.make(name).engine.model for name in (None, "large")] == ["small", "large"]
    assert maker.make(None).key != maker.make("large").key
    with pytest.raises(Invalid) as caught:
        maker.make("a\nb")
    assert caught.value.details[0].pointer == "/model"
