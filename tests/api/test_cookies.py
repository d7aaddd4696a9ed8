"""What pages of others cannot do with a cookie. Threat A63."""

import re
from pathlib import Path
from typing import Any

import pytest

from cutroom.api import ApiSettings, openapi_document
from cutroom.db import Database
from tests.api.conftest import serving
from tests.api.people import AUTH, ME, PASSWORD, browser, logged_in, registered
from tests.api.world import World, document, error_of


@pytest.mark.threat("A63")
async def test_what_changes_something_with_a_cookie_must_come_from_a_page_of_ours(world: World) -> None:
    async with registered(world) as ada:
        own, csrf = {"Origin": world.url}, {"X-CSRF-Token": ada.csrf}
        body: dict[str, Any] = {"json": document("forged")}
        forged: list[dict[str, Any]] = [
            {"headers": csrf, **body},
            {"headers": {"Origin": "https://evil.example", **csrf}, **body},
            {"headers": {"Origin": "null", **csrf}, **body},
            {"headers": {"Origin": f"{world.url}.evil.example", **csrf}, **body},
            {"headers": {"Origin": "http://127.0.0.1:1", **csrf}, **body},
            {"headers": {"Sec-Fetch-Site": "cross-site", **csrf}, **body},
            {"headers": {"Sec-Fetch-Site": "same-site", **csrf}, **body},
            {"headers": own, **body},
            {"headers": {**own, "X-CSRF-Token": ""}, **body},
            {"headers": {**own, "X-CSRF-Token": ada.csrf[:-1] + "x"}, **body},
            {"headers": {**own, "X-CSRF-Token": ada.cookie}, **body},
        ]
        forged.extend(
            {"headers": own | csrf | {"Content-Type": kind}, "content": b'{"timeline": {}}'}
            for kind in ("text/plain", "text/plain;charset=utf-8", "application/x-www-form-urlencoded")
        )
        for number, request in enumerate(forged):
            answer = await ada.browser.post("/api/v1/render", **request)
            assert answer.status_code == 403, (number, answer.text)
            error_of(answer, 403, "csrf_failed")
        right = await ada.browser.post("/api/v1/render", headers=own | csrf, **body)
        assert right.status_code == 202
        by_fetch = await ada.browser.post("/api/v1/render", headers={"Sec-Fetch-Site": "same-origin", **csrf}, **body)
        assert by_fetch.status_code == 202
        assert (await ada.browser.get(ME)).status_code == 200


@pytest.mark.threat("A63")
async def test_no_route_that_changes_something_is_left_out(world: World) -> None:
    tried = 0
    async with registered(world) as ada:
        for path, methods in openapi_document()["paths"].items():
            for method, operation in methods.items():
                if method in {"get", "head", "options"} or not operation.get("security"):
                    continue
                address = re.sub(r"\{\w+\}", "x", path)
                for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": world.url}):
                    answer = await ada.browser.request(method.upper(), address, headers=headers, json={})
                    error_of(answer, 403, "csrf_failed")
                tried += 1
        assert (await ada.browser.get(ME)).status_code == 200
    assert tried > 20


@pytest.mark.threat("A63")
async def test_a_method_cannot_be_put_in_place_of_another(world: World) -> None:
    async with registered(world) as ada:
        for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
            answer = await ada.browser.get(f"{AUTH}/sessions", headers={name: "DELETE"})
            assert answer.status_code in {400, 403}
        assert (await ada.browser.get(ME)).status_code == 200


@pytest.mark.threat("A63")
async def test_the_token_of_one_session_is_worthless_with_another(world: World) -> None:
    async with registered(world) as ada, logged_in(world) as phone:
        answer = await ada.browser.post(
            "/api/v1/render", json=document("x"), headers={"Origin": world.url, "X-CSRF-Token": phone.csrf}
        )
        error_of(answer, 403, "csrf_failed")


@pytest.mark.threat("A63")
async def test_no_page_of_others_logs_anybody_in(world: World) -> None:
    async with registered(world), browser(world) as client:
        body = {"email": "ada@example.com", "password": PASSWORD}
        for path in (f"{AUTH}/login", f"{AUTH}/register"):
            answer = await client.post(path, json=body, headers={"Origin": "https://evil.example"})
            error_of(answer, 403, "csrf_failed")
            simple = {"Content-Type": "text/plain"}
            error_of(await client.post(path, content=b"{}", headers=simple), 415, "unsupported_media_type")


async def test_a_listed_origin_may_use_the_cookie(database: Database, tmp_path: Path) -> None:
    settings = ApiSettings(cors_origins=frozenset({"https://app.example.com"}))
    async with serving(database, tmp_path, settings) as world, registered(world) as ada:
        headers = {"Origin": "https://app.example.com", "X-CSRF-Token": ada.csrf}
        assert (await ada.browser.post(f"{AUTH}/logout", headers=headers)).status_code == 204
