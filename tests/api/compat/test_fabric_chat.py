"""`/fabric/chat`: runs of patterns over a real server, queue, worker and model server, streamed as Fabric streams."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cutroom.api import ApiSettings
from cutroom.db import Database
from tests.api.compat.fabric_world import events_in, running, text_of
from tests.api.world import World, cancelled, error_of
from tests.llm.server import ModelServer, breaks_off, fails, hangs, says

LONG = "One sentence of the answer, and then another. " * 20


@pytest.fixture
async def kitchen(database: Database, tmp_path: Path) -> AsyncIterator[tuple[World, ModelServer]]:
    async with running(database, tmp_path) as made:
        yield made


async def chat(world: World, *prompts: dict[str, Any], **more: Any) -> httpx2.Response:
    answer = await world.mine.post("/fabric/chat", json={"prompts": list(prompts), **more})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    return answer


async def jobs(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await world.mine.get("/api/v1/jobs?type=run")).json()["items"]
    return found


async def test_a_pattern_is_run_and_its_answer_streamed(kitchen: tuple[World, ModelServer]) -> None:
    world, server = kitchen
    server.script = [says("Short \u2028 and sweet.", usage=(9, 4))]
    await world.mine.post("/fabric/patterns/mine", content=b"Shorten for {{who}}:")
    answer = await chat(
        world,
        {"userInput": "A long text.", "patternName": "mine", "variables": {"who": "Ann"}},
        temperature=0.7,
        topP=0.9,
        presencePenalty=0,
    )
    assert answer.text.isascii()
    events = events_in(answer.text)
    assert text_of(events) == "Short \u2028 and sweet."
    assert {event["type"] for event in events[:-2]} == {"content"}
    assert {event["format"] for event in events[:-2]} == {"markdown"}
    assert events[-2] == {"type": "complete", "format": "plain", "content": ""}
    assert events[-1] == {"type": "usage", "usage": {"input_tokens": 9, "output_tokens": 4, "total_tokens": 13}}
    assert server.prompt() == "Shorten for Ann:\nA long text."
    assert server.requests[0]["temperature"] == 0.7
    [job] = await jobs(world)
    assert f": run {job['id']}\n\n" in answer.text


async def test_what_is_written_comes_while_it_is_written(kitchen: tuple[World, ModelServer]) -> None:
    world, server = kitchen
    server.script = [says(LONG, pause_s=0.03)]
    events = events_in((await chat(world, {"userInput": "Write."})).text)
    pieces = [event for event in events if event["type"] == "content"]
    assert len(pieces) > 2
    assert text_of(events) == LONG
    assert server.prompt() == "Write."


async def test_strategy_context_language_and_model_are_fabrics(kitchen: tuple[World, ModelServer]) -> None:
    world, server = kitchen
    await world.mine.post("/fabric/contexts/us", content=b"We are farmers.")
    await world.mine.post("/fabric/patterns/mine", content=b"Shorten.")
    prompt = {"UserInput": "Text.", "PatternName": "mine", "contextname": "us", "strategyName": "steps"}
    answer = await chat(world, {**prompt, "vendor": "HERE", "model": "large"}, Language="de", Temperature=0)
    assert events_in(answer.text)[-2]["type"] == "complete"
    told = server.prompt()
    strategy, _, rest = told.partition("We are farmers.\nShorten.\nText.")
    assert len(strategy) > 20
    assert "'de'" in rest
    assert (server.requests[0]["model"], server.requests[0]["temperature"]) == ("large", 0)


async def test_prompts_run_one_after_another_and_one_that_fails_stops_none(
    kitchen: tuple[World, ModelServer],
) -> None:
    world, server = kitchen
    server.script = [says("One."), says("Two.")]
    answer = await chat(
        world, {"userInput": "a"}, {"userInput": "b", "patternName": "nobodys"}, {"userInput": "c", "patternName": ""}
    )
    events = events_in(answer.text)
    assert [event["type"] for event in events if event["type"] != "content"] == [
        *("complete", "usage", "error", "complete", "complete", "usage")
    ]
    assert text_of(events) == "One.Two."
    [error] = [event for event in events if event["type"] == "error"]
    assert error["code"] == "pattern_not_found"
    assert "nobodys" in error["content"]
    assert [request["messages"][-1]["content"] for request in server.requests] == ["a", "c"]


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"patternName": "greedy"}, "missing_variable"),
    ({"patternName": "/etc/passwd"}, "invalid_input"),
    ({"patternName": "../../etc/passwd"}, "invalid_input"),
    ({"contextName": "nobodys"}, "context_not_found"),
    ({"strategyName": "nobodys"}, "strategy_not_found"),
    ({"vendor": "OpenAI", "model": "gpt-9"}, "vendor_not_found"),
    ({"userInput": "x" * 4_000_001}, "invalid_input"),
]
UNREADABLE = (
    b"{",
    b"[]",
    b'{"prompts": []}',
    b'{"prompts": [{"userInput": 7}]}',
    b'{"prompts": [{}], "temperature": "hot"}',
)


async def test_what_is_wrong_with_a_run_is_told_in_the_stream(kitchen: tuple[World, ModelServer]) -> None:
    world, server = kitchen
    await world.mine.post("/fabric/patterns/greedy", content=b"{{who}} and {{what}}")
    for prompt, code in WRONG:
        events = events_in((await chat(world, {"userInput": "a"} | prompt)).text)
        assert [event["type"] for event in events] == ["error", "complete"]
        assert events[0]["code"] == code
    assert server.requests == []


async def test_what_cannot_be_read_is_refused_as_fabric_refuses_it(world: World) -> None:
    for body in UNREADABLE:
        error = error_of(await world.mine.post("/fabric/chat", content=body), 400, "bad_request_format")
        assert error["message"].startswith("Invalid request format: ")


async def test_a_variable_that_looks_like_a_token_is_text(kitchen: tuple[World, ModelServer]) -> None:
    world, server = kitchen
    await world.mine.post("/fabric/patterns/mine", content=b"{{a}} {{b}}")
    variables = {"a": "{{plugin:sys:env:HOME}} {{b}}", "b": "{{a}}{{a}}"}
    await chat(world, {"userInput": "{{a}}", "patternName": "mine", "variables": variables})
    assert server.prompt() == "{{plugin:sys:env:HOME}} {{b}} {{a}}{{a}}\n{{a}}"


async def test_a_failure_of_the_model_is_told_at_once_and_not_after_all_attempts(
    database: Database, tmp_path: Path
) -> None:
    async with running(database, tmp_path, fails(401), fails(500)) as (world, server):
        for count in (1, 2):
            events = events_in((await chat(world, {"userInput": f"{count}"})).text)
            assert [event["type"] for event in events] == ["error", "complete"]
            assert len(server.requests) == count
        assert {job["status"] for job in await jobs(world)} <= {"failed", "cancelled"}


async def test_an_answer_that_broke_off_is_not_taken_for_one(database: Database, tmp_path: Path) -> None:
    async with running(database, tmp_path, breaks_off("The first try"), says("Another."), attempts=2) as (world, _):
        events = events_in((await chat(world, {"userInput": "a"})).text)
    assert text_of(events) in {"Another.", "The first try\n\n---\n\nAnother."}
    assert events[-2]["type"] == "complete"


async def test_what_can_be_called_no_session_is_refused_before_a_model_is_paid(
    kitchen: tuple[World, ModelServer],
) -> None:
    world, server = kitchen
    events = events_in((await chat(world, {"userInput": "a", "sessionName": "a b"})).text)
    assert [(event["type"], event.get("code")) for event in events] == [
        ("error", "bad_prompt_name"),
        ("complete", None),
    ]
    assert (server.requests, await jobs(world)) == ([], [])


async def test_a_session_without_room_for_the_answer_is_told_before_a_model_is_paid(
    kitchen: tuple[World, ModelServer],
) -> None:
    world, server = kitchen
    turns = [{"role": "user", "content": "x"}] * 999
    assert (await world.mine.post("/fabric/sessions/talk", json=turns)).is_success
    events = events_in((await chat(world, {"userInput": "a", "sessionName": "talk"})).text)
    assert [(event["type"], event.get("code")) for event in events] == [("error", "session_full"), ("complete", None)]
    assert (server.requests, await jobs(world)) == ([], [])
    assert (await world.mine.post("/fabric/sessions/talk", json=turns[1:])).is_success
    assert text_of(events_in((await chat(world, {"userInput": "a", "sessionName": "talk"})).text))


async def test_a_session_goes_on(kitchen: tuple[World, ModelServer]) -> None:
    world, server = kitchen
    server.script = [says("Hello Ann."), says("Ann.")]
    for said in ("I am Ann.", "Who am I?"):
        await chat(world, {"userInput": said, "sessionName": "talk"})
    assert [(one["role"], one["content"]) for one in server.requests[1]["messages"]] == [
        ("user", "I am Ann."),
        ("assistant", "Hello Ann."),
        ("user", "Who am I?"),
    ]
    kept = (await world.mine.get("/fabric/sessions/talk")).json()["Messages"]
    assert [one["content"] for one in kept] == ["I am Ann.", "Hello Ann.", "Who am I?", "Ann."]
    assert (await world.theirs.get("/fabric/sessions/talk")).json()["Messages"] == []


async def test_an_answer_that_is_data_comes_once_it_is_checked(kitchen: tuple[World, ModelServer]) -> None:
    world, server = kitchen
    pattern = "---\noutput: {type: object, required: [a], properties: {a: {type: integer}}}\n---\nCount."
    await world.mine.post("/fabric/patterns/count", content=pattern.encode())
    server.script = [says('{"a": "x"}'), says('Here: {"a": 7}')]
    events = events_in((await chat(world, {"userInput": "a", "patternName": "count"})).text)
    assert json.loads(text_of(events)) == {"a": 7}


async def test_a_long_answer_comes_whole(kitchen: tuple[World, ModelServer]) -> None:
    world, server = kitchen
    long = "A line of no importance.\n" * 6_000
    server.script = [says(long, piece=30_000)]
    assert text_of(events_in((await chat(world, {"userInput": "a"})).text)) == long


async def test_a_diagram_is_called_one(kitchen: tuple[World, ModelServer]) -> None:
    world, server = kitchen
    server.script = [says("graph TD\nA-->B")]
    events = events_in((await chat(world, {"userInput": "a"})).text)
    assert {event["format"] for event in events if event["type"] == "content"} == {"mermaid"}


async def test_a_client_that_goes_away_cancels_its_run(database: Database, tmp_path: Path) -> None:
    async with running(database, tmp_path, hangs, settings=ApiSettings(keep_alive_s=0.1)) as (world, server):
        async with world.mine.stream("POST", "/fabric/chat", json={"prompts": [{"userInput": "a"}]}) as answer:
            lines = answer.aiter_lines()
            async with asyncio.timeout(60):
                async for line in lines:
                    if line == ": keep-alive" and server.requests:
                        break
        async with asyncio.timeout(60):
            while [job["status"] for job in await jobs(world)] != ["cancelled"] or not server.abandoned:
                await asyncio.sleep(0.05)


async def test_a_server_that_stops_says_so_and_lets_the_run_go_on(kitchen: tuple[World, ModelServer]) -> None:
    world, server = kitchen
    server.script = [says("Hello.", pause_s=3.0)]
    task = asyncio.ensure_future(chat(world, {"userInput": "a"}))
    try:
        async with asyncio.timeout(60):
            while not server.requests:
                await asyncio.sleep(0.05)
            world.services.stopping.set()
            events = events_in((await task).text)
            assert events[-2]["code"] == "server_restarting"
            while (await jobs(world))[0]["status"] != "succeeded":
                await asyncio.sleep(0.1)
    finally:
        await cancelled(task)


async def test_models_are_listed_by_whose_they_are(database: Database, tmp_path: Path) -> None:
    async with running(database, tmp_path, models=("large", "small")) as (world, _):
        found = (await world.mine.get("/fabric/models/names")).json()
    assert found == {"models": ["small", "large"], "vendors": {"here": ["small", "large"]}}
