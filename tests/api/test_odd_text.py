"""Text that breaks databases and logs, wherever text can come in."""

import json
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from cutroom.api import openapi_document
from tests.api.world import World

ODD = (
    "%00",
    "a%00b",
    "%ED%A0%80",
    "%FF",
    "%F0%9F%98%80",
    "%E2%80%AE",
    "'%20OR%201=1--",
    "a" * 9_000,
    "..%2F..%2Fx",
    "%0D%0AX:y",
)


def addresses() -> list[tuple[str, str]]:
    """Method and path of every route that has an id in it."""
    paths: dict[str, Any] = openapi_document()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods if "{" in path]


def filled(path: str, text: str) -> str:
    parts = path.split("/")
    return "/".join(text if part.startswith("{") else part for part in parts)


def is_answered(answer: httpx2.Response) -> None:
    if answer.request.url.path.startswith("/fabric/"):
        is_answered_as_fabric_does(answer)
        return
    assert 400 <= answer.status_code < 500, (answer.request.url, answer.text)
    if answer.request.method != "HEAD" and answer.content:
        assert answer.json()["error"]["code"]


def is_answered_as_fabric_does(answer: httpx2.Response) -> None:
    """There, unknown parameters mean nothing, and what is not there is a sentence with the status 500."""
    if answer.status_code >= 500:
        assert str(answer.json()).endswith("no such file or directory"), (answer.request.url, answer.text)


@pytest.mark.threat("A73", "A74", "A90")
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:12])
async def test_odd_text_in_a_path_is_never_our_fault(world: World, odd: str) -> None:
    for method, path in addresses():
        is_answered(await world.mine.request(method, filled(path, odd)))


@pytest.mark.threat("A73", "A74")
@pytest.mark.parametrize("odd", ODD, ids=lambda odd: odd[:12])
async def test_odd_text_in_a_query_is_never_our_fault(world: World, odd: str) -> None:
    paths: dict[str, Any] = openapi_document()["paths"]
    for path, methods in paths.items():
        if "get" not in methods or "{" in path:
            continue
        for parameter in methods["get"].get("parameters", ()):
            if parameter["in"] == "query":
                answer = await world.mine.get(f"{path}?{parameter['name']}={odd}")
                assert answer.status_code < 500, (path, parameter["name"])
        is_answered(await world.mine.get(f"{path}?{odd}=1"))


@pytest.mark.threat("A73", "A90")
async def test_odd_bytes_in_headers_are_never_our_fault(world: World) -> None:
    for name in (
        "If-None-Match",
        "Idempotency-Key",
        "Last-Event-ID",
        "Accept",
        "User-Agent",
        "X-Workspace-Id",
        "Origin",
    ):
        for value in (b"\xff\xfe", b"\xed\xa0\x80", b"a\tb", b"'; drop table jobs; --", b"x" * 9_000):
            for method, path in (
                ("GET", "/api/v1/jobs"),
                ("POST", "/api/v1/render"),
                ("GET", "/api/v1/jobs/job_x/events"),
            ):
                content = json.dumps({}).encode() if method == "POST" else b""
                headers = {name.encode(): value, b"Content-Type": b"application/json"}
                answer = await world.mine.request(method, path, headers=headers, content=content)
                assert answer.status_code < 500, (name, value, path)


@pytest.mark.threat("A90")
async def test_a_path_cannot_forge_a_line_of_the_log(world: World) -> None:
    with capture_logs() as logs:
        await world.nobody.get("/%0A%7B%22event%22:%22forged%22%7D%1B[31m")
    lines = [line for line in logs if line["event"] == "http.request"]
    assert len(lines) == 1
    assert "\n" not in json.dumps(lines[0])
