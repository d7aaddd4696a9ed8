"""Servers that misbehave, as the issue lists them: each handled as written, nothing left behind, paid once.

What was paid is compared with what the server itself has counted.
"""

import asyncio
import time

import pytest

from cutroom.kit.errors import CutroomError
from cutroom.llm import Message, Models, Price, Purse
from tests.llm.server import Handler, ModelServer, breaks_off, fails, hangs, model_server, says, sends

ASK = [Message("user", "How are you?")]
PRICE = Price(3_000_000, 5_000_000)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
HUGE = sends(b"x" * (1 << 20), times=50, before=HEAD + b"data: ")
GARBAGE = sends(HEAD + b"data: {'choices': [nonsense\n\n")


async def settled(server: ModelServer) -> None:
    """Wait until the server has no connection that anybody still listens to."""
    async with asyncio.timeout(3):
        while server.open:
            await asyncio.sleep(0.01)


@pytest.mark.threat("A88", "A96")
@pytest.mark.parametrize(
    "fault",
    [fails(429, "Retry-After: 0"), fails(500), hangs, breaks_off("I am fine, th"), GARBAGE, HUGE],
    ids=["429", "500", "hang", "cut", "garbage", "50 MB"],
)
async def test_a_fault_that_passes_is_paid_once_and_leaves_no_request_behind(fault: Handler) -> None:
    async with model_server(fault, says("Fine.", usage=(101, 13))) as server:
        models = Models([server.provider(prices={"*": PRICE}, patience_s=0.3, timeout_s=5.0)])
        purse = Purse(1_000_000)
        bill = purse.bill()
        answer = await models.ask(ASK, bill=bill)
        assert answer.text == "Fine."
        assert len(server.requests) == 2
        assert (bill.usage.input_tokens, bill.usage.output_tokens) == server.counted == (101, 13)
        assert purse.spent_micro == bill.micro == 101 * 3 + 13 * 5
        await models.close()
        await settled(server)


@pytest.mark.threat("A88", "A96")
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
        models = Models([server.provider(prices={"*": PRICE}, patience_s=0.2, timeout_s=5.0, attempts=2)])
        purse = Purse(1_000_000)
        with pytest.raises(CutroomError) as caught:
            await models.ask(ASK, bill=purse.bill())
        assert caught.value.code == code
        assert caught.value.retryable
        assert len(server.requests) == (1 if code == "model_rate_limited" else 2)
        assert purse.spent_micro == 0
        await models.close()
        await settled(server)


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
        async with asyncio.timeout(5):
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
