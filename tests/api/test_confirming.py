"""Addresses that must be confirmed before anybody can log in with them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import text

from cutroom.accounts import NewUser, Role
from cutroom.db import Database
from tests.accounts.provider import provider
from tests.api.believing import believing
from tests.api.conftest import QUICK
from tests.api.mailing import SITE, link_in, posting
from tests.api.people import AUTH, COOKIE, ME, PASSWORD, browser, logged_in, registered
from tests.api.world import World, error_of

ASKED = replace(QUICK, confirms=True)
ADA = {"email": "ada@example.com", "password": PASSWORD}


async def register(world: World, **more: Any) -> httpx2.Response:
    async with browser(world) as client:
        return await client.post(f"{AUTH}/register", json=ADA | more)


async def login(world: World, **more: Any) -> httpx2.Response:
    async with browser(world) as client:
        return await client.post(f"{AUTH}/login", json=ADA | more)


async def me_of(world: World, logged_in: httpx2.Response) -> Any:
    assert logged_in.status_code in {200, 201}, logged_in.text
    cookie = {"Cookie": f"{COOKIE}={logged_in.cookies[COOKIE]}"}
    return (await world.nobody.get(ME, headers=cookie)).json()


async def test_who_registers_logs_in_with_the_link_in_the_letter(database: Database, tmp_path: Path) -> None:
    async with posting(database, tmp_path, identity=ASKED) as (world, post):
        made = await register(world, name="Ada")
        assert (made.status_code, made.content, dict(made.cookies)) == (202, b"", {})
        error_of(await login(world), 401, "wrong_login")
        error_of(await login(world, password="wrong password"), 401, "wrong_login")
        letter = await post.newest(1)
        page, token = link_in(letter)
        assert (letter["Subject"], page) == ("Confirm your address", f"{SITE}/confirm")
        error_of(await login(world, confirmation="ctc_" + "a" * 43), 404, "link_not_found")
        error_of(await login(world, confirmation=token, password="wrong password"), 401, "wrong_login")
        me = await me_of(world, await login(world, confirmation=token))
        assert me["user"]["emailConfirmed"] is True
        assert [(place["name"], place["role"]) for place in me["workspaces"]] == [("Ada", "owner")]
        assert (await login(world)).status_code == 200
        # Who opens the letter a second time only logs in.
        assert (await login(world, confirmation=token)).status_code == 200


async def test_who_opens_a_letter_about_anothers_account_confirms_nothing_and_may_take_it(
    database: Database, tmp_path: Path
) -> None:
    async with posting(database, tmp_path, identity=ASKED) as (world, post):
        await register(world, password="what eve has chosen")
        _, token = link_in(await post.newest(1))
        # Ada has the letter, and not the password; Eve has the password, and not the letter.
        error_of(await login(world, confirmation=token), 401, "wrong_login")
        error_of(await login(world, password="what eve has chosen"), 401, "wrong_login")
        # Ada registers herself: the answer is that of a new address, and her letter leads to a password of her own.
        again = await register(world)
        assert (again.status_code, again.content) == (202, b"")
        page, link = link_in(await post.newest(2))
        assert page == f"{SITE}/reset"
        error_of(await login(world, confirmation=token, password="what eve has chosen"), 404, "link_not_found")
        chosen = await world.nobody.post(f"{AUTH}/password/reset", json={"token": link, "newPassword": PASSWORD})
        assert chosen.status_code == 204
        assert (await login(world)).status_code == 200
        error_of(await login(world, password="what eve has chosen"), 401, "wrong_login")


async def test_an_address_that_is_taken_is_answered_like_one_that_is_not(database: Database, tmp_path: Path) -> None:
    async with posting(database, tmp_path, identity=ASKED) as (world, post):
        await world.services.identity.people.create(NewUser(**ADA))
        said = set()
        for email in ("ada@example.com", "bob@example.com"):
            answer = await register(world, email=email)
            said.add((answer.status_code, answer.content, tuple(sorted(answer.headers.keys()))))
        assert len(said) == 1
        subjects = {letter["To"]: letter["Subject"] for letter in await post.letters(2)}
        assert subjects == {"ada@example.com": "Choose another password", "bob@example.com": "Confirm your address"}
        assert (await login(world)).status_code == 200
        for _ in range(4):
            assert (await register(world)).status_code == 202
        error_of(await register(world), 429, "too_many_attempts")


async def test_an_invitation_that_was_sent_to_the_address_confirms_it(database: Database, tmp_path: Path) -> None:
    async with posting(database, tmp_path, identity=ASKED) as (world, post):
        path = f"/api/v1/workspaces/{world.workspace_id}/invitations"
        await world.mine.post(path, json={"role": "editor", "email": "ADA@example.com"})
        _, token = link_in(await post.newest(1))
        me = await me_of(world, await register(world, invitation=token))
        assert (me["user"]["emailConfirmed"], me["workspaceId"]) == (True, world.workspace_id)
        assert (await login(world)).status_code == 200


async def test_an_invitation_that_was_handed_on_confirms_nothing(database: Database, tmp_path: Path) -> None:
    async with posting(database, tmp_path, identity=ASKED) as (world, post):
        path = f"/api/v1/workspaces/{world.workspace_id}/invitations"
        await world.mine.post(path, json={"role": "editor", "email": "bob@example.com"})
        _, sent = link_in(await post.newest(1))
        shown = (await world.mine.post(path, json={"role": "viewer"})).json()["token"]
        for number, (token, email) in enumerate(((sent, "ada@example.com"), (shown, "eve@example.com")), start=2):
            assert (await register(world, invitation=token, email=email)).status_code == 202
            error_of(await login(world, email=email), 401, "wrong_login")
            page, confirmation = link_in(await post.newest(number))
            assert page == f"{SITE}/confirm"
            # Had it been used up at registering, its maker would see whose address was free.
            looked = await world.nobody.post("/api/v1/invitations/look", json={"token": token})
            assert looked.status_code == 200
            entered = await login(world, email=email, confirmation=confirmation)
            me = await me_of(world, entered)
            assert [place["role"] for place in me["workspaces"]] == ["owner"]
            assert me["workspaceId"] != world.workspace_id


async def test_a_link_confirms_the_address_of_its_own_user_alone(database: Database, tmp_path: Path) -> None:
    async with posting(database, tmp_path, identity=ASKED) as (world, post):
        tokens = {}
        for number, email in enumerate(("ada@example.com", "eve@example.com"), start=1):
            await register(world, email=email)
            tokens[email] = link_in(await post.newest(number))[1]
        error_of(await login(world, confirmation=tokens["eve@example.com"]), 404, "link_not_found")
        error_of(await login(world), 401, "wrong_login")
        assert (await login(world, email="eve@example.com", confirmation=tokens["eve@example.com"])).status_code == 200
        assert (await login(world, confirmation=tokens["ada@example.com"])).status_code == 200


async def test_a_link_does_what_it_was_made_for_and_nothing_else(database: Database, tmp_path: Path) -> None:
    async with posting(database, tmp_path, identity=ASKED) as (world, post):
        await register(world)
        _, confirms = link_in(await post.newest(1))
        other = {"token": confirms, "newPassword": "quite another one"}
        error_of(await world.nobody.post(f"{AUTH}/password/reset", json=other), 404, "link_not_found")
        assert (await login(world, confirmation=confirms)).status_code == 200
        error_of(await world.nobody.post(f"{AUTH}/password/reset", json=other), 404, "link_not_found")

        await register(world, email="bob@example.com")
        await post.newest(2)
        await world.nobody.post(f"{AUTH}/password/forgot", json={"email": "bob@example.com"})
        _, resets = link_in(await post.newest(3))
        error_of(await login(world, email="bob@example.com", confirmation=resets), 404, "link_not_found")
        assert (await world.nobody.post(f"{AUTH}/password/reset", json=other | {"token": resets})).status_code == 204


async def test_the_operator_stands_for_the_addresses_of_people_that_they_make(
    database: Database, tmp_path: Path
) -> None:
    async with posting(database, tmp_path, identity=ASKED) as (world, post):
        people = world.services.identity.people
        await people.create(NewUser(**ADA), workspace_id=world.workspace_id, role=Role.VIEWER)
        assert (await login(world)).status_code == 200
        await register(world, email="bob@example.com")
        await post.newest(1)
        await people.set_password("bob@example.com", "of the operator")
        assert (await login(world, email="bob@example.com", password="of the operator")).status_code == 200


async def test_who_was_here_before_is_asked_at_the_next_login_and_keeps_everything(
    database: Database, tmp_path: Path
) -> None:
    async with posting(database, tmp_path) as (world, _), registered(world) as ada:
        workspace_id = (await ada.browser.get(ME)).json()["workspaceId"]
        async with world.services.database.begin() as session:  # as the version before wrote it
            await session.execute(text("UPDATE users SET confirmed_at = NULL"))
    async with posting(database, tmp_path, identity=ASKED) as (world, post):
        error_of(await login(world), 401, "wrong_login")
        await world.nobody.post(f"{AUTH}/password/forgot", json={"email": "ada@example.com"})
        _, token = link_in(await post.newest(1))
        chosen = await world.nobody.post(f"{AUTH}/password/reset", json={"token": token, "newPassword": PASSWORD})
        assert chosen.status_code == 204
        me = await me_of(world, await login(world))
        assert me["workspaceId"] == workspace_id


async def test_whoever_a_provider_sends_is_nobody_here_with_the_same_address(
    database: Database, tmp_path: Path
) -> None:
    async with provider() as idp, believing(idp, database, tmp_path) as scene, registered(scene.world) as ada:
        await scene.world.services.identity.people.set_password("ada@example.com", PASSWORD)  # confirmed or not
        me = await scene.me(idp.token(name="Ada", email="ada@example.com", email_verified=True))
        assert me["id"] != ada.id
        assert me["user"]["email"] is None
        async with logged_in(scene.world) as again:
            assert me["workspaceId"] != (await again.browser.get(ME)).json()["workspaceId"]
