"""Asking models: a real client and a real server on this machine, which behaves in every bad way there is."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import BaseModel, ConfigDict
from structlog.testing import capture_logs

from cutroom.kit.errors import CutroomError, Invalid, Unavailable
from cutroom.llm import Message, Models, Provider
from tests.llm.server import Handler, ModelServer, answers, breaks_off, fails, hangs, model_server, says, sends

ASK = [Message("user", "How are you?")]


SOON = {"patience_s": 0.5}
"""Of a client whose server hangs; any other is waited for, however late the machine lets it answer."""


class Mood(BaseModel):
    """A shape to ask for."""

    model_config = ConfigDict(extra="forbid")
    mood: str
    strength: int


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as found:
        yield found


@pytest.fixture
async def models(server: ModelServer) -> AsyncIterator[Models]:
    found = Models([server.provider()])
    yield found
    await found.close()


async def test_an_answer_comes_in_pieces_with_what_it_took(server: ModelServer, models: Models) -> None:
    server.script = [says("I am fine, thank you very much.")]
    pieces: list[str] = []
    answer = await models.ask(ASK, temperature=0.2, max_tokens=50, on_text=pieces.append)
    assert answer.text == "I am fine, thank you very much." == "".join(pieces)
    assert len(pieces) > 1
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.usage.estimated) == (11, 7, False)
    assert server.headers[0]["authorization"] == "Bearer key-1"
    assert server.requests[0]["model"] == "small"
    assert server.requests[0]["temperature"] == 0.2


async def test_tokens_are_estimated_where_a_server_does_not_count(server: ModelServer, models: Models) -> None:
    server.script = [says("x" * 40, usage=None)]
    usage = (await models.ask(ASK)).usage
    assert (usage.input_tokens, usage.output_tokens, usage.estimated) == (3, 10, True)


async def test_an_answer_that_was_cut_off_says_so(server: ModelServer, models: Models) -> None:
    server.script = [says("I am", finish="length")]
    assert not (await models.ask(ASK)).complete


@pytest.mark.parametrize("bad", [fails(500), fails(503), fails(429, "Retry-After: 0"), breaks_off("I"), hangs])
async def test_what_may_pass_is_tried_again(server: ModelServer, bad: object) -> None:
    server.script = [bad, says("Better now.")]  # type: ignore[list-item]
    models = Models([server.provider(**SOON if bad is hangs else {})])
    assert (await models.ask(ASK)).text == "Better now."
    assert len(server.requests) == 2
    await models.close()


@pytest.mark.threat("A96")
@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (fails(401), "model_unauthorized"),
        (fails(404), "model_not_found"),
        (fails(400, message="maximum context length is 4096 tokens"), "model_input_too_long"),
        (fails(400, message="request (10028 tokens) exceeds the available context size"), "model_input_too_long"),
        (fails(400), "model_refused"),
        (fails(302, "Location: http://169.254.169.254/v1/chat/completions"), "model_bad_answer"),
        (says("x", finish="content_filter"), "model_refused"),
        (hangs, "model_timeout"),
        (breaks_off("I am"), "model_bad_answer"),
        (sends(b"\x00\xff garbage that is no HTTP\r\n\r\n"), "model_unavailable"),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: [1,2\n\n"), "model_bad_answer"),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: [1,2]\n\n"), "model_bad_answer"),
        (sends(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>Log in</html>"), "model_bad_answer"),
    ],
)
async def test_what_does_not_pass_has_a_code(server: ModelServer, bad: object, code: str) -> None:
    server.script = [bad]  # type: ignore[list-item]
    models = Models([server.provider(attempts=1, **SOON if bad is hangs else {})])
    with pytest.raises(CutroomError) as caught:
        await models.ask(ASK)
    assert caught.value.code == code
    assert "127.0.0.1" not in caught.value.message
    await models.close()


@pytest.mark.threat("A96")
async def test_an_answer_that_never_ends_is_not_kept_in_memory(server: ModelServer) -> None:
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: "
    server.script = [sends(b"x" * 65_536, times=800, before=start)]
    models = Models([server.provider(attempts=1)])
    with pytest.raises(Unavailable) as caught:
        await models.ask(ASK)
    assert caught.value.code == "model_bad_answer"
    assert "16 MB" in caught.value.message
    await models.close()


async def test_a_long_retry_after_is_left_to_the_job(server: ModelServer, models: Models) -> None:
    server.script = [fails(429, "Retry-After: 90")]
    with pytest.raises(Unavailable) as caught:
        await models.ask(ASK)
    assert (caught.value.code, caught.value.retry_after_s) == ("model_rate_limited", 90.0)
    assert len(server.requests) == 1


async def test_an_unreachable_server_says_so() -> None:
    models = Models([Provider("gone", "http://127.0.0.1:9/v1", "small", attempts=1)])
    with pytest.raises(Unavailable) as caught:
        await models.ask(ASK)
    assert caught.value.code == "model_unavailable"
    await models.close()


async def test_without_a_provider_the_error_names_the_variable() -> None:
    with pytest.raises(Invalid) as caught:
        await Models().ask(ASK)
    assert caught.value.code == "model_not_configured"
    assert "CUTROOM_LLM_MODEL" in caught.value.message


async def test_cancelling_stops_the_request_at_the_server(server: ModelServer, models: Models) -> None:
    server.script = [says("slow " * 200, pause_s=0.05)]
    task = asyncio.ensure_future(models.ask(ASK))
    while not server.requests:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(60):
        while not server.abandoned:
            await asyncio.sleep(0.01)


async def test_a_model_can_be_named_with_its_provider() -> None:
    models = Models([Provider("a", "http://a/v1", "m1"), Provider("b", "http://b/v1", "m2")])
    assert models.find() == (models.find("m1")[0], "m1")
    assert models.find("b/llama:8b")[1] == "llama:8b"
    assert models.find("b/llama:8b")[0].name == "b"
    assert models.find("org/model") == (models.find()[0], "org/model")


@pytest.mark.parametrize(
    "text",
    [
        '{"mood": "good", "strength": 3}',
        'Here you are:\n```json\n{"mood": "good", "strength": 3}\n```\nBye.',
        '<think>{"mood": 1}</think>{"mood": "good", "strength": 3}',
        'Well, {"mood": "good", "strength": 3} it is.',
    ],
)
async def test_data_is_found_in_what_a_model_says(server: ModelServer, models: Models, text: str) -> None:
    server.script = [says(text)]
    checked = await models.ask_for(Mood, ASK)
    assert checked.value == Mood(mood="good", strength=3)
    assert server.requests[0]["response_format"]["json_schema"]["schema"]["required"] == ["mood", "strength"]
    assert "JSON schema" in server.prompt()


async def test_a_wrong_shape_is_mended_once(server: ModelServer, models: Models) -> None:
    server.script = [answers({"mood": "good"}), answers({"mood": "good", "strength": 3})]
    checked = await models.ask_for(Mood, ASK)
    assert checked.value.strength == 3
    assert checked.usage.output_tokens == 14
    assert "/strength" in server.requests[1]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (says('{"mood": "go', finish="length"), "cut off at its greatest length; raise 'maxTokens'"),
        (answers({"mood": "good"}), "another shape: /strength"),
    ],
)
async def test_data_that_cannot_be_used_is_refused_with_the_reason(
    server: ModelServer, models: Models, bad: Handler, told: str
) -> None:
    server.script = [bad]
    with pytest.raises(Unavailable) as caught:
        await models.ask_for(Mood, ASK)
    assert (caught.value.code, caught.value.retryable) == ("model_bad_answer", False)
    assert told in caught.value.message


async def test_what_a_server_that_fails_says_is_for_the_operator_alone(server: ModelServer, models: Models) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
    inside = head + b'data: {"error":{"code":500,"message":"a secret"}}\n\n'
    for bad in (fails(500, message="a secret"), sends(inside)):
        server.script = [bad]
        with capture_logs() as logged, pytest.raises(Unavailable) as caught:
            await models.ask(ASK)
        assert caught.value.code == "model_unavailable"
        assert "secret" not in caught.value.message
        assert any(one["event"] == "llm.failed" and "a secret" in one["said"] for one in logged), logged


@pytest.mark.parametrize("bad", [says("I would rather not."), answers({"mood": 1, "strength": "x"}), answers([1])])
async def test_twice_a_wrong_shape_is_an_error(server: ModelServer, models: Models, bad: object) -> None:
    server.script = [bad]  # type: ignore[list-item]
    with pytest.raises(Unavailable) as caught:
        await models.ask_for(Mood, ASK)
    assert caught.value.code == "model_bad_answer"
    assert len(server.requests) == 2


async def test_data_that_a_check_refuses_is_mended_too(server: ModelServer, models: Models) -> None:
    server.script = [answers({"mood": "bad", "strength": 3}), answers({"mood": "good", "strength": 3})]
    checked = await models.ask_for(Mood, ASK, check=lambda mood: None if mood.mood == "good" else "be in a good mood.")
    assert checked.value.mood == "good"
    assert "good mood" in server.requests[1]["messages"][-1]["content"]


async def test_a_server_that_knows_no_schemas_is_asked_in_words(server: ModelServer, models: Models) -> None:
    server.script = [fails(400, message="response_format is not supported"), answers({"mood": "good", "strength": 3})]
    assert (await models.ask_for(Mood, ASK)).value.strength == 3
    assert "response_format" not in server.requests[1]


async def test_data_can_be_asked_for_by_a_schema_alone(server: ModelServer, models: Models) -> None:
    server.script = [answers([1, 2]), answers([1])]
    schema = {"type": "array", "maxItems": 1}
    checked = await models.ask_for_data(schema, lambda data: "too long." if len(data) > 1 else None, ASK)
    assert checked.value == [1]
    assert server.requests[0]["response_format"]["json_schema"]["schema"] == schema
