"""The page that an invitation's link opens, in a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cutroom.accounts import IdentitySettings
from cutroom.api import ApiSettings
from cutroom.api.deps import Pages
from cutroom.db import Database
from tests.api.browsing import Tab, tab
from tests.api.conftest import QUICK, serving
from tests.api.world import World, error_of

PASSWORD = "correct horse battery"
NAME = "Films <script>alert(1)</script>"


@pytest.fixture
async def page(world: World) -> AsyncIterator[Tab]:
    async with tab() as opened:
        yield opened


async def invited(world: World, role: str = "editor", name: str = NAME) -> str:
    """The link of an invitation to the workspace `mine`."""
    await world.mine.patch(f"/api/v1/workspaces/{world.workspace_id}", json={"name": name})
    answer = await world.mine.post(f"/api/v1/workspaces/{world.workspace_id}/invitations", json={"role": role})
    assert answer.status_code == 201, answer.text
    return f"{world.url}{answer.json()['link']}"


async def members(world: World) -> dict[str, str]:
    found = await world.mine.get(f"/api/v1/workspaces/{world.workspace_id}/members")
    return {one["email"]: one["role"] for one in found.json()["items"]}


def complaints(page: Tab) -> list[str]:
    """What the browser had to say, but for answers that are meant to be refusals, and advice.

    It would have a field for the address beside a new password; whoever has a link need not tell theirs.
    """
    return [line for line in page.console if "status of 40" not in line and '"recommendation"' not in line]


async def test_who_is_new_registers_and_is_a_member(world: World, page: Tab) -> None:
    await page.open(await invited(world))
    await page.until("!document.querySelector('#register').hidden && !document.querySelector('#stranger').hidden")
    assert await page.seen("#status") == f"You are invited to “{NAME}” as editor."
    await page.fill("register", email="ada@example.com", password=PASSWORD, name="Ada")
    await page.until("!document.querySelector('#done').hidden")
    assert await page.seen("#status") == f"You are a member of “{NAME}” now."
    assert await page.seen("#workspace") == world.workspace_id
    assert await page.run("location.hash") == ""
    assert await members(world) == {"ada@example.com": "editor"}
    assert complaints(page) == []


async def test_who_has_an_account_logs_in_and_who_is_logged_in_only_says_yes(world: World, page: Tab) -> None:
    for email in ("bob@example.com", "eve@example.com"):
        made = await world.nobody.post("/api/v1/auth/register", json={"email": email, "password": PASSWORD})
        assert made.status_code == 201
        world.nobody.cookies.clear()
    await page.open(await invited(world, "viewer"))
    await page.until("!document.querySelector('#stranger').hidden")
    await page.run("document.querySelector('#tab-login').click()")
    await page.fill("login", email="bob@example.com", password="wrong password")
    await page.until("!document.querySelector('#trouble').hidden")
    assert "password" in (await page.seen("#trouble") or "")
    await page.fill("login", email="bob@example.com", password=PASSWORD)
    await page.until("!document.querySelector('#done').hidden")
    assert (await members(world))["bob@example.com"] == "viewer"

    # Again, as somebody who is logged in: first as the same person, then as another.
    await page.open(await invited(world, "admin"))
    await page.until("!document.querySelector('#member').hidden")
    assert await page.seen("#who") == "bob@example.com"
    await page.run("document.querySelector('#accept').click()")
    await page.until("!document.querySelector('#trouble').hidden")
    assert await page.seen("#trouble") == "You are a member of this workspace already."
    await page.run("document.querySelector('#leave').click()")
    await page.until("!document.querySelector('#stranger').hidden")
    await page.run("document.querySelector('#tab-login').click()")
    await page.fill("login", email="eve@example.com", password=PASSWORD)
    await page.until("!document.querySelector('#done').hidden")
    assert await members(world) == {"bob@example.com": "viewer", "eve@example.com": "admin"}
    assert complaints(page) == []


async def test_a_link_that_leads_nowhere_says_so(world: World, page: Tab) -> None:
    for fragment, said in (("#inv_wrong", "does not work"), ("#%", "does not work"), ("", "not whole")):
        await page.open(f"{world.url}/join{fragment}")
        await page.until("!document.querySelector('#trouble').hidden")
        assert said in (await page.seen("#trouble") or "")
        assert await page.seen("#status") == "This invitation cannot be shown."
        assert (await page.seen("#stranger"), await page.seen("#member")) == (None, None)


@pytest.mark.threat("A94")
async def test_the_token_goes_nowhere_but_into_bodies_and_nothing_comes_from_elsewhere(world: World, page: Tab) -> None:
    link = await invited(world)
    token = link.partition("#")[2]
    await page.open(link)
    await page.until("!document.querySelector('#stranger').hidden")
    addresses = [url for url in page.requested if url != "about:blank" and url.partition("#")[0] != f"{world.url}/join"]
    assert addresses == [f"{world.url}/api/v1/invitations/look"]
    assert not any(token in url for url in addresses)
    # What a name of a workspace holds is text, and a script that somebody got in would not run.
    assert await page.run("document.scripts.length") == 1
    await page.run("const s = document.createElement('b'); try { s.innerHTML = '<i>'; } catch { window.held = true; }")
    assert await page.run("window.held") is True
    await page.run("document.body.append(Object.assign(document.createElement('script'), {id: 'planted'}))")
    await page.run("try { document.querySelector('#planted').text = 'window.ran = 1'; } catch {}")
    assert await page.run("window.ran") is None
    outside = f"fetch('{world.url.replace('127.0.0.1', 'localhost')}/livez').then(() => 'out', () => 'held')"
    assert await page.run(outside) == "held"


async def test_who_has_a_page_of_their_own_has_no_other_here(database: Database, tmp_path: Path) -> None:
    settings: Any = ApiSettings(
        pages=Pages(join="https://studio.example.org/welcome", ours=frozenset({"reset", "confirm"}))
    )
    async with serving(database, tmp_path, settings) as world:
        error_of(await world.nobody.get("/join"), 404, "not_found")
        assert (await world.nobody.get("/reset")).status_code == 200
        answer = await world.mine.post(f"/api/v1/workspaces/{world.workspace_id}/invitations", json={"role": "viewer"})
        assert answer.json()["link"] == f"https://studio.example.org/welcome#{answer.json()['token']}"


async def test_where_nobody_may_register_the_page_says_why(database: Database, tmp_path: Path) -> None:
    identity = IdentitySettings(registration="closed", passwords=QUICK.passwords)
    async with serving(database, tmp_path, ApiSettings(), identity=identity) as world, tab() as page:
        await page.open(await invited(world))
        await page.until("!document.querySelector('#stranger').hidden")
        await page.fill("register", email="ada@example.com", password=PASSWORD)
        await page.until("!document.querySelector('#trouble').hidden")
        assert (await page.seen("#trouble") or "").startswith("Nobody can register here")
        assert await members(world) == {}
