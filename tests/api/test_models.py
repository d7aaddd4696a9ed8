"""Language models at the door: which may be named, what they cost, and the one that a workspace chose."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cutroom.api import ApiSettings
from cutroom.db import Database
from cutroom.llm import Models, Price, Provider
from tests.api.conftest import serving
from tests.api.world import World, error_of

MODELS = Models(
    [
        Provider("local", "http://127.0.0.1:9/v1", "llama3.1:8b", models=("qwen3:4b",), context_tokens=8_000),
        Provider("far", "https://models.example/v1", "big", "key-1", prices={"b*": Price(250_000, 2_000_000)}),
    ]
)


@pytest.fixture
async def models(database: Database, tmp_path: Path) -> AsyncIterator[World]:
    async with serving(database, tmp_path, ApiSettings(), models=MODELS) as world:
        yield world


async def chosen(world: World, model: str | None) -> list[str]:
    """The models that are the usual one, once a workspace has chosen this."""
    answer = await world.mine.patch(f"/api/v1/workspaces/{world.workspace_id}", json={"model": model})
    assert (answer.status_code, answer.json()["model"], answer.json()["name"]) == (200, model, "mine"), answer.text
    items = (await world.mine.get("/api/v1/models")).json()["items"]
    return [item["id"] for item in items if item["isDefault"]]


async def test_models_are_listed_with_prices_and_without_keys_or_addresses(models: World) -> None:
    answer = await models.mine.get("/api/v1/models")
    listed = answer.json()
    assert [(item["id"], item["contextTokens"], item["price"], item["isDefault"]) for item in listed["items"]] == [
        ("local/llama3.1:8b", 8_000, None, True),
        ("local/qwen3:4b", 8_000, None, False),
        ("far/big", 32_000, {"input": 0.25, "output": 2.0}, False),
    ]
    assert [(one["name"], one["anyModel"]) for one in listed["providers"]] == [("local", False), ("far", True)]
    assert "key-1" not in answer.text
    assert "127.0.0.1" not in answer.text


async def test_without_a_model_the_list_is_empty(world: World) -> None:
    assert (await world.mine.get("/api/v1/models")).json() == {"items": [], "providers": []}
    where = f"/api/v1/workspaces/{world.workspace_id}"
    error_of(await world.mine.patch(where, json={"model": "any"}), 422, "model_not_configured")


async def test_a_workspace_chooses_the_model_that_is_asked_where_none_is_named(models: World) -> None:
    assert await chosen(models, "qwen3:4b") == ["local/qwen3:4b"]
    assert await chosen(models, "far/other") == ["far/other"]
    assert await chosen(models, None) == ["local/llama3.1:8b"]
    theirs = (await models.theirs.get("/api/v1/workspaces")).json()["items"][0]
    assert theirs["model"] is None


async def test_a_model_that_nobody_has_cannot_be_chosen(models: World) -> None:
    where = f"/api/v1/workspaces/{models.workspace_id}"
    refused = await models.mine.patch(where, json={"model": "local/other", "name": "new"})
    assert error_of(refused, 422, "model_not_found")["details"][0]["pointer"] == "/model"
    assert (await models.mine.get(where)).json()["name"] == "mine"
    both = await models.mine.patch(where, json={"model": "far/big", "name": "new"})
    assert (both.json()["model"], both.json()["name"]) == ("far/big", "new")
    same = await models.mine.patch(where, json={})
    assert same.json() == both.json()


async def test_a_model_that_was_chosen_and_is_gone_leaves_no_usual_one(models: World) -> None:
    async with models.services.database.begin() as session:
        await models.services.accounts.workspaces.choose_model(session, models.workspace_id, "local/gone")
    items = (await models.mine.get("/api/v1/models")).json()["items"]
    assert [item["isDefault"] for item in items] == [False, False, False]
