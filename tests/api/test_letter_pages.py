"""The pages that links in letters lead to, in a real browser; that of invitations is tried in test_join."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from cutroom.db import Database
from tests.api.browsing import Tab, tab
from tests.api.conftest import QUICK
from tests.api.mailing import link_in, posting
from tests.api.people import AUTH, ME, PASSWORD, logged_in, registered
from tests.api.test_join import complaints
from tests.api.world import World, error_of

NEW = "quite another one"
ASKED = replace(QUICK, confirms=True)


@pytest.fixture
async def page() -> AsyncIterator[Tab]:
    async with tab() as opened:
        yield opened


async def said(page: Tab, *, of: str = "#trouble") -> str:
    """What the page says once it says something there."""
    await page.until(f"document.querySelector('{of}').checkVisibility()")
    return await page.seen(of) or ""


async def test_who_has_forgotten_a_password_asks_for_a_link_and_chooses_another(
    database: Database, tmp_path: Path, page: Tab
) -> None:
    async with posting(database, tmp_path) as (world, post), registered(world) as ada:
        await page.open(f"{world.url}/reset")
        await page.fill("forgot", email="ada@example.com")
        await said(page, of="#done")
        assert (await page.seen("#status") or "").startswith("If there is an account with this address")
        _, token = link_in(await post.newest(1))

        await page.open(f"{world.url}/reset#{token}")
        await page.until("document.querySelector('#choose').checkVisibility()")
        await page.fill("reset", password=NEW, again=f"{NEW}s")
        assert "two different passwords" in await said(page)
        await page.fill("reset", password=NEW, again=NEW)
        await said(page, of="#done")
        assert (await page.seen("#status") or "").startswith("Your password is set")
        assert await page.run("location.hash") == ""
        assert not any(token in url for url in page.requested if not url.startswith(f"{world.url}/reset#"))
        error_of(await ada.browser.get(ME), 401, "unauthenticated")
        async with logged_in(world, password=NEW):
            pass

        # A link that was used leads to where one asks for another.
        await page.open(f"{world.url}/reset#{token}")
        await page.fill("reset", password=NEW, again=NEW)
        assert "does not work" in await said(page)
        assert (await page.seen("#choose"), await page.seen("#forgotten") is None) == (None, False)
        assert (await page.seen("#status") or "").startswith("Have a link sent to you")
        assert complaints(page) == []


async def test_who_has_registered_confirms_their_address_by_logging_in(
    database: Database, tmp_path: Path, page: Tab
) -> None:
    async with posting(database, tmp_path, identity=ASKED) as (world, post):
        account = {"email": "ada@example.com", "password": PASSWORD}
        assert (await world.nobody.post(f"{AUTH}/register", json=account)).status_code == 202
        _, token = link_in(await post.newest(1))
        await page.open(f"{world.url}/confirm")
        assert "not whole" in await said(page)
        await page.open(f"{world.url}/confirm#{token}")
        await page.until("document.querySelector('#known').checkVisibility()")
        await page.fill("login", email="ada@example.com", password="wrong password")
        # Nobody is sent to the letter that they have come from.
        assert await said(page) == "There is no account with this e-mail address and password."
        await page.run("document.querySelector('#lost').click()")
        await said(page, of="#forgotten")
        assert await page.seen("#trouble") is None
        await page.open(f"{world.url}/confirm#{token}")
        await page.until("document.querySelector('#known').checkVisibility()")
        await page.fill("login", email="ada@example.com", password=PASSWORD)
        await said(page, of="#done")
        assert await page.seen("#status") == "Your address is confirmed, and you are logged in."
        assert (
            await page.run("fetch('/api/v1/me').then((me) => me.json()).then((me) => me.user.emailConfirmed)") is True
        )
        assert complaints(page) == []


async def test_who_is_invited_and_must_confirm_is_told_of_the_letter(
    database: Database, tmp_path: Path, page: Tab
) -> None:
    async with posting(database, tmp_path, identity=ASKED) as (world, post):
        path = f"/api/v1/workspaces/{world.workspace_id}/invitations"
        invitation = (await world.mine.post(path, json={"role": "viewer"})).json()["token"]
        await page.open(f"{world.url}/join#{invitation}")
        await page.until("document.querySelector('#stranger').checkVisibility()")
        await page.fill("register", email="ada@example.com", password=PASSWORD)
        await page.until("document.querySelector('#status').innerText.startsWith('Open the link in the letter')")
        assert "ada@example.com" in (await page.seen("#status") or "")
        assert await page.seen("#stranger") is None
        assert (await post.newest(1))["Subject"] == "Confirm your address"


@pytest.mark.threat("A94")
@pytest.mark.parametrize("path", ["/join", "/reset", "/confirm"])
async def test_a_page_allows_its_own_script_alone_and_no_frame(world: World, path: str) -> None:
    answer = await world.nobody.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";"))
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        (inline,) = re.findall(f"<{tag}>(.*?)</{tag}>", answer.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert policy[directive] == f"'sha256-{digest}'"
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert policy["connect-src"] == "'self'"
    assert (answer.headers["x-frame-options"], answer.headers["referrer-policy"]) == ("DENY", "no-referrer")
    assert not re.search(r"\son\w+=|javascript:|\ssrc=|\shref=", answer.text)
    again = await world.nobody.get(path, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
