"""Servers that misbehave, as the issue lists them: each handled as written, nothing left behind, paid once.

What was paid is compared with what the server itself has counted.
"""

import asyncio
import gzip
import json
import time

import pytest

from cutroom.kit.errors import CutroomError, Unavailable
from cutroom.llm import Message, Models, Price, Purse, Usage
from tests.llm.server import Handler, ModelServer, breaks_off, fails, hangs, model_server, says, sends

ASK = [Message("user", "How are you?")]
PRICE = Price(3_000_000, 5_000_000)
SOON = {"patience_s": 0.3}
"""Of a client whose server hangs; any other is waited for, however late the machine lets it answer."""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
HUGE = sends(b"x" * (1 << 20), times=50, before=HEAD + b"data: ")
GARBAGE = sends(HEAD + b"data: {'choices': [nonsense\n\n")


async def settled(server: ModelServer) -> None:
    """Wait until the server has no connection that anybody still listens to."""
    async with asyncio.timeout(60):
        while server.open:
            await asyncio.sleep(0.01)


@pytest.mark.threat("A88", "A96", "F20")
@pytest.mark.parametrize(
    "fault",
    [fails(429, "Retry-After: 0"), fails(500), hangs, breaks_off("I am fine, th"), GARBAGE, HUGE],
    ids=["429", "500", "hang", "cut", "garbage", "50 MB"],
)
async def test_a_fault_that_passes_is_paid_once_and_leaves_no_request_behind(fault: Handler) -> None:
    async with model_server(fault, says("Fine.", usage=(101, 13))) as server:
        models = Models([server.provider(prices={"*": PRICE}, **SOON if fault is hangs else {})])
        purse = Purse(1_000_000)
        bill = purse.bill()
        answer = await models.ask(ASK, bill=bill)
        assert answer.text == "Fine."
        assert len(server.requests) == 2
        assert (bill.usage.input_tokens, bill.usage.output_tokens) == server.counted == (101, 13)
        assert purse.spent_micro == bill.micro == 101 * 3 + 13 * 5
        await models.close()
        await settled(server)


@pytest.mark.threat("A88", "A96", "F20")
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (fails(429, "Retry-After: 120"), "model_rate_limited"),
        (fails(500), "model_unavailable"),
        (hangs, "model_timeout"),
        (breaks_off("I am fine, th"), "model_bad_answer"),
        (GARBAGE, "model_bad_answer"),
        (HUGE, "model_bad_answer"),
    ],
    ids=["429", "500", "hang", "cut", "garbage", "50 MB"],
)
async def test_a_fault_that_stays_ends_with_a_code_and_costs_nothing(fault: Handler, code: str) -> None:
    async with model_server(fault) as server:
        models = Models([server.provider(prices={"*": PRICE}, attempts=2, **SOON if fault is hangs else {})])
        purse = Purse(1_000_000)
        with pytest.raises(CutroomError) as caught:
            await models.ask(ASK, bill=purse.bill())
        assert caught.value.code == code
        assert caught.value.retryable
        assert len(server.requests) == (1 if code == "model_rate_limited" else 2)
        assert purse.spent_micro == 0
        await models.close()
        await settled(server)


@pytest.mark.threat("F20")
async def test_a_rate_limit_is_waited_for_as_long_as_the_server_asks() -> None:
    async with model_server(fails(429, "Retry-After: 1.2"), says("Now.")) as server:
        models = Models([server.provider()])
        started = time.monotonic()
        assert (await models.ask(ASK)).text == "Now."
        assert time.monotonic() - started >= 1.2
        await models.close()


async def test_of_requests_that_are_cancelled_together_none_goes_on() -> None:
    async with model_server(says("slow " * 400, pause_s=0.02)) as server:
        models = Models([server.provider(prices={"*": PRICE})])
        purse = Purse(1_000_000)
        tasks = [asyncio.ensure_future(models.ask(ASK, bill=purse.bill())) for _ in range(5)]
        async with asyncio.timeout(60):
            while len(server.requests) < 5:
                await asyncio.sleep(0.01)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await settled(server)
        assert server.abandoned == 5
        assert (purse.spent_micro, server.counted) == (0, (0, 0))
        await models.close()


async def test_a_text_that_is_asked_anew_begins_anew_for_whoever_hears_it() -> None:
    async with model_server(breaks_off("I am fi"), says("I am fine.", piece=100)) as server:
        models, heard = Models([server.provider()]), list[str]()
        await models.ask(ASK, on_text=heard.append)
        assert heard == ["", "I am fi", "", "I am fine."]
        await models.close()


def tells(usage: object = None, model: object = "small") -> Handler:
    """A whole answer, with whatever is said of it."""
    choice = {"index": 0, "delta": {"content": "Fine."}, "finish_reason": "stop"}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": model, "choices": [choice]}
    return sends(HEAD + f"data: {json.dumps({**chunk, 'usage': usage})}\n\ndata: [DONE]\n\n".encode())


@pytest.mark.threat("A88", "A96")
@pytest.mark.parametrize("told", [-1_000_000, 10**30, float("inf"), float("nan"), 1.5, None, "many", []])
async def test_a_usage_that_cannot_be_is_counted_by_us_and_pays_nobody_back(told: object) -> None:
    async with model_server(tells({"prompt_tokens": told, "completion_tokens": 5})) as server:
        models, purse = Models([server.provider(prices={"*": PRICE})]), Purse(1_000_000)
        answer = await models.ask(ASK, bill=purse.bill())
        assert answer.usage == Usage(3, 2, estimated=True)
        assert purse.spent_micro == 3 * 3 + 2 * 5
        await models.close()


@pytest.mark.threat("A73", "A96")
@pytest.mark.parametrize(
    ("told", "model"), [("a\0b", "a\ufffdb"), ("x" * 100_000, "x" * 200), (7, "small"), ("", "small")]
)
async def test_what_a_server_calls_its_model_is_a_short_name_or_not_believed(told: object, model: str) -> None:
    async with model_server(tells(model=told)) as server:
        models = Models([server.provider()])
        assert (await models.ask(ASK)).model == model
        await models.close()


@pytest.mark.threat("A71", "A96")
async def test_an_answer_that_is_nested_without_end_is_a_bad_answer() -> None:
    async with model_server(sends(HEAD + b"data: " + b"[" * 200_000 + b"]" * 200_000 + b"\n\n")) as server:
        models = Models([server.provider(attempts=1)])
        with pytest.raises(Unavailable, match="answered with no chat"):
            await models.ask(ASK)
        await models.close()


@pytest.mark.threat("A13", "A96")
@pytest.mark.parametrize("status", [b"200", b"500"])
async def test_a_packed_answer_is_asked_for_by_nobody_and_never_unpacked(status: bytes) -> None:
    head = HEAD.replace(b"200", status).replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n")
    async with model_server(sends(gzip.compress(b"data: " + bytes(20 << 20)), before=head)) as server:
        models = Models([server.provider(attempts=1)])
        with pytest.raises(Unavailable, match="packs its answers"):
            await models.ask(ASK)
        assert server.headers[0]["accept-encoding"] == "identity"
        await models.close()
        await settled(server)
