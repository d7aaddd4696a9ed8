"""Patterns, strategies and contexts at the door."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from cutroom.api import ApiServices, ApiSettings
from cutroom.api.prompting import history_of, resolved_run, resolved_strategy
from cutroom.db import Database
from cutroom.kit.errors import CutroomError, NotFound
from cutroom.patterns import with_shipped
from cutroom.prompts import Turn
from cutroom.workflows.run_wishes import RunWishes
from tests.api.conftest import serving
from tests.api.world import World, error_of

HAIKU = """---
description: A haiku of a text.
tags: [fun, poetry]
variables:
  season: {default: autumn, type: choice, choices: [autumn, spring]}
  lines: {type: number, description: How many.}
model: local/small
output: {type: object, required: [haiku], properties: {haiku: {type: string}}}
---
Write {{lines}} lines about {{season}} and {{mood}}: {{input}}"""


async def put(world: World, name: str, text: str = HAIKU, client: httpx2.AsyncClient | None = None) -> httpx2.Response:
    answer = await (client or world.mine).put(f"/api/v1/patterns/{name}", json={"text": text})
    assert answer.status_code in {200, 201}, answer.text
    return answer


async def names(world: World, query: str = "", client: httpx2.AsyncClient | None = None) -> list[str]:
    answer = await (client or world.mine).get(f"/api/v1/patterns?limit=100{query}")
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


async def preview(world: World, name: str, **body: Any) -> Any:
    answer = await world.mine.post(f"/api/v1/patterns/{name}/preview", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_pattern_is_kept_in_versions_and_deleted(world: World) -> None:
    first = await put(world, "haiku")
    made = first.json()
    where = first.headers["location"]
    assert (first.status_code, where) == (201, "/api/v1/patterns/haiku")
    assert (made["origin"], made["version"], made["text"], made["structured"]) == ("workspace", 1, HAIKU, True)
    assert [(one["name"], one["type"], one["default"]) for one in made["variables"]] == [
        ("season", "choice", "autumn"),
        ("lines", "number", None),
        ("mood", "text", None),
    ]
    found = await world.mine.get(where)
    assert found.json() == made
    same = await world.mine.get(where, headers={"If-None-Match": found.headers["etag"]})
    assert same.status_code == 304
    assert (await put(world, "haiku")).json()["version"] == 1
    second = await put(world, "haiku", "Shorter.")
    assert (second.status_code, second.json()["version"]) == (200, 2)
    assert (await world.mine.get(f"{where}?version=1")).json()["text"] == HAIKU
    error_of(await world.mine.get(f"{where}?version=3"), 404, "pattern_not_found")
    versions = (await world.mine.get(f"{where}/versions")).json()["items"]
    assert [(one["version"], one["description"]) for one in versions] == [(2, ""), (1, "A haiku of a text.")]
    assert versions[0]["editor"].startswith("key_")
    assert (await world.mine.delete(where)).status_code == 204
    error_of(await world.mine.get(where), 404, "pattern_not_found")
    error_of(await world.mine.delete(where), 404, "pattern_not_found")


async def test_what_is_shipped_can_be_read_hidden_and_had_back_but_not_changed(world: World) -> None:
    shipped = (await world.mine.get("/api/v1/patterns/summary")).json()
    assert (shipped["origin"], shipped["version"]) == ("shipped", None)
    for attempt in (
        world.mine.delete("/api/v1/patterns/summary"),
        world.mine.post("/api/v1/patterns/summary/rename", json={"name": "mine"}),
        world.mine.get("/api/v1/patterns/summary/versions"),
    ):
        error_of(await attempt, 404, "pattern_not_found")
    await put(world, "summary", "Mine.")
    assert (await world.mine.get("/api/v1/patterns/summary")).json()["text"] == "Mine."
    assert (await names(world)).count("summary") == 1
    assert "summary" not in await names(world, "&origin=shipped")
    assert "summary" in await names(world, "&origin=shipped", world.theirs)
    assert await names(world, "&origin=workspace") == ["summary"]
    await world.mine.delete("/api/v1/patterns/summary")
    assert (await world.mine.get("/api/v1/patterns/summary")).json() == shipped


async def test_lists_go_by_name_page_by_page(world: World) -> None:
    await put(world, "Mine")
    await put(world, "zebra")
    everything = await names(world)
    assert everything == sorted(everything)
    assert {"Mine", "zebra", "summary", "translate"} <= set(everything)
    seen: list[str] = []
    link = "/api/v1/patterns?limit=7&tags=&q="
    while link:
        page = await world.mine.get(link)
        assert all("text" not in item for item in page.json()["items"])
        seen += [item["name"] for item in page.json()["items"]]
        link = page.headers.get("link", "").split(";")[0].strip("<>")
    assert seen == everything


@pytest.mark.threat("A73")
@pytest.mark.parametrize("version", [2**31, 10**15, 10**20])
async def test_a_version_that_no_number_is_as_large_as_is_refused(world: World, version: int) -> None:
    await put(world, "haiku")
    read = await world.mine.get(f"/api/v1/patterns/haiku?version={version}")
    seen = await world.mine.post("/api/v1/patterns/haiku/preview", json={"version": version})
    assert read.status_code == seen.status_code == (422 if version > 10**15 else 404)


async def test_patterns_are_found_by_name_tag_and_text(world: World) -> None:
    await put(world, "haiku")
    assert await names(world, "&q=HAIKU") == ["haiku"]
    assert await names(world, "&q=lines mood") == ["haiku"]
    assert await names(world, "&tags=fun,poetry") == ["haiku"]
    assert await names(world, "&tags=fun,video") == []
    assert "chapters" in await names(world, "&tags=youtube")
    assert "chapters" in await names(world, "&q=divide recordings&origin=shipped")
    assert await names(world, "&q=haiku&origin=folder") == []
    assert await names(world, "&q=%00") == []
    error_of(await world.mine.get("/api/v1/patterns?origin=mars"), 422, "invalid_input")


async def test_a_renamed_pattern_leaves_its_old_name(world: World) -> None:
    await put(world, "haiku")
    await put(world, "taken", "x")
    await put(world, "haiku", "Two.")
    error_of(await world.mine.post("/api/v1/patterns/haiku/rename", json={"name": "taken"}), 409, "prompt_exists")
    moved = await world.mine.post("/api/v1/patterns/haiku/rename", json={"name": "poem"})
    assert (moved.status_code, moved.json()["name"], moved.json()["version"]) == (200, "poem", 2)
    error_of(await world.mine.get("/api/v1/patterns/haiku"), 404, "pattern_not_found")
    assert (await world.mine.get("/api/v1/patterns/poem?version=1")).json()["text"] == HAIKU


@pytest.mark.threat("A47", "A48")
async def test_the_same_name_is_another_pattern_in_another_workspace(world: World) -> None:
    await put(world, "same", "Mine.")
    await put(world, "same", "Theirs.", world.theirs)
    await world.mine.put("/api/v1/strategies/same", json={"prompt": "Mine."})
    await world.theirs.put("/api/v1/strategies/same", json={"prompt": "Theirs."})
    await world.mine.put("/api/v1/contexts/same", json={"text": "Mine."})
    await world.theirs.put("/api/v1/contexts/same", json={"text": "Theirs."})
    for path, field in (("patterns", "text"), ("strategies", "prompt"), ("contexts", "text")):
        answer = await world.mine.get(f"/api/v1/{path}/same")
        assert (answer.json()[field], answer.json()["version"]) == ("Mine.", 1)
        assert (await world.theirs.delete(f"/api/v1/{path}/same")).status_code == 204
        assert (await world.mine.get(f"/api/v1/{path}/same")).json() == answer.json()
    shown = await preview(world, "same", context="same")
    assert shown["messages"][0]["text"].startswith("Mine.\nMine.")
    answer = await world.theirs.post("/api/v1/patterns/summary/preview", json={"context": "same"})
    assert error_of(answer, 404, "context_not_found")["details"][0]["pointer"] == "/context"


async def test_a_list_tells_of_the_first_variables_alone(world: World) -> None:
    text = "{{" + "n" * 201 + "}}" + "".join(f"{{{{v{number:03}}}}}" for number in range(150))
    assert len((await put(world, "many", text)).json()["variables"]) == 151
    (listed,) = (await world.mine.get("/api/v1/patterns?origin=workspace")).json()["items"]
    assert [one["name"] for one in listed["variables"]] == [f"v{number:03}" for number in range(100)]


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("bad.", "---\ntags: {a\n---\nx", "bad_front_matter"),
        ("bad", "---\noutput: {type: nonsense}\n---\nx", "bad_front_matter"),
        ("-bad", "x", "bad_pattern_name"),
        ("b%20d", "x", "bad_pattern_name"),
        ("b%C3%A4d", "x", "bad_pattern_name"),
        ("a" * 101, "x", "bad_pattern_name"),
    ],
)
async def test_what_cannot_be_run_is_not_kept(world: World, name: str, text: str, code: str) -> None:
    error_of(await world.mine.put(f"/api/v1/patterns/{name}", json={"text": text}), 422, code)
    assert await names(world, "&origin=workspace") == []


async def test_a_preview_says_what_a_model_would_be_told(world: World) -> None:
    await put(world, "haiku")
    await world.mine.put("/api/v1/contexts/brand", json={"text": "We sell rain."})
    shown = await preview(
        world,
        "haiku",
        input="A text with {{mood}}.",
        variables={"lines": 3, "mood": "{{input}} {{plugin:sys:env:PATH}}", "unknown": "x"},
        context="brand",
        strategy="steps",
        language="de",
    )
    (message,) = shown["messages"]
    assert message["role"] == "system"
    assert "We sell rain.\nWrite 3 lines about autumn and {{input}} {{plugin:sys:env:PATH}}: A text" in message["text"]
    assert "'de'" in message["text"]
    assert shown["ready"]
    assert shown["problems"] == []
    assert shown["unused"] == ["unknown"]
    assert {one["name"]: (one["value"], one["used"]) for one in shown["variables"]} == {
        "season": ("autumn", True),
        "lines": ("3", True),
        "mood": ("{{input}} {{plugin:sys:env:PATH}}", True),
    }
    assert (shown["characters"], shown["model"]) == (len(message["text"]), "local/small")
    assert shown["estimatedTokens"] > 50


async def test_a_preview_names_everything_that_is_wrong(world: World) -> None:
    draft = HAIKU + " {{plugin:file:read:/etc/passwd}}"
    shown = await preview(world, "draft", text=draft, variables={"season": "winter"}, input="x")
    assert not shown["ready"]
    assert [(one["pointer"], one["code"]) for one in shown["problems"]] == [
        ("/variables/season", "bad_variable"),
        ("/variables/lines", "missing_variable"),
        ("/variables/mood", "missing_variable"),
        ("/pattern", "unknown_plugin"),
    ]
    assert "Write {{lines}} lines about autumn and {{mood}}: x {{plugin:file:read" in shown["messages"][0]["text"]
    error_of(await world.mine.post("/api/v1/patterns/draft/preview", json={}), 404, "pattern_not_found")
    answer = await world.mine.post("/api/v1/patterns/summary/preview", json={"strategy": "nope"})
    assert error_of(answer, 404, "strategy_not_found")["details"][0]["pointer"] == "/strategy"


async def test_a_strategy_of_the_workspace_goes_before_what_is_shipped(world: World) -> None:
    shipped = (await world.mine.get("/api/v1/strategies/steps")).json()
    assert (shipped["origin"], shipped["version"]) == ("shipped", None)
    body = {"description": "Mine.", "prompt": "Step by step."}
    made = await world.mine.put("/api/v1/strategies/steps", json=body)
    assert (made.status_code, made.json()["origin"], made.json()["version"]) == (201, "workspace", 1)
    assert (await world.mine.get("/api/v1/strategies/steps")).json() == made.json()
    listed = (await world.mine.get("/api/v1/strategies?limit=100")).json()["items"]
    assert [one["name"] for one in listed] == sorted(one["name"] for one in listed)
    assert [one for one in listed if one["name"] == "steps"] == [
        {"name": "steps", "description": "Mine.", "origin": "workspace", "version": 1}
    ]
    first = await world.mine.get("/api/v1/strategies?limit=2")
    second = (await world.mine.get(first.headers["link"].split(";")[0].strip("<>"))).json()["items"]
    assert [one["name"] for one in second] == [one["name"] for one in listed[2:4]]
    async with world.services.database.begin() as session:
        assert (await resolved_strategy(world.services, session, world.workspace_id, "steps")).prompt == body["prompt"]
    assert (await world.mine.delete("/api/v1/strategies/steps")).status_code == 204
    assert (await world.mine.get("/api/v1/strategies/steps")).json() == shipped
    error_of(await world.mine.delete("/api/v1/strategies/steps"), 404, "strategy_not_found")


async def test_a_context_is_kept_changed_and_deleted(world: World) -> None:
    made = await world.mine.put("/api/v1/contexts/brand.v1", json={"text": "Größe"})
    assert (made.status_code, made.json()["sizeBytes"]) == (201, 7)
    changed = await world.mine.put("/api/v1/contexts/brand.v1", json={"text": "Kürze"})
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert (await world.mine.get("/api/v1/contexts/brand.v1")).json() == changed.json()
    (listed,) = (await world.mine.get("/api/v1/contexts")).json()["items"]
    assert (listed["name"], "text" in listed) == ("brand.v1", False)
    assert (await world.mine.delete("/api/v1/contexts/brand.v1")).status_code == 204
    error_of(await world.mine.get("/api/v1/contexts/brand.v1"), 404, "context_not_found")
    error_of(await world.mine.put("/api/v1/contexts/.v1", json={"text": "x"}), 422, "bad_prompt_name")


async def test_what_a_run_names_is_looked_up_in_order(database: Database, tmp_path: Path) -> None:
    for name, text in (("summary", "The folder's."), ("own", "Folder."), ("binary", "x")):
        (tmp_path / "patterns" / name).mkdir(parents=True)
        (tmp_path / "patterns" / name / "system.md").write_text(text, "utf-8")
    (tmp_path / "patterns" / "binary" / "system.md").write_bytes(b"\xff")
    (tmp_path / "steps.json").write_text(json.dumps({"prompt": "Folder."}), "utf-8")
    async with serving(database, tmp_path / "data", ApiSettings()) as world:
        object.__setattr__(world.services, "library", with_shipped([tmp_path / "patterns"], [tmp_path]))
        await put(world, "own", "Mine.")
        await world.mine.put("/api/v1/contexts/brand", json={"text": "Known."})
        services = world.services
        chain = RunWishes(patterns=("own", "summary", "chapters", "own"), strategy="steps", context="brand", input="x")
        async with database.begin() as session:
            await services.prompts.append(
                session, world.workspace_id, "chat", [Turn("user", "Hi."), Turn("meta", "-"), Turn("assistant", "Ho.")]
            )
            history = await history_of(services, session, world.workspace_id, "chat")
            found = await resolved_run(services, session, world.workspace_id, chain, history=history)
        assert [(one.name, one.origin, one.version) for one in found.resolved] == [
            ("own", "workspace", 1),
            ("summary", "folder", None),
            ("chapters", "shipped", None),
        ]
        assert found.resolved[1].text == "The folder's."
        assert found.resolved_strategy is not None
        assert (found.resolved_strategy.prompt, found.context_text) == ("Folder.", "Known.")
        assert [(turn.role, turn.text) for turn in found.history] == [("user", "Hi."), ("assistant", "Ho.")]
        assert RunWishes.model_validate({name: getattr(found, name) for name in RunWishes.model_fields}) == chain
        assert await names(world, "&origin=folder") == ["binary", "summary"]
        listed = (await world.mine.get("/api/v1/patterns?limit=1&origin=folder")).json()["items"][0]
        assert "UTF-8" in listed["broken"]
        error_of(await world.mine.get("/api/v1/patterns/binary"), 422, "pattern_unreadable")
        for wishes, pointer in (
            (RunWishes(pattern="nope"), "/pattern"),
            (RunWishes(patterns=("own", "nope")), "/patterns/1"),
            (RunWishes(parallel=("nope",)), "/parallel/0"),
            (RunWishes(strategy="nope"), "/strategy"),
            (RunWishes(context="nope"), "/context"),
        ):
            assert (await refused(services, database, world.workspace_id, wishes)).details[0].pointer == pointer


async def refused(services: ApiServices, database: Database, workspace_id: str, wishes: RunWishes) -> CutroomError:
    async with database.begin() as session:
        with pytest.raises(NotFound) as caught:
            await resolved_run(services, session, workspace_id, wishes)
    return caught.value
