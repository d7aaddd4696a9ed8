"""Who may do what: every route against every role and every narrow key, from the scopes that the routes declare."""

import asyncio
import itertools
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from cutroom.accounts import AREAS, CLOSE_WORKSPACE, SCOPES, SCOPES_OF, Role, covers
from cutroom.api.body import SLOW_S
from tests.api.matrix import BODIES, HEADERS, MAKERS, QUERIES, Operation, operations, unknown
from tests.api.world import World, code_of, error_of

KEYED = [operation for operation in operations() if operation.keyed]
SCOPED = [operation for operation in KEYED if operation.scope is not None]
ABOUT_ONESELF = {
    "getMe": "oneself",
    "logout": "one's own session or token",
    "listSessions": "one's own sessions",
    "endSession": "one's own session",
    "endSessions": "one's own sessions",
    "changePassword": "one's own password",
    "listWorkspaces": "what the caller may act in",
    "getWorkspace": "the name of where one is",
    "createWorkspace": "a workspace of one's own",
    "leaveWorkspace": "one's own membership",
    "acceptInvitation": "one's own membership",
}
"""Keyed routes that need no scope, and what they are about."""
EXPECTED = {
    # operation: owner, admin, editor, viewer
    "createRender": (True, True, True, False),
    "explainRender": (True, True, True, True),
    "getJob": (True, True, True, True),
    "cancelJob": (True, True, True, False),
    "redriveDeadLetters": (True, True, True, False),
    "replaceTemplate": (True, True, True, False),
    "putPattern": (True, True, True, False),
    "previewPattern": (True, True, True, True),
    "createTranscript": (True, True, True, False),
    "getTranscript": (True, True, True, True),
    "editContent": (True, True, True, False),
    "createUpload": (True, True, True, False),
    "downloadAsset": (True, True, True, True),
    "listMembers": (True, True, True, True),
    "changeMember": (True, True, False, False),
    "createInvitation": (True, True, False, False),
    "listApiKeys": (True, True, False, False),
    "createApiKey": (True, True, False, False),
    "changeWorkspace": (True, True, False, False),
    "deleteWorkspace": (True, False, False, False),
    "getMetrics": (True, True, False, False),
}
"""Written by hand, so that a slip in the roles or in a route's scope is noticed."""


async def key_with(world: World, *scopes: str) -> dict[str, str]:
    """The header of a new key of `mine`'s workspace with these scopes."""
    async with world.services.database.begin() as session:
        made = await world.services.accounts.create_api_key(session, world.workspace_id, "narrow", scopes=scopes)
    return {"Authorization": f"Bearer {made.plaintext}"}


async def is_refused(world: World, operation: Operation, headers: dict[str, str], values: dict[str, str]) -> bool:
    """Whether the scope is what a request fails for; ids that nobody has keep the others from doing anything."""
    body = {"json": BODIES[operation.id]} if operation.id in BODIES else {}
    answer = await world.nobody.request(
        operation.method,
        operation.url(values),
        params=QUERIES.get(operation.id),
        headers=headers | HEADERS.get(operation.id, {}),
        **body,
    )
    if operation.method == "HEAD":
        return answer.status_code == 403
    if answer.status_code == 403 and code_of(answer) == "scope_missing":
        assert str(operation.scope) in error_of(answer, 403, "scope_missing")["message"]
        return True
    return False


def nowhere(world: World) -> dict[str, str]:
    """Ids that nobody has, of things in one's own workspace."""
    return {**{name: unknown(name) for name in MAKERS}, "workspace_id": world.workspace_id}


@pytest.mark.threat("A51")
def test_every_keyed_route_asks_for_a_scope_or_is_about_the_caller() -> None:
    for operation in KEYED:
        if operation.scope is None:
            assert operation.id in ABOUT_ONESELF, (
                f"{operation.id} asks for no scope: give it one (`needs`), or say in ABOUT_ONESELF what it is about."
            )
        else:
            assert operation.scope in SCOPES | {CLOSE_WORKSPACE}, operation.id


def test_roles_hold_one_another() -> None:
    roles = [SCOPES_OF[role] for role in Role]
    for higher, lower in itertools.pairwise(roles):
        assert all(covers(higher, scope) for scope in lower)
        assert not all(covers(lower, scope) for scope in higher)


@pytest.mark.parametrize(
    ("held", "wanted", "enough"),
    [
        ({"*"}, "jobs:read", True),
        ({"*"}, "*", True),
        ({"jobs:*"}, "jobs:write", True),
        ({"jobs:*"}, "jobs:*", True),
        ({"jobs:read", "jobs:write"}, "jobs:*", True),
        ({"jobs:read"}, "jobs:*", False),
        ({"jobs:write"}, "jobs:read", False),
        ({"jobs:*"}, "*", False),
        (set(SCOPES), "*", False),
        (set(SCOPES), CLOSE_WORKSPACE, False),
        (set(), "jobs:read", False),
    ],
)
def test_scopes_cover_what_they_say(held: set[str], wanted: str, *, enough: bool) -> None:
    assert covers(held, wanted) is enough


@pytest.mark.timeout(300)  # hundreds of requests, on machines that may be busy with other tests
@pytest.mark.threat("A51")
@pytest.mark.parametrize("role", list(Role))
async def test_a_role_may_do_what_its_scopes_say_and_nothing_else(world: World, role: Role) -> None:
    values, headers = nowhere(world), await key_with(world, *SCOPES_OF[role])
    for operation in SCOPED:
        if operation.id == "deleteWorkspace" and role is Role.OWNER:
            continue  # it would end the world; its refusals are tried below
        allowed = covers(SCOPES_OF[role], str(operation.scope))
        assert await is_refused(world, operation, headers, values) is not allowed, operation.id
        if operation.id in EXPECTED:
            assert allowed is EXPECTED[operation.id][list(Role).index(role)], operation.id


@pytest.mark.threat("A51")
def test_the_expectations_name_routes_that_are_there() -> None:
    scopes = {operation.id: str(operation.scope) for operation in SCOPED}
    for operation_id, expected in EXPECTED.items():
        assert tuple(covers(SCOPES_OF[role], scopes[operation_id]) for role in Role) == expected, operation_id


@pytest.mark.timeout(300)  # hundreds of requests, on machines that may be busy with other tests
@pytest.mark.threat("A51")
@pytest.mark.parametrize("area", AREAS)
async def test_a_narrow_key_calls_the_routes_of_its_scope_alone(world: World, area: str) -> None:
    values = nowhere(world)
    for scope in (f"{area}:read", f"{area}:write"):
        headers = await key_with(world, scope)
        for operation in SCOPED:
            refused = await is_refused(world, operation, headers, values)
            assert refused is (operation.scope != scope), (scope, operation.id)


@pytest.mark.threat("A51")
async def test_a_key_that_may_not_read_jobs_follows_none(working: World) -> None:
    job = await working.ended((await working.submit())["id"])
    url = f"{working.url.replace('http', 'ws')}/api/v1/jobs/{job['id']}/stream"
    headers = await key_with(working, "jobs:write", "assets:read")
    async with connect(url, additional_headers=headers, proxy=None) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, "scope_missing")


@pytest.mark.threat("A51")
async def test_the_scope_is_asked_before_the_thing_is_looked_for(working: World) -> None:
    job = await working.ended((await working.submit())["id"])
    headers = await key_with(working, "assets:read")
    for job_id in (job["id"], unknown("job_id"), "x"):
        answer = await working.nobody.get(f"/api/v1/jobs/{job_id}", headers=headers)
        error_of(answer, 403, "scope_missing")


@pytest.mark.threat("A51", "A69")
async def test_who_is_shut_out_while_their_body_comes_does_nothing_with_it(world: World) -> None:
    async with world.services.database.begin() as session:
        made = await world.services.accounts.create_api_key(session, world.workspace_id, "leaked")
    place, body = urlsplit(world.url), b'{"name": "another one"}'
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    head = (
        f"POST /api/v1/api-keys HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {made.plaintext}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
    )
    writer.write(head.encode())
    assert b"100 Continue" in await reader.readuntil(b"\r\n\r\n")  # so it was let in, and its body is waited for
    assert (await world.mine.delete(f"/api/v1/api-keys/{made.key.id}")).status_code == 204
    await asyncio.sleep(SLOW_S + 0.1)
    writer.write(body)
    assert b"401" in await reader.readline()
    writer.close()
    names = [key["name"] for key in (await world.mine.get("/api/v1/api-keys")).json()["items"]]
    assert "another one" not in names
