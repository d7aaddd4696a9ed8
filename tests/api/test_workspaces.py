"""Workspaces, members and keys over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from tests.api.matrix import somebody, unknown
from tests.api.world import World, error_of

API = "/api/v1"


async def own(browser: httpx2.AsyncClient) -> str:
    """The id of the workspace that somebody came with."""
    return str((await browser.get(f"{API}/workspaces")).json()["items"][-1]["id"])


async def identity(browser: httpx2.AsyncClient) -> str:
    return str((await browser.get(f"{API}/me")).json()["user"]["id"])


async def joined(
    owner: httpx2.AsyncClient, browser: httpx2.AsyncClient, role: str, workspace_id: str
) -> dict[str, str]:
    """Make the other a member by an invitation; the header with which they act there."""
    made = (await owner.post(f"{API}/workspaces/{workspace_id}/invitations", json={"role": role})).json()
    answer = await browser.post(f"{API}/invitations/accept", json={"token": made["token"]})
    assert answer.status_code == 200, answer.text
    assert answer.json() | {"id": workspace_id, "role": role} == answer.json()
    return {"X-Workspace-Id": workspace_id}


@asynccontextmanager
async def two(world: World) -> AsyncIterator[tuple[httpx2.AsyncClient, httpx2.AsyncClient]]:
    async with somebody(world, "ada@example.com") as ada, somebody(world, "bob@example.com") as bob:
        yield ada, bob


async def test_a_person_has_workspaces_and_makes_more(world: World) -> None:
    async with somebody(world) as ada:
        made = await ada.post(f"{API}/workspaces", json={"name": "Films ☃"})
        assert made.status_code == 201
        assert made.headers["location"] == f"{API}/workspaces/{made.json()['id']}"
        assert made.json()["role"] == "owner"
        names = [one["name"] for one in (await ada.get(f"{API}/workspaces")).json()["items"]]
        assert names[0] == "Films ☃"
        assert len(names) == 2
        renamed = await ada.patch(made.headers["location"], json={"name": "Filme"})
        assert renamed.json()["name"] == "Filme"
        assert (await ada.get(made.headers["location"])).json() == renamed.json()


async def test_a_key_sees_its_own_workspace_and_makes_none(world: World) -> None:
    items = (await world.mine.get(f"{API}/workspaces")).json()["items"]
    assert [(one["id"], one["role"]) for one in items] == [(world.workspace_id, None)]
    error_of(await world.mine.post(f"{API}/workspaces", json={"name": "x"}), 403, "person_needed")
    error_of(await world.mine.post(f"{API}/workspaces/{world.workspace_id}/leave"), 403, "person_needed")
    error_of(await world.mine.post(f"{API}/invitations/accept", json={"token": "x"}), 403, "person_needed")


@pytest.mark.threat("A90", "A73")
@pytest.mark.parametrize("name", ["", " ", "a\nb", "a\r\nBcc: x@y", "a\x00b", "a\u202eb", "a\u2028b", "x" * 101])
async def test_a_name_is_one_line_that_can_be_seen(world: World, name: str) -> None:
    for path, more in ((f"{API}/workspaces/{world.workspace_id}", {}), (f"{API}/api-keys", {"scopes": ["jobs:read"]})):
        method = "PATCH" if "workspaces" in path else "POST"
        answer = await world.mine.request(method, path, json={"name": name, **more})
        assert answer.status_code == 422, answer.text
        assert answer.json()["error"]["details"][0]["pointer"] == "/name"


async def test_closing_a_workspace_needs_its_name_and_no_jobs_under_way(working: World) -> None:
    path = f"{API}/workspaces/{working.workspace_id}"
    error_of(await working.mine.delete(path), 422, "name_not_confirmed")
    error_of(await working.mine.delete(path, params={"name": "other"}), 422, "name_not_confirmed")
    job = await working.submit("hang")
    error_of(await working.mine.delete(path, params={"name": "mine"}), 409, "workspace_busy")
    assert (await working.mine.get(f"{API}/jobs")).status_code == 200
    await working.mine.post(f"{API}/jobs/{job['id']}/cancel")
    await working.ended(job["id"])
    closed = await working.mine.delete(path, params={"name": "mine"})
    assert closed.status_code == 200, closed.text
    assert closed.json() == {"id": working.workspace_id, "members": 0, "invitations": 0, "apiKeys": 1}
    error_of(await working.mine.get(f"{API}/jobs"), 401, "unauthenticated")
    assert (await working.theirs.get(f"{API}/jobs")).status_code == 200


@pytest.mark.threat("A51", "A64")
async def test_a_role_counts_from_the_next_request_on(world: World) -> None:
    async with two(world) as (ada, bob):
        place, who = await own(ada), await identity(bob)
        there = await joined(ada, bob, "viewer", place)
        template = {"name": "a", "document": {"timeline": {"tracks": []}}}
        error_of(await bob.post(f"{API}/templates", json=template, headers=there), 403, "scope_missing")
        error_of(await bob.patch(f"{API}/workspaces/{place}", json={"name": "x"}), 403, "scope_missing")
        changed = await ada.patch(f"{API}/workspaces/{place}/members/{who}", json={"role": "admin"})
        assert (changed.status_code, changed.json()["role"]) == (200, "admin")
        assert (await bob.patch(f"{API}/workspaces/{place}", json={"name": "x"})).status_code == 200
        assert (await bob.get(f"{API}/api-keys", headers=there)).status_code == 200
        error_of(await bob.delete(f"{API}/workspaces/{place}", params={"name": "x"}), 403, "scope_missing")
        await ada.patch(f"{API}/workspaces/{place}/members/{who}", json={"role": "viewer"})
        error_of(await bob.get(f"{API}/api-keys", headers=there), 403, "scope_missing")
        removed = await ada.delete(f"{API}/workspaces/{place}/members/{who}")
        assert removed.json() == {"userId": who, "invitationsRevoked": 0, "keysRevoked": 0, "keysLeft": 0}
        error_of(await bob.get(f"{API}/jobs", headers=there), 404, "workspace_not_found")
        error_of(await bob.get(f"{API}/workspaces/{place}/members"), 404, "workspace_not_found")
        assert (await bob.get(f"{API}/jobs")).status_code == 200


@pytest.mark.threat("A51")
async def test_an_admin_neither_makes_nor_touches_owners(world: World) -> None:
    async with two(world) as (ada, bob):
        place, owner = await own(ada), await identity(ada)
        await joined(ada, bob, "admin", place)
        members = f"{API}/workspaces/{place}/members"
        refused = [
            await bob.patch(f"{members}/{owner}", json={"role": "viewer"}),
            await bob.delete(f"{members}/{owner}"),
            await bob.patch(f"{members}/{await identity(bob)}", json={"role": "owner"}),
            await bob.post(f"{API}/workspaces/{place}/invitations", json={"role": "owner"}),
        ]
        for answer in refused:
            error_of(answer, 403, "role_above_yours")
        wanted = {"name": "all", "scopes": ["*"]}
        there = {"X-Workspace-Id": place}
        error_of(await bob.post(f"{API}/api-keys", json=wanted, headers=there), 403, "scope_not_yours")
        roles = {one["email"]: one["role"] for one in (await bob.get(members)).json()["items"]}
        assert roles == {"ada@example.com": "owner", "bob@example.com": "admin"}


async def test_the_last_owner_cannot_go(world: World) -> None:
    async with two(world) as (ada, bob):
        place, who = await own(ada), await identity(ada)
        error_of(await ada.post(f"{API}/workspaces/{place}/leave"), 409, "last_owner")
        error_of(await ada.delete(f"{API}/workspaces/{place}/members/{who}"), 409, "last_owner")
        answer = await ada.patch(f"{API}/workspaces/{place}/members/{who}", json={"role": "admin"})
        error_of(answer, 409, "last_owner")
        await joined(ada, bob, "owner", place)
        assert (await ada.post(f"{API}/workspaces/{place}/leave")).status_code == 200
        error_of(await ada.get(f"{API}/workspaces/{place}"), 404, "workspace_not_found")


@pytest.mark.threat("A47")
async def test_a_workspace_that_one_is_no_member_of_is_as_unknown_as_one_that_is_not_there(world: World) -> None:
    async with two(world) as (ada, bob):
        place = await own(ada)
        answers = [await bob.get(f"{API}/workspaces/{one}") for one in (place, unknown("workspace_id"), "x")]
        bodies = [{**answer.json()["error"], "correlationId": ""} for answer in answers]
        assert bodies[0] == bodies[1] == bodies[2]
        assert {answer.status_code for answer in answers} == {404}


async def test_a_key_is_shown_once_and_works_at_once(world: World) -> None:
    wanted = {"name": "ci", "scopes": ["jobs:read", "jobs:read", "assets:*"], "expiresAt": "2035-01-01T00:00:00Z"}
    answer = await world.mine.post(f"{API}/api-keys", json=wanted)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert made["scopes"] == ["assets:*", "jobs:read"]
    assert made["key"].endswith(made["lastFour"])
    assert made["createdBy"].startswith("key_")
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert (await world.nobody.get(f"{API}/jobs", headers=headers)).status_code == 200
    error_of(await world.nobody.get(f"{API}/api-keys", headers=headers), 403, "scope_missing")
    again = (await world.mine.get(answer.headers["location"])).json()
    assert "key" not in again
    assert again["lastUsedAt"] is not None
    listed = (await world.mine.get(f"{API}/api-keys")).json()["items"]
    assert [one["name"] for one in listed] == ["ci", "tests"]
    assert made["key"] not in str(listed)


async def test_a_rotated_key_works_with_both_texts_and_a_revoked_one_with_none(world: World) -> None:
    made = (await world.mine.post(f"{API}/api-keys", json={"name": "ci", "scopes": ["jobs:read"]})).json()
    rotated = (await world.mine.post(f"{API}/api-keys/{made['id']}/rotate", json={})).json()
    assert rotated["id"] == made["id"]
    assert rotated["previousUntil"] is not None
    texts = [made["key"], rotated["key"]]

    async def statuses() -> list[int]:
        answers = [await world.nobody.get(f"{API}/jobs", headers={"Authorization": f"Bearer {text}"}) for text in texts]
        return [answer.status_code for answer in answers]

    assert await statuses() == [200, 200]
    texts.append((await world.mine.post(f"{API}/api-keys/{made['id']}/rotate", json={"overlapS": 0})).json()["key"])
    assert await statuses() == [401, 401, 200]
    assert (await world.mine.delete(f"{API}/api-keys/{made['id']}")).status_code == 204
    assert await statuses() == [401, 401, 401]
    error_of(await world.mine.delete(f"{API}/api-keys/{made['id']}"), 404, "api_key_not_found")


@pytest.mark.parametrize(
    ("wanted", "pointer"),
    [
        ({"scopes": []}, "/scopes"),
        ({"scopes": ["jobs"]}, "/scopes/0"),
        ({"scopes": ["jobs:read", "cats:read"]}, "/scopes/1"),
        ({"expiresAt": "2020-01-01T00:00:00Z"}, "/expiresAt"),
        ({"expiresAt": "9999-12-31T23:59:59-12:00"}, "/expiresAt"),
        ({"expiresAt": "0001-01-01T00:00:00+12:00"}, "/expiresAt"),
        ({"expiresAt": "2035-01-01T00:00:00"}, "/expiresAt"),
    ],
)
async def test_a_wrong_wish_for_a_key_is_refused_with_its_place(
    world: World, wanted: dict[str, Any], pointer: str
) -> None:
    answer = await world.mine.post(f"{API}/api-keys", json={"name": "a", "scopes": ["jobs:read"], **wanted})
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["details"][0]["pointer"] == pointer


@pytest.mark.parametrize("overlap", [-1, 604_801, 1.5, "x", None])
async def test_an_overlap_is_seven_days_at_most(world: World, overlap: object) -> None:
    made = (await world.mine.post(f"{API}/api-keys", json={"name": "ci", "scopes": ["jobs:read"]})).json()
    answer = await world.mine.post(f"{API}/api-keys/{made['id']}/rotate", json={"overlapS": overlap})
    assert answer.status_code == 422, answer.text


@pytest.mark.threat("A60")
async def test_wrong_keys_are_refused_alike_wherever_they_are_wrong(world: World) -> None:
    said = set()
    for place in (4, 5, 20, 45, 46):
        wrong = list(world.api_key)
        wrong[place] = "A" if wrong[place] != "A" else "B"
        answer = await world.nobody.get(f"{API}/jobs", headers={"Authorization": f"Bearer {''.join(wrong)}"})
        error = error_of(answer, 401, "unauthenticated")
        said.add((error["message"], answer.headers["www-authenticate"]))
    assert len(said) == 1


async def test_of_many_renames_at_once_none_is_lost_half(world: World) -> None:
    path = f"{API}/workspaces/{world.workspace_id}"
    await asyncio.gather(*(world.mine.patch(path, json={"name": f"name {number}"}) for number in range(5)))
    assert (await world.mine.get(path)).json()["name"].startswith("name ")
