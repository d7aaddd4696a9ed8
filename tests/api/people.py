"""People of the tests, as their browsers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from tests.api.conftest import TLS
from tests.api.world import World

AUTH = "/api/v1/auth"
ME = "/api/v1/me"
PASSWORD = "correct horse battery"
COOKIE = "cutroom"


@dataclass(frozen=True)
class Person:
    """Somebody who is logged in, as their browser."""

    browser: httpx2.AsyncClient
    id: str
    csrf: str

    @property
    def cookie(self) -> str:
        return self.browser.cookies[COOKIE]

    @property
    def headers(self) -> dict[str, str]:
        return {"Origin": str(self.browser.base_url).rstrip("/"), "X-CSRF-Token": self.csrf}

    async def post(self, path: str, json: Any = None, **headers: str) -> httpx2.Response:
        return await self.browser.post(path, json=json, headers=self.headers | headers)


def browser(world: World) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=world.url, trust_env=False, timeout=20, verify=TLS)


@asynccontextmanager
async def registered(world: World, email: str = "ada@example.com", **more: Any) -> AsyncIterator[Person]:
    async with browser(world) as client:
        body = {"email": email, "password": PASSWORD, **more}
        answer = await client.post(f"{AUTH}/register", json=body)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        yield Person(client, made["user"]["id"], made["csrfToken"])


@asynccontextmanager
async def logged_in(world: World, email: str = "ada@example.com", password: str = PASSWORD) -> AsyncIterator[Person]:
    async with browser(world) as client:
        answer = await client.post(f"{AUTH}/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        yield Person(client, answer.json()["user"]["id"], answer.json()["csrfToken"])
