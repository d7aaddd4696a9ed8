"""Answers of models in workflows: kept under what determines them, paid once, told in the log."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import Context, Registry, run_alone
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import Schema
from cutroom.llm import Message, Models, Price
from cutroom.media.fetch import Fetcher
from cutroom.workflows.answers import SPENT, ModelAnswer, Question, answer_key, answered, purse_of
from tests.llm.server import ModelServer, answers, model_server, says
from tests.workflows.standing import keep_instead

ASK = Question((Message("user", "How are you?"),), temperature=0)
ONCE = 11 + 2 * 7


class Nothing(Schema):
    """No input."""


@dataclass
class Desk:
    """A workflow that asks one question, on a folder that keeps answers."""

    folder: Path
    server: ModelServer
    models: Models
    log: list[dict[str, Any]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def ask(self, question: Question, most_micro: int | None = None) -> ModelAnswer:
        async def flow(ctx: Context, given: Nothing) -> ModelAnswer:
            bill = purse_of(ctx, most_micro).bill()
            return await answered(ctx, self.models, question, bill, self.heard.append)

        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        files = StandaloneFiles(
            base=self.folder, cache=self.folder / "cache", parts=scratch, out=self.folder / "out", fetcher=Fetcher()
        )
        known = Registry()
        known.add("flow", flow)
        found = await run_alone(
            known, "flow", {}, files=files, scratch=scratch, events=lambda _, data: self.log.append(data)
        )
        assert isinstance(found, ModelAnswer)
        return found


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with model_server(says("Fine, thank you very much.")) as server:
        models = Models([server.provider(prices={"small": Price(1_000_000, 2_000_000)})])
        yield Desk(tmp_path, server, models)
        await models.close()


async def test_the_same_question_at_temperature_0_is_asked_once(desk: Desk) -> None:
    first, second = await desk.ask(ASK), await desk.ask(ASK)
    assert (first.cached, first.cost_micro, first.output_tokens) == (False, ONCE, 7)
    assert (second.cached, second.cost_micro, second.output_tokens) == (True, 0, 0)
    assert first.text == second.text == "Fine, thank you very much."
    assert desk.heard[-1] == second.text
    assert len(desk.server.requests) == 1
    assert [line[SPENT] for line in desk.log if SPENT in line] == [ONCE]


@pytest.mark.parametrize(
    ("temperature", "cache", "requests"), [(0, None, 1), (0, False, 2), (None, None, 2), (0.7, None, 2), (0.7, True, 1)]
)
async def test_a_run_says_whether_an_answer_that_is_kept_will_do(
    desk: Desk, *, temperature: float | None, cache: bool | None, requests: int
) -> None:
    for _ in range(2):
        await desk.ask(replace(ASK, temperature=temperature, cache=cache))
    assert len(desk.server.requests) == requests


def test_whatever_determines_an_answer_is_in_its_key(desk: Desk) -> None:
    other = Models([replace(desk.models.providers[0], base_url="http://127.0.0.1:1/v1")])
    other_kind = Models([replace(desk.models.providers[0], kind="anthropic")])
    keys = {
        answer_key("a", desk.models, ASK),
        answer_key("b", desk.models, ASK),
        answer_key("a", other, ASK),
        answer_key("a", other_kind, ASK),
        *(
            answer_key("a", desk.models, replace(ASK, **change))
            for change in (
                {"messages": (Message("system", "How are you?"),)},
                {"messages": (Message("user", "How are"), Message("user", " you?"))},
                {"model": "large"},
                {"temperature": 0.5},
                {"max_tokens": 5},
                {"schema": {"type": "array"}},
            )
        ),
    }
    assert len(keys) == 10
    assert answer_key("a", desk.models, replace(ASK, model="here/small", cache=True)) in keys


async def test_an_answer_that_was_cut_off_is_not_kept(desk: Desk) -> None:
    desk.server.script = [says("I am", finish="length")]
    assert not (await desk.ask(replace(ASK, max_tokens=2))).complete
    assert not (await desk.ask(replace(ASK, max_tokens=2))).cached


async def test_data_is_kept_once_it_has_its_shape_and_both_tries_are_paid(desk: Desk) -> None:
    desk.server.script = [answers([1, 2]), answers([1])]
    wanted = replace(ASK, schema={"type": "array"}, complaint=lambda data: "too long." if len(data) > 1 else None)
    first, second = await desk.ask(wanted), await desk.ask(wanted)
    assert (first.data, first.cost_micro, first.text) == ([1], 2 * ONCE, "[\n  1\n]")
    assert (second.data, second.cost_micro, second.cached) == ([1], 0, True)
    assert [line[SPENT] for line in desk.log if SPENT in line] == [ONCE, ONCE]


async def test_what_is_kept_and_cannot_be_read_is_asked_anew(desk: Desk) -> None:
    await desk.ask(ASK)
    (kept,) = (desk.folder / "cache" / "answer").iterdir()
    keep_instead(desk.folder / "cache", kept, '{"text": 1}')
    assert not (await desk.ask(ASK)).cached


async def test_an_answer_that_is_kept_needs_no_money(desk: Desk) -> None:
    await desk.ask(ASK)
    assert (await desk.ask(ASK, most_micro=0)).cached
    with pytest.raises(Invalid, match="more than the 0 US dollars"):
        await desk.ask(replace(ASK, cache=False), most_micro=0)


async def test_what_no_database_can_hold_is_taken_out_of_an_answer(desk: Desk) -> None:
    desk.server.script = [says("a\x00b\ud800c")]
    assert (await desk.ask(ASK)).text == "a\ufffdb\ufffdc"
