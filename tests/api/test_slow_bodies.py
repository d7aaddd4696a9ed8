"""Whoever is shut out while their body comes does nothing with it, at whichever door they stand."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

import pytest

from cutroom.api import openapi_document
from cutroom.api.body import SLOW_S
from cutroom.db import Database
from tests.accounts.provider import provider
from tests.api.believing import ME, believing
from tests.api.matrix import HEADERS, QUERIES, Operation, operations, things
from tests.api.world import World

BODY: Final = b"{}"
TUS: Final = "application/offset+octet-stream"
JSON: Final = "application/json"


@dataclass(frozen=True)
class Door:
    """An operation, and one of the types that its body may have."""

    operation: Operation
    content_type: str

    def headers(self) -> dict[str, str]:
        boundary = "; boundary=x" if self.content_type.startswith("multipart/") else ""
        return HEADERS.get(self.operation.id, {}) | {"Content-Type": self.content_type + boundary}


def doors() -> list[Door]:
    """Every operation for people who are known that takes a body, with each of its types."""
    described = {
        one["operationId"]: one.get("requestBody", {}).get("content", {})
        for methods in openapi_document()["paths"].values()
        for one in methods.values()
    }
    return [Door(one, kind) for one in operations() if one.keyed for kind in described[one.id]]


@asynccontextmanager
async def waited_for(
    world: World, method: str, path: str, headers: Mapping[str, str]
) -> AsyncIterator[Callable[[bytes], Awaitable[int]]]:
    """A request that was let in, and whose body of two bytes is waited for; gives its status once that is sent."""
    place = urlsplit(world.url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    every = {**headers, "Host": place.netloc, "Content-Length": str(len(BODY)), "Expect": "100-continue"}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in every.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())

    async def send(body: bytes) -> int:
        writer.write(body)
        return int((await reader.readline()).split()[1])

    try:
        assert b" 100 " in await reader.readline(), (method, path)
        await reader.readline()
        yield send
    finally:
        writer.close()


@pytest.mark.threat("A51", "A69")
@pytest.mark.timeout(120)  # tens of connections at once
async def test_at_every_door_whoever_is_shut_out_while_their_body_comes_does_nothing_with_it(working: World) -> None:
    world, values = working, await things(working)

    async def answered(door: Door) -> int:
        one, own = door.operation, dict(values)
        if door.content_type == TUS and one.names:
            begun = await world.mine.post("/api/v1/uploads/tus", headers=HEADERS["createTusUpload"])
            own["upload_id"] = begun.headers["location"].rpartition("/")[2]
        async with world.services.database.begin() as session:
            made = await world.services.accounts.create_api_key(session, world.workspace_id, one.id)
        headers = {"Authorization": f"Bearer {made.plaintext}"} | door.headers()
        path = f"{one.url(own)}?{urlencode(QUERIES.get(one.id, {}))}"
        async with waited_for(world, one.method, path, headers) as send:
            assert (await world.mine.delete(f"/api/v1/api-keys/{made.key.id}")).status_code == 204
            await asyncio.sleep(SLOW_S + 0.1)
            return await send(BODY)

    every = doors()
    answers = await asyncio.gather(*map(answered, every))
    served = {(door.operation.id, door.content_type): status for door, status in zip(every, answers, strict=True)}
    assert {door: status for door, status in served.items() if status != 401} == {}
    assert {TUS, JSON, "multipart/form-data", "text/csv", "text/plain"} <= {kind for _, kind in served}


@pytest.mark.threat("A62", "A69")
async def test_a_token_that_ends_while_the_body_comes_was_good_and_its_person_may_still_be_shut_out(
    database: Database, tmp_path: Path
) -> None:
    async with provider() as idp, believing(idp, database, tmp_path, leeway_s=0) as scene:
        me = await scene.me(idp.token())
        headers = {"Authorization": f"Bearer {idp.token(exp=int(time.time()) + 6)}", "Content-Type": JSON}
        way = (scene.world, "POST", "/api/v1/render/validate", headers)
        async with waited_for(*way) as send, waited_for(*way) as send_another:
            while (await scene.world.nobody.get(ME, headers=headers)).status_code == 200:
                await asyncio.sleep(0.1)
            assert await send(BODY) == 422  # it was read
            await scene.world.services.identity.people.set_disabled(me["id"], disabled=True)
            assert await send_another(BODY) == 403
