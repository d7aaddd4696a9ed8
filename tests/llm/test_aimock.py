"""A model server that others wrote: CopilotKit's aimock, from npm, which speaks OpenAI's way and Anthropic's."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import httpx2
import pytest
from pydantic import BaseModel

from cutroom.kit.errors import CutroomError
from cutroom.llm import Message, Models, Price, Provider, Purse
from tests.javascript import JS, node_with

ASK = [Message("system", "Be kind."), Message("user", "How are you?")]
COUNTED = {"prompt_tokens": 101, "completion_tokens": 13, "input_tokens": 101, "output_tokens": 13}
FIXTURES = [
    {
        "match": {"userMessage": "How are you?"},
        "response": {"content": "I am fine, thank you very much.", "usage": {**COUNTED, "total_tokens": 114}},
    },
    {"match": {"userMessage": "your mood"}, "response": {"content": '{"mood": "good", "strength": 3}'}},
]


class Mood(BaseModel):
    """A shape to ask for."""

    mood: str
    strength: int


@dataclass(frozen=True)
class Aimock:
    """The server, and what it says of itself."""

    url: str
    control: httpx2.AsyncClient

    def models(self, kind: Literal["openai", "anthropic"] = "openai", attempts: int = 1) -> Models:
        prices = {"*": Price(1_000_000, 2_000_000)}
        url = f"{self.url}/v1"
        return Models([Provider("there", url, "small", "key-1", kind=kind, prices=prices, attempts=attempts)])

    async def misbehave(self, **rates: float) -> None:
        """Fail in these ways from now on, with these probabilities."""
        await self.control.delete("/__aimock/chaos")
        if rates:
            assert (await self.control.post("/__aimock/chaos", json=rates)).is_success

    async def journal(self) -> list[Any]:
        """Every request that came."""
        found: list[Any] = (await self.control.get("/__aimock/journal")).json()
        return found


@pytest.fixture
async def aimock(tmp_path: Path) -> AsyncIterator[Aimock]:
    node = await asyncio.to_thread(node_with, "@copilotkit/aimock")
    fixtures = tmp_path / "fixtures.json"
    fixtures.write_text(json.dumps({"fixtures": FIXTURES}))
    program = JS / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
    server = await asyncio.create_subprocess_exec(
        node, str(program), "-p", "0", "-f", str(fixtures), stdout=asyncio.subprocess.PIPE
    )
    assert server.stdout is not None
    try:
        async with asyncio.timeout(60):
            line = ""
            while (found := re.search(r"http://127\.0\.0\.1:\d+", line)) is None:
                line = (await server.stdout.readline()).decode()
        async with httpx2.AsyncClient(base_url=found.group(), trust_env=False) as control:
            yield Aimock(found.group(), control)
    finally:
        server.kill()
        await server.communicate()


async def test_it_is_understood_in_both_dialects_and_billed_as_it_counts(aimock: Aimock) -> None:
    for kind in ("openai", "anthropic"):
        models, pieces, bill = aimock.models(kind), list[str](), Purse(1_000).bill()
        answer = await models.ask(ASK, on_text=pieces.append, bill=bill)
        await models.close()
        assert answer.text == "".join(pieces) == "I am fine, thank you very much."
        assert (answer.usage.input_tokens, answer.usage.output_tokens, bill.micro) == (101, 13, 101 + 2 * 13)
    assert [entry["path"] for entry in await aimock.journal()] == ["/v1/chat/completions", "/v1/messages"]


async def test_a_shape_is_asked_for_as_it_wants_it(aimock: Aimock) -> None:
    models = aimock.models()
    found = await models.ask_for(Mood, [Message("user", "Tell me your mood.")])
    await models.close()
    assert found.value == Mood(mood="good", strength=3)


@pytest.mark.threat("A96")
async def test_its_faults_have_codes_and_what_passes_is_asked_again(aimock: Aimock) -> None:
    faults = {
        "rateLimitRate": "model_rate_limited",
        "dropRate": "model_unavailable",
        "malformedRate": "model_bad_answer",
        "disconnectRate": "model_unavailable",
    }
    models = aimock.models()
    for rate, code in faults.items():
        await aimock.misbehave(**{rate: 1.0})
        with pytest.raises(CutroomError) as caught:
            await models.ask(ASK)
        assert caught.value.code == code, rate
    await models.close()
    before = len(await aimock.journal())
    assert before == len(faults)
    await aimock.misbehave(rateLimitRate=1.0)
    patient, purse = aimock.models(attempts=4), Purse(1_000)
    waiting = asyncio.ensure_future(patient.ask(ASK, bill=purse.bill()))
    async with asyncio.timeout(60):
        while len(await aimock.journal()) == before:
            await asyncio.sleep(0.02)
    await aimock.misbehave()
    assert (await waiting).text == "I am fine, thank you very much."
    await patient.close()
    answered = [entry for entry in (await aimock.journal())[before:] if entry["response"]["status"] == 200]
    assert (len(answered), purse.spent_micro) == (1, 101 + 2 * 13)
