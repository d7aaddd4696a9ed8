"""Tokens of identity providers at the doors. Threats A52, A57, A58, A61, A62, A79, F21."""

import asyncio
import ipaddress
import json
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from cutroom.accounts import Role
from cutroom.api import ApiSettings
from cutroom.db import Database
from tests.accounts.provider import Provider, provider, rsa_key
from tests.api.believing import ME, Scene, believing, member, org
from tests.api.people import registered
from tests.api.test_streams import address, rest
from tests.api.world import World, document, error_of


@pytest.fixture
async def scene(database: Database, tmp_path: Path) -> AsyncIterator[Scene]:
    async with provider() as idp, believing(idp, database, tmp_path) as made:
        yield made


async def test_a_first_sight_makes_a_person_and_a_workspace_of_their_own(scene: Scene) -> None:
    me = await scene.me(scene.idp.token(name="Ada"))
    assert (me["kind"], me["user"]["name"], me["user"]["email"]) == ("token", "Ada", None)
    assert [(place["name"], place["role"]) for place in me["workspaces"]] == [("Ada", "owner")]
    assert me["scopes"] == ["*"]
    again = await scene.me(scene.idp.token(name="Ada"))
    assert (again["id"], again["workspaceId"]) == (me["id"], me["workspaceId"])
    assert await scene.count() == [1, 1, 0, 3, 1]


async def test_a_first_sight_of_an_organisation_makes_a_workspace_for_all_in_it(scene: Scene) -> None:
    ada = await scene.me(scene.clerk(sub="ada", **org("acme", "admin")))
    bob = await scene.me(scene.clerk(sub="bob", **org("acme", "member")))
    assert ada["workspaceId"] == bob["workspaceId"]
    assert [(place["name"], place["role"]) for place in ada["workspaces"]] == [("acme", "admin")]
    assert [(place["name"], place["role"]) for place in bob["workspaces"]] == [("acme", "editor")]
    assert await scene.count() == [2, 2, 1, 3, 2]
    headers = {"Authorization": f"Bearer {scene.clerk(sub='ada', **org('acme', 'admin'))}"}
    made = await scene.world.nobody.post("/api/v1/render", json=document("of acme"), headers=headers)
    assert made.status_code == 202
    job = f"/api/v1/jobs/{made.json()['id']}"
    assert (await scene.get(scene.clerk(sub="bob", **org("acme", "member")), job)).status_code == 200
    error_of(await scene.get(scene.clerk(sub="bob"), job), 404, "job_not_found")
    assert (await scene.world.mine.get(job)).status_code == 404


async def test_many_who_come_first_at_once_make_one_of_each(scene: Scene) -> None:
    tokens = [scene.clerk(sub=f"user_{number % 4}", **org("acme", "member")) for number in range(20)]
    found = await asyncio.gather(*(scene.me(token) for token in tokens))
    assert len({me["workspaceId"] for me in found}) == 1
    assert len({me["id"] for me in found}) == 4
    assert await scene.count() == [4, 4, 1, 3, 4]
    alone = await asyncio.gather(*(scene.me(scene.idp.token(sub="alone")) for _ in range(20)))
    assert len({me["workspaceId"] for me in alone}) == 1
    assert await scene.count() == [5, 5, 1, 4, 5]


async def test_the_same_names_at_two_providers_are_two_people_and_two_workspaces(scene: Scene) -> None:
    one = await scene.me(scene.clerk(sub="ada", **org("acme", "admin")))
    other = await scene.me(scene.propelauth(sub="ada", org_member_info=member("acme", "Admin")))
    assert one["id"] != other["id"]
    assert one["workspaceId"] != other["workspaceId"]


@pytest.mark.threat("A51")
async def test_what_one_may_do_is_said_by_each_token_and_by_nothing_else(scene: Scene) -> None:
    def token(role: str) -> str:
        return scene.clerk(sub="ada", **org("acme", role))

    async def submit(role: str, **headers: str) -> httpx2.Response:
        bearer = {"Authorization": f"Bearer {token(role)}", **headers}
        return await scene.world.nobody.post("/api/v1/render", json=document("x"), headers=bearer)

    assert (await submit("admin")).status_code == 202
    error_of(await submit("guest"), 403, "scope_missing")
    me = await scene.me(token("guest"))
    assert [place["role"] for place in me["workspaces"]] == ["viewer"]
    # What the client says besides its token, and what the table says, is of no account.
    headers = {"X-Role": "owner", "X-Org-Role": "admin", "X-Scopes": "*"}
    error_of(await submit("guest", **headers), 403, "scope_missing")
    async with scene.world.services.database.begin() as session:
        await session.execute(text("UPDATE memberships SET role = 'owner'"))
    error_of(await submit("guest"), 403, "scope_missing")


async def test_a_token_without_the_organisation_opens_nothing_in_its_workspace(scene: Scene) -> None:
    there = (await scene.me(scene.clerk(sub="ada", **org("acme", "admin"))))["workspaceId"]
    alone = scene.clerk(sub="ada")
    me = await scene.me(alone)
    assert me["workspaceId"] != there
    assert [place["id"] for place in me["workspaces"]] == [me["workspaceId"]]
    for wrong in (alone, scene.clerk(sub="ada", **org("other", "admin")), scene.propelauth(sub="ada")):
        answer = await scene.get(wrong, "/api/v1/jobs", **{"X-Workspace-Id": there})
        error_of(answer, 404, "workspace_not_found")
        error_of(await scene.get(wrong, f"/api/v1/workspaces/{there}"), 404, "workspace_not_found")
    forged = scene.propelauth(sub="ada", org_member_info=member("acme", "Owner"))
    error_of(await scene.get(forged, ME, **{"X-Workspace-Id": there}), 404, "workspace_not_found")


async def test_the_header_picks_one_of_the_tokens_organisations(scene: Scene) -> None:
    every = {"o1": member("o1", "Member"), "o2": member("o2", "Owner")}
    token = scene.propelauth(sub="ada", org_id_to_org_member_info=every)
    first = await scene.me(token)
    assert "keys:write" not in first["scopes"]
    second = await scene.me(scene.propelauth(sub="ada", org_member_info=member("o2", "Owner")))
    assert second["scopes"] == ["*"]
    picked = await scene.me(token, **{"X-Workspace-Id": second["workspaceId"]})
    assert (picked["workspaceId"], picked["scopes"]) == (second["workspaceId"], ["*"])
    back = await scene.me(token, **{"X-Workspace-Id": first["workspaceId"]})
    assert back["scopes"] == first["scopes"]


async def test_who_was_invited_elsewhere_acts_there_with_that_role(scene: Scene) -> None:
    ada = await scene.me(scene.idp.token(sub="ada"))
    async with scene.world.services.database.begin() as session:
        members = scene.world.services.accounts.members
        await members.add(session, scene.world.workspace_id, ada["id"], Role.VIEWER)
    there = {"X-Workspace-Id": scene.world.workspace_id}
    me = await scene.me(scene.idp.token(sub="ada"), **there)
    assert me["workspaceId"] == scene.world.workspace_id
    assert "jobs:write" not in me["scopes"]
    stranger = await scene.get(scene.idp.token(sub="new"), "/api/v1/jobs", **there)
    error_of(stranger, 404, "workspace_not_found")
    assert (await scene.count())[0] == 1  # and is not made for asking


@pytest.mark.threat("A52", "A53", "A57")
async def test_a_wrong_token_is_nobody_and_learns_nothing(scene: Scene) -> None:
    now = int(time.time())
    wrong = [
        scene.idp.token(key=rsa_key(1)),
        scene.idp.token(aud="another"),
        scene.idp.token(iss="https://other.example"),
        scene.idp.token(exp=now - 100, iat=now - 200),
        scene.idp.token(exp=10**30),
        scene.idp.token(iss=f"{scene.idp.url}/clerk", azp="https://evil.example", aud=None),
        scene.idp.token(head={"crit": ["x"]}),
        scene.idp.token(kid="first") + "==",
        "a.b.c",
        "eyJ",
        "x" * 20_000,
    ]
    answers = set()
    for token in wrong:
        answer = await scene.get(token)
        error = error_of(answer, 401, "unauthenticated")
        answers.add(error["message"])
        assert "details" not in error
    assert len(answers) <= 3  # not a key, not known, not valid: never why
    assert await scene.count() == [0, 0, 0, 2, 0]


@pytest.mark.threat("A58")
async def test_a_token_is_ended_by_its_name_not_by_its_text(scene: Scene) -> None:
    token, other = scene.idp.token(jti="t1", sid="s1"), scene.idp.token(jti="t2", sid="s1")
    elsewhere, theirs = scene.idp.token(jti="t3", sid="s2"), scene.idp.token(sub="bob", jti="t9", sid="s9")
    for one in (token, other, elsewhere, theirs):
        await scene.me(one)
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await scene.world.nobody.post("/api/v1/auth/logout", headers=bearer)).status_code == 204
    head, payload, signature = token.split(".")
    for dead in (
        token,
        other,
        scene.idp.token(jti="t1"),
        scene.idp.token(jti="t7", sid="s1"),
        f"{token}==",
        f"{token}=",
    ):
        error_of(await scene.get(dead), 401, "unauthenticated")
    error_of(await scene.get(f"{head}.{payload}.{signature}="), 401, "unauthenticated")
    for alive in (elsewhere, theirs):
        await scene.me(alive)


@pytest.mark.threat("A58")
async def test_the_names_of_two_issuers_do_not_meet(scene: Scene) -> None:
    bearer = {"Authorization": f"Bearer {scene.idp.token(jti='same', sid='same')}"}
    assert (await scene.world.nobody.post("/api/v1/auth/logout", headers=bearer)).status_code == 204
    await scene.me(scene.propelauth(jti="same", sid="same"))


async def test_a_token_without_a_name_cannot_be_ended_by_itself(scene: Scene) -> None:
    bearer = {"Authorization": f"Bearer {scene.idp.token()}"}
    answer = await scene.world.nobody.post("/api/v1/auth/logout", headers=bearer)
    error_of(answer, 409, "token_not_revocable")


@pytest.mark.threat("A58", "A64")
async def test_all_tokens_of_a_person_can_be_ended(scene: Scene) -> None:
    token, bobs = scene.idp.token(), scene.idp.token(sub="bob")
    await scene.me(token)
    await scene.me(bobs)
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await scene.world.nobody.delete("/api/v1/auth/sessions", headers=bearer)).status_code == 204
    for dead in (token, scene.idp.token()):
        error_of(await scene.get(dead), 401, "unauthenticated")
    await scene.me(bobs)
    now = int(time.time())
    await scene.me(scene.idp.token(iat=now + 2, exp=now + 300))


@pytest.mark.threat("A62")
async def test_who_is_shut_out_is_so_with_every_token(scene: Scene) -> None:
    me = await scene.me(scene.idp.token())
    await scene.world.services.identity.people.set_disabled(me["id"], disabled=True)
    error_of(await scene.get(scene.idp.token()), 403, "user_disabled")
    error_of(await scene.get(scene.idp.token(jti="new"), "/api/v1/jobs"), 403, "user_disabled")
    job = await scene.world.submit()
    headers = {"Authorization": f"Bearer {scene.idp.token()}"}
    async with connect(address(scene.world, job["id"]), additional_headers=headers) as socket:
        assert (await rest(socket))[1] == 4403
    await scene.world.services.identity.people.set_disabled(me["id"], disabled=False)
    assert (await scene.get(scene.idp.token())).status_code == 200


@pytest.mark.threat("A62")
async def test_a_network_that_is_shut_out_is_so_on_every_way_in(database: Database, tmp_path: Path) -> None:
    settings = ApiSettings(blocked_networks=(ipaddress.ip_network("127.0.0.0/8"),))
    async with provider() as idp:
        async with believing(idp, database, tmp_path) as scene, registered(scene.world) as ada:
            cookie, job = ada.cookie, await scene.world.submit()
        async with believing(idp, database, tmp_path, settings) as scene:
            world = scene.world
            ways: list[dict[str, str]] = [
                {"Authorization": f"Bearer {world.api_key}"},
                {"X-API-Key": world.api_key},
                {"Authorization": f"Bearer {idp.token()}"},
                {"Cookie": f"cutroom={cookie}"},
                {"X-API-Key": "wrong"},
                {},
            ]
            for headers in ways:
                for path in ("/api/v1/jobs", ME, f"/api/v1/jobs/{job['id']}/events"):
                    error_of(await world.nobody.get(path, headers=headers), 403, "address_blocked")
                given = headers or {"X-API-Key": "wrong"}
                async with connect(address(world, job["id"]), additional_headers=given) as socket:
                    assert (await rest(socket))[1] == 4403
            for path in ("login", "register"):
                body = {"email": "a@example.com", "password": "correct horse"}
                error_of(await world.nobody.post(f"/api/v1/auth/{path}", json=body), 403, "address_blocked")


@pytest.mark.threat("F21")
async def test_with_the_provider_away_known_keys_work_and_api_keys_are_untouched(scene: Scene) -> None:
    await scene.me(scene.idp.token())
    scene.idp.mode = "down"
    scene.idp.keys["new"] = rsa_key(1)
    await scene.me(scene.idp.token())
    error_of(await scene.get(scene.idp.token(kid="new")), 401, "unauthenticated")
    assert (await scene.world.mine.get("/api/v1/jobs")).status_code == 200
    # A provider whose keys never came is not known to be wrong, only to be away.
    answer = await scene.get(scene.clerk())
    error_of(answer, 503, "issuer_unavailable")
    assert int(answer.headers["retry-after"]) > 0
    asked = scene.idp.asked
    started = time.monotonic()
    for _ in range(20):
        assert (await scene.world.mine.get("/api/v1/jobs")).status_code == 200
    assert scene.idp.asked == asked
    assert time.monotonic() - started < 20


@pytest.mark.threat("A61")
async def test_a_token_in_a_url_is_refused(scene: Scene) -> None:
    token = scene.idp.token()
    for query in (f"access_token={token}", f"x={token}", "jwt=1", "id_token=x", f"cursor={token}"):
        error_of(await scene.world.mine.get(f"/api/v1/jobs?{query}"), 400, "key_in_url")


@pytest.mark.threat("A79")
async def test_a_socket_takes_a_token_in_every_place_that_it_takes_a_key(scene: Scene) -> None:
    token = scene.idp.token()
    headers = {"Authorization": f"Bearer {token}"}
    body = document("hang")
    job = (await scene.world.nobody.post("/api/v1/render", json=body, headers=headers)).json()
    there = address(scene.world, job["id"])
    protocols = [Subprotocol("cutroom.v1"), Subprotocol(f"bearer.{token}")]
    async with connect(there, additional_headers=headers) as socket:
        assert json.loads(await socket.recv())["seq"] == 1
    async with connect(there, subprotocols=protocols) as socket:
        assert json.loads(await socket.recv())["seq"] == 1
    async with connect(there) as socket:
        await socket.send(json.dumps({"apiKey": token}))
        assert json.loads(await socket.recv())["seq"] == 1
    long = scene.idp.token(permissions=["x" * 100] * 30)
    async with connect(there) as socket:
        await socket.send(json.dumps({"apiKey": long}))
        assert json.loads(await socket.recv())["seq"] == 1
    other = {"Authorization": f"Bearer {scene.idp.token(sub='other')}"}
    async with connect(there, additional_headers=other) as socket:
        assert (await rest(socket))[1] == 4404


@pytest.mark.threat("A79")
async def test_a_stream_ends_when_its_token_does(database: Database, tmp_path: Path) -> None:
    async with provider() as idp, believing(idp, database, tmp_path, leeway_s=0) as scene:
        short = scene.world
        long = {"Authorization": f"Bearer {idp.token()}"}
        job = (await short.nobody.post("/api/v1/render", json=document("hang"), headers=long)).json()

        async def by_socket() -> tuple[bool, int]:
            async with connect(address(short, job["id"]), additional_headers=headers) as socket:
                messages, code = await rest(socket)
                return bool(messages), code

        async def by_events() -> bool:
            wanted = {**headers, "Accept": "text/event-stream"}
            async with short.nobody.stream("GET", f"/api/v1/jobs/{job['id']}/events", headers=wanted) as answer:
                async for _ in answer.aiter_raw():
                    pass
                return answer.status_code == 200

        for life_s in (3, 30):  # the second if the first is over before both have begun
            headers = {"Authorization": f"Bearer {idp.token(exp=int(time.time()) + life_s)}"}
            async with asyncio.timeout(life_s + 30):
                (heard, code), began = await asyncio.gather(by_socket(), by_events())
            assert code == 4401
            error_of(await short.nobody.get(ME, headers=headers), 401, "unauthenticated")
            if heard and began:
                break
        assert (heard, began) == (True, True)


@pytest.mark.threat("A79", "A64")
async def test_a_socket_takes_a_cookie_from_a_page_of_ours_alone(scene: Scene) -> None:
    async with registered(scene.world) as ada:
        job = (await ada.post("/api/v1/render", document("hang"))).json()
        there, cookie = address(scene.world, job["id"]), {"Cookie": f"cutroom={ada.cookie}"}
        async with connect(there, additional_headers={**cookie, "Origin": scene.world.url}) as socket:
            assert json.loads(await socket.recv())["seq"] == 1
        for origin in ("https://evil.example", "null", f"{scene.world.url}.evil.example", None):
            headers = {**cookie, **({} if origin is None else {"Origin": origin})}
            async with connect(there, additional_headers=headers) as socket:
                messages, code = await rest(socket)
            assert (messages, code) == ([], 4403)
        dead = {"Cookie": f"cutroom={'x' * 43}", "Origin": scene.world.url}
        async with connect(there, additional_headers=dead) as socket:
            assert (await rest(socket))[1] == 4401
        async with registered(scene.world, "eve@example.com") as eve:
            theirs = {"Cookie": f"cutroom={eve.cookie}", "Origin": scene.world.url}
            async with connect(there, additional_headers=theirs) as socket:
                assert (await rest(socket))[1] == 4404


async def test_a_socket_picks_a_workspace_where_headers_cannot(scene: Scene) -> None:
    async with registered(scene.world) as ada:
        async with scene.world.services.database.begin() as session:
            members = scene.world.services.accounts.members
            await members.add(session, scene.world.workspace_id, ada.id, Role.VIEWER)
        there = address(scene.world, (await scene.world.submit("hang"))["id"])
        headers = {"Cookie": f"cutroom={ada.cookie}", "Origin": scene.world.url}
        picked = [Subprotocol("cutroom.v1"), Subprotocol(f"workspace.{scene.world.workspace_id}")]
        async with connect(there, additional_headers=headers, subprotocols=picked) as socket:
            assert json.loads(await socket.recv())["seq"] == 1
        for protocols in (picked[:1], [picked[0], Subprotocol("workspace.ws_01aaaaaaaaaaaaaaaaaaaaaaaa")]):
            async with connect(there, additional_headers=headers, subprotocols=protocols) as socket:
                assert (await rest(socket))[1] == 4404


async def test_an_installation_without_providers_believes_none(world: World) -> None:
    idp = Provider()
    headers = {"Authorization": f"Bearer {idp.token()}"}
    error_of(await world.nobody.get(ME, headers=headers), 401, "unauthenticated")


async def test_what_was_ended_is_remembered_for_as_long_as_it_could_be_used(scene: Scene) -> None:
    bearer = {"Authorization": f"Bearer {scene.idp.token(jti='t1', sid='s1')}"}
    await scene.world.nobody.post("/api/v1/auth/logout", headers=bearer)
    async with scene.world.services.database.begin() as session:
        rows = (await session.execute(text("SELECT claim, expires_at - now() FROM revoked_tokens ORDER BY 1"))).all()
        left = {row[0]: row[1] for row in rows}
        assert timedelta(minutes=5) < left["jti"] <= timedelta(minutes=6)
        assert timedelta(days=29) < left["sid"] < timedelta(days=31)
        await session.execute(text("UPDATE revoked_tokens SET expires_at = now() - interval '1 s'"))
    again = {"Authorization": f"Bearer {scene.idp.token(jti='t2', sid='s2')}"}
    await scene.world.nobody.post("/api/v1/auth/logout", headers=again)
    async with scene.world.services.database.begin() as session:
        found = set((await session.execute(text("SELECT value FROM revoked_tokens"))).scalars())
    assert found == {"t2", "s2"}
