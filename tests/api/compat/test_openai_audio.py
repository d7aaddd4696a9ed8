"""The door for OpenAI's clients, by the unmodified client of OpenAI: over a real server, a queue and a worker."""

import asyncio
import io
import math
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest

from cutroom.accounts.quotas import Plan, Plans, QuotaService
from cutroom.api import ApiSettings
from cutroom.api.compat.openai_answers import text_of
from cutroom.api.rate_limits import RateSettings
from cutroom.db import Database
from cutroom.jobs import Context, Draft, Registry, Worker, WorkerSettings
from cutroom.kit.budget import Budget
from cutroom.kit.errors import Invalid, Unavailable
from cutroom.media.fetch import Fetcher
from cutroom.productions import ProductionService
from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.document import TranscriptDocument
from cutroom.workflows.transcribe import Transcribe, TranscribeOutput
from tests.api.conftest import TLS, serving
from tests.api.test_uploads import a_picture
from tests.api.world import World, cancelled

SENTENCES = ("Good morning, everybody.", "It costs $42.50, or 7 % less.", "Any questions?")
TEXT = " ".join(SENTENCES)


def transcript_of(language: str = "en") -> Transcript:
    words: list[Segment] = []
    at = 500
    for sentence in SENTENCES:
        said = []
        for word in sentence.split():
            said.append(Word(word, at, at + 250, 0.9))
            at += 300
        words.append(Segment(tuple(said)))
        at += 800
    return Transcript(language, 12_345, Engine("faster-whisper", "small", writes_punctuation=True), tuple(words))


async def transcribe(ctx: Context, given: Transcribe) -> TranscribeOutput:
    """Hears the same in everything; the prompt says what else shall happen."""
    if given.prompt == "hang":
        await asyncio.Event().wait()
    if given.prompt == "wait":
        await asyncio.sleep(3.0)
    if given.prompt == "wrong":
        raise Invalid("language_not_supported", "Nobody here knows this language.").at("/language")
    if given.prompt == "die":
        raise Unavailable("model_unavailable", "The model cannot be had.", retryable=False)
    assert (await ctx.files.take(given.source)).size_bytes > 0
    said = transcript_of(given.language or "en")
    body = TranscriptDocument.of(said, source=given.source, sha256="0" * 64).model_dump_json()
    made = ctx.new_id("trn")
    version = await ctx.productions.write(Draft(made, "transcript", "Talk", body))
    told = f"{given.engine} {given.model} {' '.join(given.glossary)}"
    return TranscribeOutput(
        transcript=made,
        version=version,
        language=said.language,
        engine=told,
        model="",
        words=10,
        duration=12.345,
        artifacts=[],
        warnings=[],
    )


@asynccontextmanager
async def hearing(world: World, folder: Path) -> AsyncIterator[None]:
    """A worker that knows how to transcribe."""
    known = Registry()
    known.add("transcribe", transcribe, max_attempts=1)
    made = Worker(
        world.services.database,
        world.listener,
        known,
        files_for=world.services.assets.files_for(Fetcher()),
        scratch_root=folder / "scratch",
        settings=WorkerSettings(slots=4, lease_s=5, poll_s=0.2, drain_s=0.1),
        productions_for=ProductionService().for_jobs(world.services.database),
    )
    stop = asyncio.Event()
    running = asyncio.ensure_future(made.run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


@pytest.fixture
async def heard(world: World, tmp_path: Path) -> AsyncIterator[World]:
    async with hearing(world, tmp_path):
        yield world


@pytest.fixture(scope="session")
def sound() -> bytes:
    """A second of a tone, as WAV."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        samples = [round(8000 * math.sin(number / 3)) for number in range(8000)]
        file.writeframes(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
    return buffer.getvalue()


def client_of(world: World, key: str | None = None) -> openai.AsyncOpenAI:
    """OpenAI's own client; only its address and its key are ours."""
    return openai.AsyncOpenAI(
        base_url=f"{world.url}/openai/v1",
        api_key=key or world.api_key,
        max_retries=0,
        http_client=httpx2.AsyncClient(trust_env=False, verify=TLS, timeout=30),
    )


async def asked(world: World, sound: bytes, **more: Any) -> Any:
    async with client_of(world) as client:
        given = {"model": "whisper-1", "file": ("talk.wav", sound)} | more
        answer: Any = await client.audio.transcriptions.create(**given)
        return [event async for event in answer] if more.get("stream") else answer


async def refused(world: World, sound: bytes, kind: type[openai.APIStatusError], **more: Any) -> dict[str, Any]:
    """The body of the refusal, as the client sees it."""
    with pytest.raises(kind) as caught:
        await asked(world, sound, **more)
    body = caught.value.body
    assert isinstance(body, dict)
    assert body.keys() == {"message", "type", "param", "code", "correlationId"}
    assert caught.value.response.headers["x-request-id"] == body["correlationId"]
    return body


async def test_json_is_the_text_and_what_it_was_charged_by(heard: World, sound: bytes) -> None:
    answer = await asked(heard, sound)
    assert answer.text == TEXT
    assert (answer.usage.type, answer.usage.seconds) == ("duration", 13)


async def test_verbose_json_has_words_and_segments_as_they_are_asked_for(heard: World, sound: bytes) -> None:
    usual = await asked(heard, sound, response_format="verbose_json")
    assert (usual.text, usual.language, usual.duration) == (TEXT, "english", 12.345)
    assert [segment.text for segment in usual.segments] == list(SENTENCES)
    assert usual.words is None
    words = await asked(heard, sound, response_format="verbose_json", timestamp_granularities=["word"])
    assert [word.word for word in words.words] == TEXT.split()
    assert words.segments is None
    both = await asked(heard, sound, response_format="verbose_json", timestamp_granularities=["word", "segment"])
    assert both.words[0].start == both.segments[0].start == 0.5
    assert both.words[-1].end == both.segments[-1].end
    assert both.segments[0].avg_logprob < 0


@pytest.mark.parametrize(
    ("form", "beginning", "has"),
    [("text", "Good morning", TEXT), ("srt", "1\n00:00:00,500 --> ", "$42.50"), ("vtt", "WEBVTT\n", "00:00.500 -->")],
)
async def test_files_are_text(heard: World, sound: bytes, form: str, beginning: str, has: str) -> None:
    answer = await asked(heard, sound, response_format=form)
    assert isinstance(answer, str)
    assert answer.startswith(beginning)
    assert has in answer


async def test_a_stream_has_deltas_and_then_the_whole(heard: World, sound: bytes) -> None:
    events = await asked(heard, sound, stream=True)
    assert [event.type for event in events] == ["transcript.text.delta"] * len(SENTENCES) + ["transcript.text.done"]
    assert "".join(event.delta for event in events[:-1]) == events[-1].text == TEXT


async def test_the_blocking_client_works_too(heard: World, sound: bytes, tmp_path: Path) -> None:
    path = tmp_path / "talk.wav"
    path.write_bytes(sound)

    def ask() -> tuple[str, list[str]]:
        with openai.OpenAI(base_url=f"{heard.url}/openai/v1", api_key=heard.api_key) as client:
            with path.open("rb") as file:
                answer = client.audio.transcriptions.create(model="whisper-1", file=file)
            return answer.text, [model.id for model in client.models.list()]

    text, models = await asyncio.to_thread(ask)
    assert text == TEXT
    assert models[0] == "whisper-1"


async def test_what_is_asked_for_reaches_the_workflow(heard: World, sound: bytes) -> None:
    await asked(heard, sound, model="faster-whisper/large-v3", language="de", keywords=["Ann", "tape"], temperature=0)
    [job] = (await heard.mine.get("/api/v1/jobs")).json()["items"]
    assert job["type"] == "transcribe"
    found = (await heard.mine.get(f"/api/v1/jobs/{job['id']}")).json()
    assert found["output"]["engine"] == "faster-whisper large-v3 Ann tape"
    assert found["output"]["language"] == "de"
    assert found["status"] == "succeeded"


async def test_the_transcript_stays_and_the_file_goes_to_the_trash(heard: World, sound: bytes) -> None:
    async with client_of(heard) as client:
        raw = await client.audio.transcriptions.with_raw_response.create(model="whisper-1", file=("talk.wav", sound))
    made = raw.headers["cutroom-transcript-id"]
    async with heard.services.database.begin() as session:
        found = await heard.services.productions.read(session, heard.workspace_id, "transcript", made)
    assert text_of(TranscriptDocument.model_validate_json(found.body).transcript()) == TEXT
    assert (await heard.mine.get("/api/v1/assets")).json()["items"] == []
    [kept] = (await heard.mine.get("/api/v1/assets?deleted=true")).json()["items"]
    assert kept["name"] == "talk.wav"


async def test_failures_of_the_job_are_told_as_errors(heard: World, sound: bytes) -> None:
    wrong = await refused(heard, sound, openai.BadRequestError, prompt="wrong")
    assert (wrong["code"], wrong["param"], wrong["type"]) == (
        "language_not_supported",
        "language",
        "invalid_request_error",
    )
    dead = await refused(heard, sound, openai.InternalServerError, prompt="die")
    assert (dead["code"], dead["type"]) == ("model_unavailable", "server_error")
    with pytest.raises(openai.APIError) as caught:
        await asked(heard, sound, prompt="wrong", stream=True)
    assert "Nobody here knows this language." in str(caught.value)


@pytest.mark.parametrize(
    ("given", "code", "param"),
    [
        ({"response_format": "xml"}, "invalid_value", "response_format"),
        ({"timestamp_granularities": ["word"]}, "invalid_value", "timestamp_granularities"),
        ({"response_format": "verbose_json", "timestamp_granularities": ["letter"]}, "invalid_value", None),
        ({"response_format": "srt", "stream": True}, "invalid_value", "stream"),
        ({"temperature": 7}, "invalid_value", "temperature"),
        ({"include": ["logprobs"]}, "unknown_parameter", "include"),
        ({"extra_body": {"workspace_id": "ws_1"}}, "unknown_parameter", "workspace_id"),
        ({"model": ""}, "missing_field", "model"),
        ({"file": ("empty.wav", b"")}, "missing_field", "file"),
        ({"file": ("a.wav", b"no sound at all")}, "not_media", "file"),
        ({"language": "x" * 50}, "invalid_input", "language"),
    ],
)
async def test_what_is_wrong_is_named(
    world: World, sound: bytes, given: dict[str, Any], code: str, param: str | None
) -> None:
    body = await refused(world, sound, openai.BadRequestError, **given)
    assert body["code"] == code
    assert param is None or body["param"] == param
    assert (await world.mine.get("/api/v1/jobs")).json()["items"] == []


async def test_a_picture_has_nothing_to_transcribe(world: World) -> None:
    body = await refused(world, b"", openai.BadRequestError, file=("a.png", a_picture(), "image/png"))
    assert (body["code"], body["param"]) == ("no_sound", "file")


async def test_an_unknown_model_is_not_found(world: World, sound: bytes) -> None:
    body = await refused(world, sound, openai.NotFoundError, model="gpt-9")
    assert (body["code"], body["type"], body["param"]) == ("model_not_found", "not_found_error", "model")


async def test_who_is_not_known_or_may_not_is_refused_in_the_same_dialect(world: World, sound: bytes) -> None:
    async with world.services.database.begin() as session:
        narrow = await world.services.accounts.create_api_key(session, world.workspace_id, "x", scopes=["jobs:read"])
    for key, kind, code in (
        ("ctr_nobody", openai.AuthenticationError, "unauthenticated"),
        ("sk-openai", openai.AuthenticationError, "unauthenticated"),
        (narrow.plaintext, openai.PermissionDeniedError, "scope_missing"),
    ):
        async with client_of(world, key) as client:
            with pytest.raises(kind) as caught:
                await client.audio.transcriptions.create(model="whisper-1", file=("a.wav", sound))
        assert isinstance(caught.value.body, dict)
        assert caught.value.body["code"] == code


async def test_a_client_that_goes_away_cancels_its_job(heard: World, sound: bytes) -> None:
    for stream in (False, True):
        task = asyncio.ensure_future(asked(heard, sound, prompt="hang", stream=stream))
        async with asyncio.timeout(60):
            while not (running := await _jobs(heard, "running")):
                await asyncio.sleep(0.05)
            await cancelled(task)
            [job] = running
            while (await heard.mine.get(f"/api/v1/jobs/{job['id']}")).json()["status"] != "cancelled":
                await asyncio.sleep(0.05)
    async with asyncio.timeout(60):
        while (await heard.mine.get("/api/v1/assets")).json()["items"]:
            await asyncio.sleep(0.05)


async def _jobs(world: World, status: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.mine.get("/api/v1/jobs")).json()["items"]
    return [job for job in found if job["status"] == status]


async def test_a_stream_shows_signs_of_life_while_it_waits(database: Database, tmp_path: Path, sound: bytes) -> None:
    async with serving(database, tmp_path, ApiSettings(keep_alive_s=0.1)) as world, hearing(world, tmp_path):
        form = {"model": "auto", "stream": "true", "prompt": "wait"}
        answer = await world.mine.post("/openai/v1/audio/transcriptions", data=form, files={"file": ("a.wav", sound)})
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text.count(": keep-alive") >= 3
    assert answer.text.rstrip().splitlines()[-1].startswith('data: {"type": "transcript.text.done"')


async def test_a_transcription_is_counted_like_every_job(database: Database, tmp_path: Path, sound: bytes) -> None:
    plan = Plan("one", jobs_per_month=1)
    quotas = QuotaService(Plans({"one": plan}, plan))
    async with serving(database, tmp_path, ApiSettings(), quotas=quotas) as world, hearing(world, tmp_path):
        await asked(world, sound)
        body = await refused(world, sound, openai.RateLimitError)
        assert (body["code"], body["type"]) == ("jobs_exceeded", "rate_limit_error")
        assert (await world.mine.get("/api/v1/assets")).json()["items"] == []


async def test_who_asks_too_often_hears_it_in_the_same_dialect(
    database: Database, tmp_path: Path, sound: bytes
) -> None:
    settings = ApiSettings(rates=RateSettings(writes=Budget(1, 3600)))
    async with serving(database, tmp_path, settings) as world:
        await refused(world, sound, openai.NotFoundError, model="gpt-9")
        with pytest.raises(openai.RateLimitError) as caught:
            await asked(world, sound)
    assert isinstance(caught.value.body, dict)
    assert (caught.value.body["code"], caught.value.body["type"]) == ("rate_limited", "rate_limit_error")
    assert int(caught.value.response.headers["retry-after"]) > 0


async def test_a_server_that_stops_sends_its_clients_back_and_lets_the_job_go_on(heard: World, sound: bytes) -> None:
    task = asyncio.ensure_future(refused(heard, sound, openai.InternalServerError, prompt="wait"))
    async with asyncio.timeout(60):
        while not (running := await _jobs(heard, "running")):
            await asyncio.sleep(0.05)
        heard.services.stopping.set()
        assert (await task)["code"] == "server_restarting"
        while (await heard.mine.get(f"/api/v1/jobs/{running[0]['id']}")).json()["status"] == "running":
            await asyncio.sleep(0.1)


async def test_a_file_over_the_limit_is_refused_while_it_comes(
    world: World, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cutroom.assets import FileLimits  # noqa: PLC0415

    async def small(*_: Any) -> FileLimits:
        return FileLimits(10_000)

    monkeypatch.setattr(world.services.assets, "limits", small)
    body = await refused(world, sound, openai.APIStatusError)
    assert body["code"] == "payload_too_large"
    with pytest.raises(openai.APIStatusError) as caught:
        await asked(world, bytes(2 << 20))
    assert caught.value.status_code == 413
