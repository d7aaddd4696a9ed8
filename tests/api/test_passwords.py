"""Passwords that were forgotten or changed. Threats A64, A91."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update
from structlog.testing import capture_logs

from cutroom.accounts.user_rows import LinkRow
from cutroom.db import Database
from tests.api.mailing import SITE, link_in, posting
from tests.api.people import AUTH, ME, PASSWORD, browser, logged_in, registered
from tests.api.world import World, error_of

NEW = "quite another one"
ADA = {"email": "ada@example.com"}


async def forgot(world: World, email: str = "ada@example.com", **headers: str) -> httpx2.Response:
    return await world.nobody.post(f"{AUTH}/password/forgot", json={"email": email}, headers=headers)


async def reset(world: World, token: str, password: str = NEW) -> httpx2.Response:
    return await world.nobody.post(f"{AUTH}/password/reset", json={"token": token, "newPassword": password})


async def login(world: World, password: str) -> httpx2.Response:
    async with browser(world) as client:
        return await client.post(f"{AUTH}/login", json=ADA | {"password": password})


@pytest.mark.threat("A64", "A91")
async def test_a_forgotten_password_is_replaced_by_a_link_and_everybody_is_logged_out(
    database: Database, tmp_path: Path
) -> None:
    async with posting(database, tmp_path) as (world, post), registered(world) as ada, logged_in(world) as phone:
        with capture_logs() as logs:
            asked = await forgot(world, "ADA@example.com ")
            assert (asked.status_code, asked.content) == (202, b"")
            letter = await post.newest(1)
            page, token = link_in(letter)
            assert (letter["To"], letter["Subject"], page) == (
                "ada@example.com",
                "Choose another password",
                f"{SITE}/reset",
            )
            async with world.services.database.begin() as session:
                assert token.encode() not in (await session.scalars(select(LinkRow.hash))).one()
            assert (await ada.browser.get(ME)).json()["user"]["emailConfirmed"] is False
            assert (await reset(world, token)).status_code == 204
            told = await post.newest(2)
        assert (told["To"], told["Subject"]) == ("ada@example.com", "Your password was changed")
        assert f"{SITE}/reset" in told.get_content()
        assert token not in str(logs) + told.get_content()
        assert {"password.reset", "account.mail_sent"} <= {line["event"] for line in logs}
        for person in (ada, phone):
            error_of(await person.browser.get(ME), 401, "unauthenticated")
        error_of(await login(world, PASSWORD), 401, "wrong_login")
        async with logged_in(world, password=NEW) as again:
            assert (await again.browser.get(ME)).json()["user"]["emailConfirmed"] is True
        error_of(await reset(world, token), 404, "link_not_found")


async def test_nobody_can_tell_by_the_answer_or_its_time_who_has_an_account(database: Database, tmp_path: Path) -> None:
    async with posting(database, tmp_path, is_open=False) as (world, post):
        for email in ("ada@example.com", "bob@example.com"):
            async with registered(world, email):
                pass
        await world.services.identity.people.set_disabled("bob@example.com", disabled=True)
        said = set()
        for email in ("nobody@example.com", "bob@example.com", "ada@example.com"):
            answer = await forgot(world, email)  # comes, though the mail server has not taken anything
            varied = {"x-request-id", "date", "ratelimit", "x-ratelimit-remaining", "x-ratelimit-reset"}
            headers = tuple((name, value) for name, value in answer.headers.items() if name not in varied)
            said.add((answer.status_code, answer.content, headers))
        assert len(said) == 1
        assert post.envelopes == []
        post.is_open.set()
    # The server has ended, and with it all that it had begun.
    assert (post.waiting, len(post.envelopes)) == (1, 1)
    assert (await post.newest(1))["To"] == "ada@example.com"


async def test_a_link_ends_by_another_one_by_another_password_and_after_an_hour(
    database: Database, tmp_path: Path
) -> None:
    async with posting(database, tmp_path) as (world, post), registered(world) as ada:
        await forgot(world)
        _, first = link_in(await post.newest(1))
        await forgot(world)
        _, second = link_in(await post.newest(2))
        error_of(await reset(world, first), 404, "link_not_found")

        other = {"currentPassword": PASSWORD, "newPassword": NEW}
        assert (await ada.post(f"{AUTH}/password", other)).status_code == 204
        assert (await post.newest(3))["Subject"] == "Your password was changed"
        error_of(await reset(world, second), 404, "link_not_found")

        await forgot(world)
        _, third = link_in(await post.newest(4))

        async def left(minutes: int) -> None:
            async with world.services.database.begin() as session:
                ends = await session.scalar(select(LinkRow.expires_at - func.now()))
                assert ends is not None
                assert timedelta(minutes=55) < ends <= timedelta(hours=1)
                await session.execute(
                    update(LinkRow).values(expires_at=LinkRow.expires_at - timedelta(minutes=minutes))
                )

        await left(61)
        error_of(await reset(world, third), 404, "link_not_found")
        assert (await ada.browser.get(ME)).status_code == 200
        async with logged_in(world, password=NEW):
            pass


async def test_what_is_no_link_is_refused_alike_and_a_bad_password_uses_none_up(
    database: Database, tmp_path: Path
) -> None:
    async with posting(database, tmp_path) as (world, post), registered(world):
        await forgot(world)
        _, token = link_in(await post.newest(1))
        wrong = (token[:-1] + ("a" if token[-1] != "a" else "b"), "ctl_" + "a" * 43, "cti_" + token[4:], "x", "é\u202e")
        said = {error_of(await reset(world, one), 404, "link_not_found")["message"] for one in wrong}
        assert len(said) == 1
        error = error_of(await reset(world, token, "short"), 422, "bad_password")
        assert error["details"][0]["pointer"] == "/newPassword"
        assert (await reset(world, token)).status_code == 204


async def test_of_many_who_use_one_link_one_does(database: Database, tmp_path: Path) -> None:
    async with posting(database, tmp_path) as (world, post), registered(world):
        await forgot(world)
        _, token = link_in(await post.newest(1))
        answers = await asyncio.gather(*(reset(world, token, f"{NEW} {number}") for number in range(6)))
        assert sorted(answer.status_code for answer in answers) == [204] + [404] * 5
        (right,) = (number for number, answer in enumerate(answers) if answer.status_code == 204)
        async with logged_in(world, password=f"{NEW} {right}"):
            pass


async def test_letters_are_counted_whether_or_not_there_is_an_account(database: Database, tmp_path: Path) -> None:
    async with posting(database, tmp_path) as (world, post), registered(world):
        for email in ("ada@example.com", "nobody@example.com"):
            for number in range(1, 6):
                assert (await forgot(world, email)).status_code == 202
                await post.letters(number if email == "ada@example.com" else 5)
            refused = await forgot(world, email)
            error_of(refused, 429, "too_many_attempts")
            assert 0 < int(refused.headers["retry-after"]) <= 900
        # The last link works, whoever it was that asked so often.
        _, token = link_in(await post.newest(5))
        assert (await reset(world, token)).status_code == 204
        for number in range(10):
            assert (await forgot(world, f"somebody{number}@example.com")).status_code == 202
        error_of(await forgot(world, "somebody@example.com"), 429, "too_many_attempts")


async def test_who_has_tried_too_many_wrong_ones_may_log_in_with_the_new_one(
    database: Database, tmp_path: Path
) -> None:
    async with posting(database, tmp_path) as (world, post), registered(world):
        for _ in range(10):
            error_of(await login(world, "wrong password"), 401, "wrong_login")
        error_of(await login(world, PASSWORD), 429, "too_many_attempts")
        await forgot(world)
        _, token = link_in(await post.newest(1))
        assert (await reset(world, token)).status_code == 204
        assert (await login(world, NEW)).status_code == 200


async def test_who_was_shut_out_comes_in_by_no_link(database: Database, tmp_path: Path) -> None:
    async with posting(database, tmp_path) as (world, post), registered(world):
        await forgot(world)
        _, token = link_in(await post.newest(1))
        await world.services.identity.people.set_disabled("ada@example.com", disabled=True)
        error_of(await reset(world, token), 404, "link_not_found")


@pytest.mark.parametrize("body", [ADA | {"redirect": "https://evil.example"}, {"email": "nobody"}, {"email": ""}])
async def test_what_is_no_address_is_refused(database: Database, tmp_path: Path, body: dict[str, Any]) -> None:
    async with posting(database, tmp_path) as (world, _):
        answer = await world.nobody.post(f"{AUTH}/password/forgot", json=body)
        assert answer.status_code == 422, answer.text


async def test_the_link_leads_where_the_settings_say_and_pages_of_others_ask_for_none(
    database: Database, tmp_path: Path
) -> None:
    async with posting(database, tmp_path) as (world, post), registered(world):
        error_of(await forgot(world, Origin="https://evil.example"), 403, "csrf_failed")
        assert (await forgot(world, **{"Host": "evil.example", "X-Forwarded-Host": "evil.example"})).status_code == 202
        page, _ = link_in(await post.newest(1))
        assert page == f"{SITE}/reset"


async def test_a_mail_server_that_refuses_is_the_operators_to_see(database: Database, tmp_path: Path) -> None:
    with capture_logs() as logs:
        async with posting(database, tmp_path, refuse="451 not now") as (world, _), registered(world):
            assert (await forgot(world)).status_code == 202
    failed = [line for line in logs if line["event"] == "account.mail_failed"]
    assert [(line["code"], line["user_id"][:4]) for line in failed] == [("mail_not_sent", "usr_")]


async def test_without_a_mail_server_everybody_is_sent_to_the_operator(world: World) -> None:
    async with registered(world) as ada:
        for email in ("ada@example.com", "nobody@example.com"):
            error_of(await forgot(world, email), 409, "no_mail")
        # A link that the operator has made works, and nobody is written to.
        link = await world.services.identity.people.reset_link("ada@example.com")
        assert link.token not in repr(link)
        assert (await reset(world, link.token)).status_code == 204
        error_of(await ada.browser.get(ME), 401, "unauthenticated")
        async with logged_in(world, password=NEW):
            pass
