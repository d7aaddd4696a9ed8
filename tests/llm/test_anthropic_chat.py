"""Anthropic's own API: a real client and a server on this machine that speaks it."""

from collections.abc import AsyncIterator

import pytest

from cutroom.kit.errors import CutroomError
from cutroom.llm import Message, Models
from tests.llm.server import ModelServer, breaks_off, fails, hangs, model_server, says_as_anthropic, sends


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as found:
        yield found


def models_of(server: ModelServer) -> Models:
    return Models([server.provider(kind="anthropic", attempts=1, patience_s=1.0, timeout_s=60.0)])


async def test_an_answer_comes_in_pieces_with_what_it_took(server: ModelServer) -> None:
    server.script = [says_as_anthropic("I am fine, thank you very much.")]
    models, pieces = models_of(server), list[str]()
    asked = [Message("system", "Be kind."), Message("user", "Hi."), Message("user", "How are you?")]
    answer = await models.ask(asked, temperature=1.5, on_text=pieces.append)
    await models.close()
    assert answer.text == "I am fine, thank you very much." == "".join(pieces)
    assert (answer.usage.input_tokens, answer.usage.output_tokens, answer.complete) == (11, 7, True)
    request = server.requests[0]
    assert request["system"] == "Be kind."
    assert request["messages"] == [{"role": "user", "content": "Hi.\n\nHow are you?"}]
    assert request["temperature"] == 1.0
    assert "key-1" in server.headers[0].get("x-api-key", "") + server.headers[0].get("authorization", "")


async def test_a_model_that_takes_no_temperature_is_asked_without(server: ModelServer) -> None:
    server.script = [fails(400, message="temperature: not supported by this model"), says_as_anthropic("Yes.")]
    models = models_of(server)
    assert (await models.ask([Message("user", "Well?")], temperature=0)).text == "Yes."
    await models.close()
    assert "temperature" not in server.requests[1]


async def test_a_prompt_of_the_system_alone_becomes_the_users(server: ModelServer) -> None:
    server.script = [says_as_anthropic("Yes.", stop="max_tokens")]
    models = models_of(server)
    answer = await models.ask([Message("system", "Sum up: x")])
    await models.close()
    assert not answer.complete
    assert "system" not in server.requests[0]
    assert server.requests[0]["messages"] == [{"role": "user", "content": "Sum up: x"}]


@pytest.mark.threat("A96")
@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (fails(401), "model_unauthorized"),
        (fails(404), "model_not_found"),
        (fails(429, "Retry-After: 1"), "model_rate_limited"),
        (fails(529), "model_unavailable"),
        (fails(302, "Location: http://169.254.169.254/"), "model_bad_answer"),
        (says_as_anthropic("x", stop="refusal"), "model_refused"),
        (hangs, "model_timeout"),
        (breaks_off("I am"), "model_bad_answer"),
        (sends(b"\x00 garbage\r\n\r\n"), "model_unavailable"),
        (sends(b"x" * 65_536, times=800, before=b"HTTP/1.1 200 OK\r\n\r\ndata: "), "model_bad_answer"),
    ],
)
async def test_what_goes_wrong_has_a_code(server: ModelServer, bad: object, code: str) -> None:
    server.script = [bad]  # type: ignore[list-item]
    models = models_of(server)
    with pytest.raises(CutroomError) as caught:
        await models.ask([Message("user", "Hi")])
    await models.close()
    assert caught.value.code == code
