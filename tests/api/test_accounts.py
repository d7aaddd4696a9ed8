"""People with a password: register, log in and out, sessions. Threats A63, A64, A62, A79."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, text, update

from cutroom.accounts import IdentitySettings, PasswordSettings, Role, SessionSettings
from cutroom.accounts.passwords import Passwords
from cutroom.accounts.user_rows import SessionRow, UserRow
from cutroom.api import ApiSettings
from cutroom.db import Database
from tests.api.conftest import QUICK, serving
from tests.api.people import AUTH, COOKIE, ME, PASSWORD, browser, logged_in, registered
from tests.api.world import World, document, error_of


async def test_who_registers_owns_a_workspace_and_is_logged_in(world: World) -> None:
    async with registered(world, name="Ada Lovelace") as ada:
        me = (await ada.browser.get(ME)).json()
        assert me["kind"] == "session"
        assert me["user"] == {**me["user"], "email": "ada@example.com", "name": "Ada Lovelace", "id": ada.id}
        assert [(place["name"], place["role"]) for place in me["workspaces"]] == [("Ada Lovelace", "owner")]
        assert me["workspaceId"] == me["workspaces"][0]["id"]
        assert me["scopes"] == ["*"]
        assert me["csrfToken"] == ada.csrf
        answer = await ada.post("/api/v1/render", document("of a person"))
        assert answer.status_code == 202
        assert (await world.mine.get(f"/api/v1/jobs/{answer.json()['id']}")).status_code == 404


async def test_the_cookie_is_for_this_host_and_not_for_scripts(world: World) -> None:
    async with browser(world) as client:
        answer = await client.post(f"{AUTH}/register", json={"email": "a@example.com", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("cutroom=")
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie
    assert "Secure" not in cookie
    assert answer.headers["cache-control"] == "no-store"


async def test_over_tls_the_cookie_is_bound_to_it(database: Database, tmp_path: Path) -> None:
    async with serving(database, tmp_path, ApiSettings(only_https=True)) as world, browser(world) as client:
        answer = await client.post(f"{AUTH}/register", json={"email": "a@example.com", "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-cutroom=")
        assert {"HttpOnly", "SameSite=lax", "Path=/", "Secure"} <= set(cookie.split("; "))
        text_of_it = cookie.split(";", 1)[0].split("=", 1)[1]
        csrf = answer.json()["csrfToken"]
        headers = {"Cookie": f"__Host-cutroom={text_of_it}", "X-CSRF-Token": csrf}
        assert (await world.nobody.get(ME, headers=headers)).status_code == 200
        # A cookie that was set without the prefix may have come from another host or without TLS.
        plain = {**headers, "Cookie": f"cutroom={text_of_it}"}
        error_of(await world.nobody.get(ME, headers=plain), 401, "unauthenticated")
        own = world.url.replace("http://", "https://")
        assert (await world.nobody.post(f"{AUTH}/logout", headers={**headers, "Origin": world.url})).status_code == 403
        assert (await world.nobody.post(f"{AUTH}/logout", headers={**headers, "Origin": own})).status_code == 204


async def test_nothing_stored_logs_anybody_in(world: World) -> None:
    async with registered(world) as ada, world.services.database.begin() as session:
        row = (await session.scalars(select(SessionRow))).one()
        user = (await session.scalars(select(UserRow))).one()
        stored = " ".join(repr(getattr(row, column.key)) for column in SessionRow.__table__.columns)
        assert ada.cookie not in stored
        assert len(ada.cookie) == 43
        assert user.password_hash is not None
        assert user.password_hash.startswith("$argon2id$")
        assert PASSWORD not in user.password_hash


@pytest.mark.threat("A64")
async def test_a_login_is_always_a_new_session(world: World) -> None:
    async with registered(world) as ada, browser(world) as client:
        client.cookies.set(COOKIE, ada.cookie)
        first = ada.cookie
        answer = await client.post(f"{AUTH}/login", json={"email": "ada@example.com", "password": PASSWORD})
        assert answer.cookies[COOKIE] != first
        error_of(await ada.browser.get(ME), 401, "unauthenticated")
        # A value that somebody else has put there is not taken over.
        client.cookies.set(COOKIE, "x" * 43)
        again = await client.post(f"{AUTH}/login", json={"email": "ada@example.com", "password": PASSWORD})
        assert again.cookies[COOKIE] != "x" * 43


@pytest.mark.threat("A64")
async def test_a_session_is_dead_at_once_after_logout(world: World) -> None:
    async with registered(world) as ada:
        cookie = ada.cookie
        answer = await ada.post(f"{AUTH}/logout")
        assert answer.status_code == 204
        assert 'cutroom="";' in answer.headers["set-cookie"]
        assert "Max-Age=0" in answer.headers["set-cookie"]
        headers = {"Cookie": f"{COOKIE}={cookie}"}
        error_of(await world.nobody.get(ME, headers=headers), 401, "unauthenticated")


@pytest.mark.threat("A64")
async def test_a_session_ends_when_nobody_uses_it_and_when_it_is_old(database: Database, tmp_path: Path) -> None:
    ages = SessionSettings(idle=timedelta(hours=1), absolute=timedelta(hours=10))
    identity = replace(QUICK, sessions=ages)
    async with serving(database, tmp_path, ApiSettings(), identity=identity) as world, registered(world) as ada:

        async def aged(column: Any, hours: float) -> httpx2.Response:
            async with world.services.database.begin() as session:
                await session.execute(update(SessionRow).values({column: func.now() - timedelta(hours=hours)}))
            return await ada.browser.get(ME)

        assert (await aged(SessionRow.last_seen_at, 0.9)).status_code == 200
        async with world.services.database.begin() as session:  # its use was noted
            assert (await session.execute(text("SELECT now() - last_seen_at < '1 min' FROM sessions"))).scalar_one()
        error_of(await aged(SessionRow.last_seen_at, 1.1), 401, "unauthenticated")
        assert (await aged(SessionRow.last_seen_at, 0.0)).status_code == 200
        assert (await aged(SessionRow.created_at, 9.9)).status_code == 200
        error_of(await aged(SessionRow.created_at, 10.1), 401, "unauthenticated")


@pytest.mark.threat("A64")
async def test_another_role_and_no_membership_count_from_the_next_request_on(world: World) -> None:
    async with registered(world) as ada:
        workspace_id = (await ada.browser.get(ME)).json()["workspaceId"]

        async def as_role(statement: str) -> httpx2.Response:
            async with world.services.database.begin() as session:
                await session.execute(text(statement))
            return await ada.post("/api/v1/render", document("once"))

        assert (await as_role("SELECT 1")).status_code == 202
        error_of(await as_role("UPDATE memberships SET role = 'viewer'"), 403, "scope_missing")
        assert (await as_role("UPDATE memberships SET role = 'editor'")).status_code == 202
        error_of(await as_role("DELETE FROM memberships"), 403, "scope_missing")
        me = (await ada.browser.get(ME)).json()
        assert (me["workspaceId"], me["workspaces"], me["scopes"]) == (None, [], [])
        gone = await ada.browser.get("/api/v1/jobs", headers={"X-Workspace-Id": workspace_id})
        error_of(gone, 404, "workspace_not_found")


@pytest.mark.threat("A64")
async def test_sessions_are_listed_and_ended_one_by_one_and_all_together(world: World) -> None:
    async with registered(world) as ada, logged_in(world) as phone, logged_in(world) as tablet:
        found = (await tablet.browser.get(f"{AUTH}/sessions")).json()["items"]
        assert [one["current"] for one in found] == [True, False, False]
        assert {one["address"] for one in found} == {"127.0.0.1"}
        assert all(one["userAgent"].startswith("python-httpx") for one in found)
        own = {"Origin": world.url, "X-CSRF-Token": tablet.csrf}
        ended = await tablet.browser.delete(f"{AUTH}/sessions/{found[1]['id']}", headers=own)
        assert ended.status_code == 204
        error_of(await phone.browser.get(ME), 401, "unauthenticated")
        again = await tablet.browser.delete(f"{AUTH}/sessions/{found[1]['id']}", headers=own)
        error_of(again, 404, "session_not_found")
        async with registered(world, "eve@example.com") as eve:
            headers = {"Origin": world.url, "X-CSRF-Token": eve.csrf}
            stolen = await eve.browser.delete(f"{AUTH}/sessions/{found[2]['id']}", headers=headers)
            error_of(stolen, 404, "session_not_found")
            assert (await ada.browser.get(ME)).status_code == 200
            assert (await tablet.browser.delete(f"{AUTH}/sessions", headers=own)).status_code == 204
            for person in (ada, tablet):
                error_of(await person.browser.get(ME), 401, "unauthenticated")
            assert (await eve.browser.get(ME)).status_code == 200


async def test_another_password_ends_all_other_sessions(world: World) -> None:
    async with registered(world) as ada, logged_in(world) as phone:
        wrong = {"currentPassword": "not the one", "newPassword": "quite another one"}
        error_of(await ada.post(f"{AUTH}/password", wrong), 403, "wrong_password")
        short = {"currentPassword": PASSWORD, "newPassword": "short"}
        assert error_of(await ada.post(f"{AUTH}/password", short), 422, "bad_password")["details"][0]["pointer"] == (
            "/newPassword"
        )
        right = {"currentPassword": PASSWORD, "newPassword": "quite another one"}
        assert (await ada.post(f"{AUTH}/password", right)).status_code == 204
        assert (await ada.browser.get(ME)).status_code == 200
        error_of(await phone.browser.get(ME), 401, "unauthenticated")
        async with browser(world) as client:
            old = await client.post(f"{AUTH}/login", json={"email": "ada@example.com", "password": PASSWORD})
            error_of(old, 401, "wrong_login")
        async with logged_in(world, password="quite another one"):
            pass


async def test_a_login_makes_an_outdated_hash_again(world: World) -> None:
    async with registered(world):

        async def stored() -> str:
            async with world.services.database.begin() as session:
                return str(await session.scalar(select(UserRow.password_hash)))

        old = await Passwords(PasswordSettings(memory_kib=128, passes=2, lanes=1)).hash(PASSWORD)
        async with world.services.database.begin() as session:
            await session.execute(update(UserRow).values(password_hash=old))
        async with browser(world) as client:
            await client.post(f"{AUTH}/login", json={"email": "ada@example.com", "password": "wrong password"})
        assert await stored() == old
        async with logged_in(world):
            new = await stored()
        assert "m=64,t=1,p=1" in new
        async with logged_in(world):
            assert await stored() == new


async def test_an_unknown_address_and_a_wrong_password_look_the_same(world: World) -> None:
    async with registered(world), browser(world) as client:
        answers = []
        for email in ("ada@example.com", "nobody@example.com", "not an address", ""):
            answer = await client.post(f"{AUTH}/login", json={"email": email, "password": "wrong password"})
            error_of(answer, 401, "wrong_login")
            body = answer.json()
            del body["error"]["correlationId"]
            answers.append((body, answer.headers.keys()))
        assert all(one == answers[0] for one in answers)


async def test_addresses_are_the_same_in_every_spelling(world: World) -> None:
    async with registered(world, "Ada@Example.COM"):
        for email in (" ada@example.com ", "ADA@EXAMPLE.com", "\uff41da@example.com"):
            async with logged_in(world, email):
                pass
        async with browser(world) as client:
            taken = await client.post(f"{AUTH}/register", json={"email": "aDa@example.com", "password": PASSWORD})
            error_of(taken, 409, "email_taken")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"email": "ada", "password": PASSWORD}, "bad_email"),
        ({"email": "ada@nowhere", "password": PASSWORD}, "bad_email"),
        ({"email": "a b@example.com", "password": PASSWORD}, "bad_email"),
        ({"email": "ada@example.com", "password": "x" * 7}, "bad_password"),
        ({"email": "ada@example.com", "password": "x" * 1025}, "bad_password"),
        ({"email": "ada@example.com", "password": PASSWORD, "name": "x" * 201}, "bad_name"),
        ({"email": "ada@example.com", "password": PASSWORD, "name": "a\u202eb"}, "bad_name"),
        ({"email": "ada@example.com", "password": PASSWORD, "isAdmin": True}, "invalid_input"),
        ({"email": "ada@example.com", "password": PASSWORD, "workspaceId": "ws_x"}, "invalid_input"),
    ],
)
async def test_who_cannot_be_registered_is_told_why(world: World, body: dict[str, Any], code: str) -> None:
    async with browser(world) as client:
        error = error_of(await client.post(f"{AUTH}/register", json=body), 422, code)
        assert error["details"]


async def test_of_many_who_register_one_address_one_does(world: World) -> None:
    async with browser(world) as client:
        body = {"email": "ada@example.com", "password": PASSWORD}
        answers = await asyncio.gather(*(client.post(f"{AUTH}/register", json=body) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 7
    async with world.services.database.begin() as session:
        assert await session.scalar(select(func.count()).select_from(UserRow)) == 1


@pytest.mark.parametrize(
    ("registration", "code"), [("closed", "registration_closed"), ("invited", "invitation_required")]
)
async def test_registering_can_be_closed(database: Database, tmp_path: Path, registration: Any, code: str) -> None:
    identity = replace(QUICK, registration=registration)
    async with serving(database, tmp_path, ApiSettings(), identity=identity) as world, browser(world) as client:
        answer = await client.post(f"{AUTH}/register", json={"email": "a@example.com", "password": PASSWORD})
        error_of(answer, 403, code)


def test_by_default_registering_takes_an_invitation() -> None:
    assert IdentitySettings().registration == "invited"


async def test_an_invitation_opens_the_door_and_leads_to_its_workspace(database: Database, tmp_path: Path) -> None:
    identity = replace(QUICK, registration="invited")
    async with serving(database, tmp_path, ApiSettings(), identity=identity) as world:
        async with world.services.database.begin() as session:
            accounts = world.services.accounts
            owner = await accounts.authenticate(session, world.api_key)
            workspace = await accounts.workspaces.get(session, world.workspace_id)
            assert owner is not None
            made = await accounts.invitations.create(
                session, owner, workspace, role=Role.EDITOR, email=None, mails=False
            )
        async with registered(world, invitation=made.token) as ada:
            me = (await ada.browser.get(ME)).json()
            assert [(place["id"], place["role"]) for place in me["workspaces"]] == [(world.workspace_id, "editor")]
        async with browser(world) as client:
            body = {"email": "eve@example.com", "password": PASSWORD, "invitation": made.token}
            error_of(await client.post(f"{AUTH}/register", json=body), 404, "invitation_not_found")
    async with database.begin() as session:
        assert await session.scalar(select(func.count()).select_from(UserRow)) == 1


async def test_guessing_a_password_ends_after_some_tries(world: World) -> None:
    async with registered(world), browser(world) as client:

        async def guess(email: str, password: str) -> httpx2.Response:
            return await client.post(f"{AUTH}/login", json={"email": email, "password": password})

        answers = await asyncio.gather(*(guess("Ada@example.com", "wrong one") for _ in range(14)))
        assert sorted(answer.status_code for answer in answers) == [401] * 10 + [429] * 4
        late = await guess("ada@example.com", PASSWORD)
        error_of(late, 429, "too_many_attempts")
        assert 800 < int(late.headers["retry-after"]) <= 900
        error_of(await guess("bob@example.com", "wrong one"), 401, "wrong_login")  # others are not shut out
        async with world.services.database.begin() as session:
            await session.execute(text("UPDATE login_attempts SET since = since - interval '16 min'"))
        assert (await guess("ada@example.com", PASSWORD)).status_code == 200


async def test_logging_in_rightly_is_not_held_against_anybody(world: World) -> None:
    async with registered(world), browser(world) as client:
        for _ in range(14):
            body = {"email": "ada@example.com", "password": PASSWORD}
            assert (await client.post(f"{AUTH}/login", json=body)).status_code == 200


async def test_a_key_wins_over_a_cookie_and_needs_no_token(world: World) -> None:
    async with registered(world) as ada:
        headers = {"X-API-Key": world.api_key, "Origin": "https://evil.example"}
        answer = await ada.browser.post("/api/v1/render", json=document("by key"), headers=headers)
        assert answer.status_code == 202
        assert (await world.mine.get(f"/api/v1/jobs/{answer.json()['id']}")).status_code == 200


async def test_a_key_says_who_it_is_but_is_no_person(world: World) -> None:
    me = (await world.mine.get(ME)).json()
    assert (me["kind"], me["user"], me["scopes"]) == ("api_key", None, ["*"])
    assert me["workspaces"] == [{"id": world.workspace_id, "name": "mine", "role": None}]
    assert "csrfToken" not in me
    for method, path in (("POST", "logout"), ("GET", "sessions"), ("DELETE", "sessions")):
        error_of(await world.mine.request(method, f"{AUTH}/{path}"), 403, "people_only")


async def test_the_header_picks_one_of_ones_own_workspaces(world: World) -> None:
    async with registered(world) as ada, registered(world, "bob@example.com") as bob:
        first = (await ada.browser.get(ME)).json()["workspaceId"]
        theirs = (await bob.browser.get(ME)).json()["workspaceId"]
        async with world.services.database.begin() as session:
            await world.services.accounts.members.add(session, world.workspace_id, ada.id, Role.VIEWER)
        there = await ada.browser.get(ME, headers={"X-Workspace-Id": world.workspace_id})
        assert there.json()["workspaceId"] == world.workspace_id
        assert "jobs:write" not in there.json()["scopes"]
        assert (await ada.browser.get(ME)).json()["workspaceId"] == first
        for wrong in (theirs, "ws_01aaaaaaaaaaaaaaaaaaaaaaaa", "x", "' or 1=1 --"):
            answer = await ada.browser.get("/api/v1/jobs", headers={"X-Workspace-Id": wrong})
            error_of(answer, 404, "workspace_not_found")
        own = {"X-Workspace-Id": world.workspace_id}
        assert (await world.mine.get("/api/v1/jobs", headers=own)).status_code == 200
        other = {"X-Workspace-Id": first}
        error_of(await world.mine.get("/api/v1/jobs", headers=other), 404, "workspace_not_found")


@pytest.mark.threat("A62")
async def test_who_is_shut_out_is_so_on_every_way_in(world: World) -> None:
    async with registered(world) as ada:
        await world.services.identity.people.set_disabled("ada@example.com", disabled=True)
        error_of(await ada.browser.get(ME), 403, "user_disabled")
        error_of(await ada.post("/api/v1/render", document("x")), 403, "user_disabled")
        async with browser(world) as client:
            right = await client.post(f"{AUTH}/login", json={"email": "ada@example.com", "password": PASSWORD})
            error_of(right, 403, "user_disabled")
            wrong = await client.post(f"{AUTH}/login", json={"email": "ada@example.com", "password": "wrong one"})
            error_of(wrong, 401, "wrong_login")
        await world.services.identity.people.set_disabled("ada@example.com", disabled=False)
        error_of(await ada.browser.get(ME), 401, "unauthenticated")
        async with logged_in(world):
            pass


@pytest.mark.parametrize(
    "cookie", ["", "x", "x" * 43, "x" * 10_000, "é" * 43, '"; DROP TABLE sessions', "A" * 42 + "="]
)
async def test_a_cookie_that_is_none_of_ours_is_nobody(world: World, cookie: str) -> None:
    answer = await world.nobody.get(ME, headers=[(b"Cookie", f"{COOKIE}={cookie}".encode())])
    error_of(answer, 401, "unauthenticated")
