"""What asking costs, and a purse that no request reaches too deep into: a real client, and a server that counts."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from cutroom.kit.errors import Invalid, Unavailable
from cutroom.llm import Bill, Message, Models, Price, Purse, Usage
from cutroom.llm.chat import Request
from cutroom.llm.money import estimated_tokens
from tests.llm.server import ModelServer, answers, breaks_off, fails, model_server, says

ASK = [Message("user", "How are you?")]
DEAR = {"small": Price(1_000_000, 2_000_000)}  # a token read costs one micro-dollar, a token written two
ONCE = 11 + 2 * 7  # what the server counts for one of its answers


@pytest.fixture
async def server() -> AsyncIterator[ModelServer]:
    async with model_server() as found:
        yield found


@pytest.fixture
async def models(server: ModelServer) -> AsyncIterator[Models]:
    found = Models([server.provider(prices=DEAR)])
    yield found
    await found.close()


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 4), ("How are you?", 8), ("你好世界", 8), ("\ud800", 5), ("x" * 3_000, 1_004)]
)
def test_an_estimate_errs_on_the_side_of_more(text: str, tokens: int) -> None:
    assert estimated_tokens(Request((Message("user", text),), "small")) == tokens


async def test_an_answer_costs_what_its_server_counts(server: ModelServer, models: Models) -> None:
    told: list[tuple[object, ...]] = []
    purse = Purse(None, lambda *paid: told.append(paid[1:]))
    bill = purse.bill()
    await models.ask(ASK, bill=bill)
    assert (bill.micro, purse.spent_micro, told) == (ONCE, ONCE, [("small", Usage(11, 7), ONCE)])
    assert "max_tokens" not in server.requests[0]


@pytest.mark.parametrize("bad", [fails(500), fails(429, "Retry-After: 0"), breaks_off("I am")])
@pytest.mark.threat("F20")
async def test_a_request_that_was_made_again_is_paid_once(server: ModelServer, models: Models, bad: object) -> None:
    server.script = [bad, says("Fine.")]  # type: ignore[list-item]
    purse = Purse(10_000)
    await models.ask(ASK, bill=purse.bill())
    assert purse.spent_micro == ONCE
    assert len(server.requests) == 2


async def test_both_tries_at_a_shape_are_paid_also_when_neither_is_any_good(
    server: ModelServer, models: Models
) -> None:
    server.script = [answers([1, 2])]
    bill = Purse(10_000).bill()
    with pytest.raises(Unavailable):
        await models.ask_for_data({"type": "array"}, lambda _: "too long.", ASK, bill=bill)
    assert (bill.micro, bill.usage.output_tokens) == (2 * ONCE, 14)


@pytest.mark.threat("A88")
async def test_what_the_purse_cannot_pay_is_not_asked(server: ModelServer, models: Models) -> None:
    with pytest.raises(Invalid) as caught:
        await models.ask([Message("user", "word " * 1_000)], bill=Purse(1_000).bill())
    assert caught.value.code == "cost_cap_reached"
    assert "0.001 US dollars" in caught.value.message
    assert server.requests == []


async def test_a_server_is_told_where_the_money_ends(server: ModelServer, models: Models) -> None:
    await models.ask(ASK, max_tokens=5_000, bill=Purse(1_008).bill())
    assert server.requests[0]["max_tokens"] == 500
    await models.ask(ASK, max_tokens=100, bill=Purse(1_008).bill())
    assert server.requests[1]["max_tokens"] == 100
    server.script = [says("I am", finish="length")]
    purse = Purse(1_008)
    with pytest.raises(Invalid) as caught:
        await models.ask(ASK, bill=purse.bill())
    assert caught.value.code == "cost_cap_reached"
    assert purse.spent_micro == ONCE


@pytest.mark.threat("A88", "A96")
async def test_a_server_that_writes_on_is_cut_off_where_the_money_ends(server: ModelServer, models: Models) -> None:
    server.script = [says("on and on " * 400, pause_s=0.001)]
    purse = Purse(1_008)
    with pytest.raises(Invalid) as caught:
        await models.ask(ASK, bill=purse.bill())
    assert caught.value.code == "cost_cap_reached"
    assert 1_000 <= purse.spent_micro <= 1_016
    async with asyncio.timeout(60):
        while not server.abandoned:
            await asyncio.sleep(0.01)


async def test_requests_at_once_share_one_purse(server: ModelServer, models: Models) -> None:
    server.script = [says("x" * 400, usage=None, pause_s=0.001)]
    purse = Purse(500)  # for two answers of 100 tokens each, and no more

    async def one() -> None:
        await models.ask(ASK, bill=purse.bill())

    found = await asyncio.gather(*(one() for _ in range(4)), return_exceptions=True)
    assert any(isinstance(one, Invalid) and one.code == "cost_cap_reached" for one in found)
    assert purse.spent_micro <= 500 + 4 * 2 * 3  # a piece of twelve characters for each


async def test_what_an_earlier_attempt_paid_is_of_the_same_purse(models: Models) -> None:
    purse = Purse(1_000)
    replayed, fresh = purse.bill(), purse.bill()
    replayed.recall(900)
    await models.ask(ASK, bill=fresh)
    fresh.recall(fresh.micro)
    assert purse.spent_micro == 900 + ONCE
    known = Purse(10_000, earlier_micro=1_000)
    known.bill().recall(900)
    assert known.spent_micro == 1_000, "the other 100 were paid for an answer that was lost"


async def test_without_a_price_no_cap_can_be_kept_but_all_is_counted(server: ModelServer) -> None:
    models = Models([server.provider()])
    with pytest.raises(Invalid) as caught:
        await models.ask(ASK, bill=Purse(1_000_000).bill())
    assert caught.value.code == "price_unknown"
    bill = Bill()
    await models.ask(ASK, bill=bill)
    await models.close()
    assert (bill.micro, bill.usage.input_tokens) == (None, 11)
    assert len(server.requests) == 1


async def test_a_model_that_costs_nothing_fits_into_any_purse(server: ModelServer) -> None:
    models = Models([server.provider(prices={"*": Price(0, 0)})])
    purse = Purse(0)
    await models.ask(ASK, bill=purse.bill())
    await models.close()
    assert purse.spent_micro == 0
    assert "max_tokens" not in server.requests[0]
