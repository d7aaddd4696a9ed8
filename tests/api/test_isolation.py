"""Nothing of one workspace can be seen, guessed or changed from another.

The matrix runs over the API's own description: a route that it does not know how to try fails it, with a sentence that
says what to add to tests/api/matrix.py.
"""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from cutroom.db import Database
from tests.accounts.provider import provider
from tests.api.believing import believing
from tests.api.conftest import TLS, worker
from tests.api.matrix import (
    BODIES,
    HEADERS,
    MAKERS,
    QUERIES,
    WITHOUT_IDS,
    Operation,
    operations,
    somebody,
    swapped,
    things,
    unknown,
    websockets,
)
from tests.api.test_uploads import uploaded
from tests.api.world import DOCUMENT, World, error_of

OPERATIONS = sorted(operations(), key=lambda operation: operation.id)
BY_ID = [operation for operation in OPERATIONS if operation.by_id]
# Rows have batches alone, whose windows are not made here: see `test_batch_rows`.
LISTS = [operation for operation in OPERATIONS if operation.in_pages and operation.id != "listRows"]
LONG = pytest.mark.timeout(300)  # hundreds of requests, on machines that may be busy with other tests
_CHANGING = ("ratelimit", "x-ratelimit", "retry-after", "date")


def same(answer: httpx2.Response) -> Any:
    """What may not differ between what is another's and what is not there at all."""
    body = answer.json() if answer.content else {"error": {"correlationId": "of HEAD"}}
    del body["error"]["correlationId"]
    return answer.status_code, body, {name for name in answer.headers if not name.startswith(_CHANGING)}


async def call(client: httpx2.AsyncClient, operation: Operation, values: dict[str, str]) -> httpx2.Response:
    """Send a request that has nothing wrong with it but what it is about."""
    body = {"json": BODIES[operation.id]} if operation.id in BODIES else {}
    return await client.request(
        operation.method,
        operation.url(values),
        params=QUERIES.get(operation.id),
        headers=HEADERS.get(operation.id),
        follow_redirects=False,
        **body,
    )


@pytest.mark.threat("A47")
def test_every_route_is_in_the_matrix() -> None:
    for operation in OPERATIONS:
        where = f"{operation.id} ({operation.method} {operation.path})"
        strange = [name for name in operation.names if name not in MAKERS]
        if operation.by_id:
            assert operation.names, (
                f"{where} is not in the isolation matrix. It has no id in its path: say in WITHOUT_IDS of "
                "tests/api/matrix.py, in words, why it cannot reach what is another workspace's."
            )
            assert not strange, (
                f"{where} is not in the isolation matrix. Register in tests/api/matrix.py what makes the things that "
                f"{strange} stand for (@thing), or say in WITHOUT_IDS why there are none."
            )
        if operation.takes_json:
            assert operation.id in BODIES, f"{where} takes a body: put a valid one into BODIES of tests/api/matrix.py."
    known = {operation.id for operation in OPERATIONS}
    assert WITHOUT_IDS.keys() <= known, "WITHOUT_IDS of tests/api/matrix.py names routes that are gone."
    assert BODIES.keys() <= known, "BODIES of tests/api/matrix.py names routes that are gone."
    assert websockets() == {"/api/v1/jobs/{job_id}/stream"}, (
        "A WebSocket route is new or gone: write a test like that of another's stream below."
    )


@pytest.mark.threat("A47")
def test_a_route_that_nobody_thought_of_would_be_noticed() -> None:
    new = Operation("getSecret", "GET", "/api/v1/secrets/{secret_id}", "jobs:read", keyed=True, takes_json=False)
    assert new.by_id
    assert [name for name in new.names if name not in MAKERS] == ["secret_id"]


@LONG
@pytest.mark.threat("A47")
@pytest.mark.parametrize("kind", ["api key", "session"])
async def test_what_is_anothers_is_as_unknown_as_what_is_not_there(working: World, kind: str) -> None:
    async with somebody(working) as browser:
        stranger = await swapped(working, browser if kind == "session" else None)
        await _try_everything(working, stranger)


@LONG
@pytest.mark.threat("A47")
async def test_what_is_anothers_is_as_unknown_to_who_comes_with_a_token(database: Database, tmp_path: Path) -> None:
    async with provider() as idp, believing(idp, database, tmp_path) as scene, worker(scene.world, tmp_path):
        headers = {"Authorization": f"Bearer {idp.token(name='Mallory')}"}
        async with httpx2.AsyncClient(
            base_url=scene.world.url, headers=headers, trust_env=False, timeout=20, verify=TLS
        ) as client:
            await _try_everything(scene.world, await swapped(scene.world, client))


async def _try_everything(working: World, stranger: World) -> None:
    foreign, own = await things(working), await things(stranger)
    seen = {
        operation.id: await call(working.mine, operation, foreign)
        for operation in BY_ID
        if operation.method == "GET" and "download" not in operation.path
    }
    for operation in BY_ID:
        for place in range(len(operation.names)):
            mine = {name: own[name] for name in operation.names[:place]}
            rest = operation.names[place:]
            theirs = await call(stranger.mine, operation, mine | {name: foreign[name] for name in rest})
            none = await call(stranger.mine, operation, mine | {name: unknown(name) for name in rest})
            garbage = await call(stranger.mine, operation, mine | dict.fromkeys(rest, "x"))
            assert same(theirs) == same(none) == same(garbage), operation.path
            assert theirs.status_code == 404, (operation.path, theirs.text)
    for operation in BY_ID:
        if operation.id in seen:
            before, after = seen[operation.id], await call(working.mine, operation, foreign)
            assert after.status_code == before.status_code, operation.path
            assert _plain(after) == _plain(before), operation.path


def _plain(answer: httpx2.Response) -> str:
    """An answer without what changes by itself: links signed anew, when a key was last used, the request's id."""
    return re.sub(r'"(url|expiresAt|lastUsedAt|correlationId)":("[^"]*"|null)', "", answer.text)


@pytest.mark.threat("A47")
async def test_anothers_stream_is_as_unknown_as_one_that_is_not_there(working: World) -> None:
    job = await working.ended((await working.submit())["id"])
    key = working.theirs.headers["authorization"]
    codes = set()
    for job_id in (job["id"], unknown("job_id"), "x"):
        url = f"{working.url.replace('http', 'ws')}/api/v1/jobs/{job_id}/stream"
        async with connect(url, additional_headers={"Authorization": key}, proxy=None) as socket:
            with pytest.raises(ConnectionClosed) as closed:
                await socket.recv()
        assert closed.value.rcvd is not None
        codes.add((closed.value.rcvd.code, closed.value.rcvd.reason))
    assert codes == {(4404, "job_not_found")}


@LONG
@pytest.mark.threat("A48")
async def test_lists_hold_what_is_ones_own(working: World) -> None:
    await working.ended((await working.submit("die"))["id"])
    foreign, own = await things(working), await things(await swapped(working))
    for operation in LISTS:
        answer = await call(working.theirs, operation, own)
        assert answer.status_code == 200, answer.text
        for name, found in foreign.items():
            assert found not in answer.text, (operation.path, name)
        assert (await call(working.mine, operation, foreign)).json()["items"], f"{operation.path} shows nothing at all"


@pytest.mark.threat("A48")
@pytest.mark.parametrize("name", ["workspace_id", "workspaceId", "workspace", "tenant", "owner", "sort", "filter"])
async def test_no_parameter_chooses_a_workspace(world: World, name: str) -> None:
    theirs = (await swapped(world)).workspace_id
    for operation in LISTS:
        if operation.names:
            continue
        answer = await world.mine.get(operation.path, params={name: theirs})
        error_of(answer, 422, "unknown_parameter")


@LONG
@pytest.mark.threat("A48", "A74")
async def test_a_cursor_opens_no_other_list_and_nobody_elses(working: World) -> None:
    for text in ("one", "two"):
        await working.submit(text)
        await working.ended((await working.submit(f"die {text}"))["id"])
    foreign, own = await things(working), await things(await swapped(working))
    await things(working)
    cursors = {}
    for operation in LISTS:
        page = (await working.mine.get(operation.url(foreign), params={"limit": 1})).json()
        if "nextCursor" in page:
            cursors[operation.id] = page["nextCursor"]
            again = await working.mine.get(operation.url(foreign), params={"cursor": page["nextCursor"]})
            assert again.status_code == 200
    assert {
        "listJobs",
        "listDeadLetters",
        "listAssets",
        "listTemplates",
        "listApiKeys",
        "listAgents",
        "listAgentEnrolments",
        "listAgentTokens",
        "listMembers",
    } <= cursors.keys()
    for operation in LISTS:
        for cursor in cursors.values():
            error_of(await working.theirs.get(operation.url(own), params={"cursor": cursor}), 422, "bad_cursor")
        for made, cursor in cursors.items():
            if made != operation.id:
                answer = await working.mine.get(operation.url(foreign), params={"cursor": cursor})
                error_of(answer, 422, "bad_cursor")


@pytest.mark.threat("A48")
async def test_bulk_routes_leave_out_what_is_anothers_as_what_is_not_there(working: World) -> None:
    dead = await working.ended((await working.submit("die"))["id"])
    for ids in ([dead["id"]], [unknown("job_id")], ["x"]):
        answer = await working.theirs.post("/api/v1/dead-letters/redrive", json={"ids": ids})
        assert (answer.status_code, answer.json()) == (200, {"redriven": []})
    assert (await working.theirs.post("/api/v1/dead-letters/redrive", json={"all": True})).json() == {"redriven": []}
    assert (await working.mine.get(f"/api/v1/jobs/{dead['id']}")).json()["status"] == "failed"


@pytest.mark.threat("A47", "A48")
async def test_a_timeline_names_nobody_elses_assets(working: World) -> None:
    asset = await uploaded(working)
    for found in (asset["id"], unknown("asset_id")):
        document = json.loads(json.dumps(DOCUMENT))
        clip = document["timeline"]["tracks"][0]["clips"][0]
        clip["asset"] = {"type": "image", "src": f"asset:{found}"}
        for operation in OPERATIONS:
            if BODIES.get(operation.id) is DOCUMENT:
                answer = await working.theirs.post(operation.path, json=document)
                error = error_of(answer, 422, answer.json()["error"]["code"])
                assert found in json.dumps(error) or "asset" in error["code"], answer.text
                assert asset["name"] not in answer.text


@LONG
@pytest.mark.threat("A49")
@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("workspaceId", "ws_" + "0" * 26),
        ("workspace_id", "ws_" + "0" * 26),
        ("isAdmin", True),
        ("is_admin", True),
        ("state", "succeeded"),
        ("status", "succeeded"),
        ("attempts", 99),
        ("createdBy", "usr_" + "0" * 26),
        ("hash", "00"),
        ("id", "x"),
    ],
)
async def test_no_field_is_taken_that_is_not_ones_to_set(working: World, field: str, value: object) -> None:
    mine = await things(working)
    for operation in OPERATIONS:
        if operation.id not in BODIES or not isinstance(BODIES[operation.id], dict):
            continue
        if operation.path.startswith("/fabric/"):  # as Go has it, fields that it does not know mean nothing there
            continue
        answer = await working.mine.request(
            operation.method, operation.url(mine), json={**BODIES[operation.id], field: value}
        )
        error = error_of(answer, 422, answer.json()["error"]["code"])
        assert field in json.dumps(error), (operation.path, answer.text)


@LONG
@pytest.mark.threat("A74", "A73")
@pytest.mark.parametrize(
    "text",
    [
        "' OR 1=1 --",
        "1); DROP TABLE jobs; --",
        "%27%20OR%201=1",
        "\\'; SELECT pg_sleep(5); --",
        "$1",
        ":workspace",
        "*",
    ],
)
async def test_sql_in_ids_filters_and_cursors_is_only_text(working: World, text: str) -> None:
    for operation in OPERATIONS:
        if operation.by_id and operation.method == "GET":
            answer = await working.mine.get(operation.url(dict.fromkeys(operation.names, text)))
            named = {"pattern_name", "strategy_name", "context_name"} & set(operation.names)
            assert answer.status_code in ({404, 422} if named else {404}), (operation.path, answer.text)
    for operation in LISTS:
        if not operation.names:
            error_of(await working.mine.get(operation.path, params={"cursor": text}), 422, "bad_cursor")
            assert (await working.mine.get(operation.path, params={"limit": text})).status_code == 422
            assert (await working.mine.get(operation.path, params={"type": text})).status_code == 422
            assert (await working.mine.get(operation.path, params={"status": text})).status_code == 422
            assert (await working.mine.get(operation.path, params={text: "1"})).status_code in {400, 422}


@LONG
@pytest.mark.threat("A50", "A61", "A91")
async def test_no_answer_and_no_log_line_holds_a_secret_or_a_path_of_ours(working: World, tmp_path: Any) -> None:
    answers: list[httpx2.Response] = []
    with capture_logs() as logs:
        for text in ("hello", "wrong", "die"):
            job = await working.ended((await working.submit(text))["id"])
            answers.append(await working.mine.get(f"/api/v1/jobs/{job['id']}"))
            answers.append(await working.mine.get(f"/api/v1/jobs/{job['id']}/events?limit=100"))
        mine = await things(working)
        answers += [
            await call(working.mine, operation, mine)
            for operation in OPERATIONS
            if operation.method == "GET" and operation.keyed
        ]
        answers.append(await working.nobody.get("/api/v1/jobs", headers={"X-API-Key": "ctr_" + "a" * 43}))
        answers.append(await working.mine.get(f"/api/v1/jobs?token={working.api_key}"))
        answers += [
            await call(working.theirs, operation, mine)
            for operation in OPERATIONS
            if operation.method != "GET" and operation.keyed and operation.id != "deleteWorkspace"
        ]
    theirs = working.theirs.headers["authorization"].removeprefix("Bearer ")
    hashed = hashlib.sha256(working.api_key.encode())
    sent = " ".join(f"{answer.headers} {answer.text}" for answer in answers)
    logged = json.dumps(logs, default=str)
    for secret in (
        working.api_key,
        theirs,
        hashed.hexdigest(),
        "ctr_" + "a" * 43,
        str(tmp_path),
        working.services.database.url,
        "password_hash",
        "previousHash",
    ):
        assert secret not in sent
        assert secret not in logged
    assert "sig=" not in logged
    inside = [answer for answer in answers if not re.search("/workspaces|/me$", answer.request.url.path)]
    without_links = re.sub(r'"url":"[^"]*"', "", " ".join(answer.text for answer in inside))
    assert working.workspace_id not in without_links


@pytest.mark.threat("A47")
async def test_the_header_that_chooses_a_workspace_does_not_choose_anothers(world: World) -> None:
    theirs = (await swapped(world)).workspace_id
    answers = [
        await world.mine.get("/api/v1/jobs", headers={"X-Workspace-Id": wanted})
        for wanted in (theirs, unknown("workspace_id"), "x")
    ]
    assert len({str(same(answer)) for answer in answers}) == 1
    error_of(answers[0], 404, "workspace_not_found")
    own = await world.mine.get("/api/v1/jobs", headers={"X-Workspace-Id": world.workspace_id})
    assert own.status_code == 200
