"""What surrounds every request: ids, headers, caps, deadlines, strict JSON. Threats A67, A69, A70, A71, A73, A90."""

import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.api.world import World, document, error_of


async def test_a_request_id_is_echoed_and_stays_with_the_job(world: World) -> None:
    for given in ("a", "A-b_c.9", "x" * 128):
        answer = await world.mine.post("/api/v1/render", json=document(given), headers={"X-Request-ID": given})
        assert answer.headers["x-request-id"] == given
        assert answer.json()["correlationId"] == given


@pytest.mark.threat("A90")
async def test_a_request_id_that_could_do_harm_is_replaced(world: World) -> None:
    for given in (b"", b"x" * 129, b"a b", b"a;b", b"a\tb", b"<script>", b"\xe9"):
        answer = await world.mine.get("/livez", headers={b"X-Request-ID": given})
        assert answer.headers["x-request-id"].startswith("req_")


async def test_no_two_requests_have_the_same_id(world: World) -> None:
    ids = {(await world.mine.get("/livez")).headers["x-request-id"] for _ in range(20)}
    assert len(ids) == 20


@pytest.mark.threat("A90")
async def test_each_request_is_one_line_in_the_log_without_its_query(world: World) -> None:
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    headers = {"X-Request-ID": "the-one", "traceparent": f"00-{trace}-00f067aa0ba902b7-01"}
    with capture_logs() as logs:
        await world.mine.get("/api/v1/jobs?limit=7", headers=headers)
    line = next(line for line in logs if line["event"] == "http.request")
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/jobs", 200)
    assert line["route"] == "/api/v1/jobs"
    assert "limit" not in str(line)


async def test_a_line_is_logged_under_the_pattern_of_its_route(world: World) -> None:
    with capture_logs() as logs:
        await world.mine.get("/api/v1/jobs/job_x")
        await world.mine.get("/nowhere")
    assert [line["route"] for line in logs if line["event"] == "http.request"] == ["/api/v1/jobs/{job_id}", "unknown"]


async def test_every_answer_keeps_browsers_honest(world: World) -> None:
    job = await world.submit()
    for path in ("/livez", "/nowhere", f"/api/v1/jobs/{job['id']}", "/api/v1/jobs?limit=0"):
        headers = (await world.mine.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["cache-control"].startswith(("no-store", "private"))
        assert "server" not in headers or "uvicorn" not in headers["server"]


@pytest.mark.threat("A67")
async def test_a_body_over_the_cap_is_refused(world: World) -> None:
    big = json.dumps(document("x" * (1 << 20))).encode()
    headers = {"Content-Type": "application/json"}
    error_of(await world.mine.post("/api/v1/render", content=big, headers=headers), 413, "body_too_large")

    async def chunks() -> Any:
        for start in range(0, len(big), 50_000):
            yield big[start : start + 50_000]

    error_of(await world.mine.post("/api/v1/render", content=chunks(), headers=headers), 413, "body_too_large")


async def test_a_body_just_under_the_cap_is_read(world: World) -> None:
    padding = " " * ((1 << 20) - len(json.dumps(document("x"))) - 1)
    body = json.dumps(document("x")) + padding
    answer = await world.mine.post("/api/v1/render", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 202


async def raw(world: World, request: bytes, *, more: bytes = b"", after: float = 0.0) -> bytes:
    """Send bytes over a socket; everything that comes back until the server closes."""
    host, port = world.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        await writer.drain()
        if more:
            await asyncio.sleep(after)
            writer.write(more)
        async with asyncio.timeout(60):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.threat("A67", "A69")
async def test_a_client_that_announces_a_body_and_sends_nothing_is_let_go(slow_world: World) -> None:
    head = (
        f"POST /api/v1/render HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {slow_world.api_key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n"
    )
    answer = await raw(slow_world, head.encode() + b"{")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"body_too_slow"' in answer
    assert b"connection: close" in answer.lower()


@pytest.mark.threat("A70")
async def test_a_request_with_two_lengths_is_refused(world: World) -> None:
    head = (
        f"POST /api/v1/render HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {world.api_key}\r\n"
        "Content-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    )
    answer = await raw(world, head.encode())
    assert answer.startswith(b"HTTP/1.1 400 ")


STRICT = {
    b"": (400, "malformed_json"),
    b"{": (400, "malformed_json"),
    b"{} {}": (400, "malformed_json"),
    b"\xff\xfe\x00": (400, "malformed_json"),
    b"\xef\xbb\xbf\xef\xbb\xbf{}": (400, "malformed_json"),
    b"[" * 100_000: (400, "json_too_deep"),
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000: (400, "json_too_deep"),
    b'{"timeline": NaN}': (422, "bad_number"),
    b'{"timeline": -Infinity}': (422, "bad_number"),
    b'{"timeline": 1e400}': (422, "bad_number"),
    b'{"timeline": ' + b"9" * 5_000 + b"}": (422, "bad_number"),
    b'{"timeline": {}, "timeline": {}}': (422, "duplicate_key"),
    b'{"timeline": "\\u0000"}': (422, "bad_text"),
    b'{"\\u0000": 1}': (422, "bad_text"),
    b'{"timeline": "\\ud83d"}': (422, "bad_text"),
}


@pytest.mark.threat("A71", "A73")
async def test_json_that_is_none_or_too_much_is_refused_by_every_route(world: World) -> None:
    for path in ("/api/v1/render", "/api/v1/render/validate", "/api/v1/uploads", "/api/v1/dead-letters/redrive"):
        for body, (status, code) in STRICT.items():
            answer = await world.mine.post(path, content=body, headers={"Content-Type": "application/json"})
            error_of(answer, status, code)


async def test_json_may_begin_with_the_mark_that_editors_of_windows_write(world: World) -> None:
    answer = await world.mine.post(
        "/api/v1/render/validate", content=b"\xef\xbb\xbf{}", headers={"Content-Type": "application/json"}
    )
    assert error_of(answer, 422, "missing_field")["details"][0]["pointer"] == "/timeline"


async def test_json_that_is_no_object_is_refused(world: World) -> None:
    for path in ("/api/v1/render", "/api/v1/uploads", "/api/v1/dead-letters/redrive"):
        for body in ("null", "[]", "0", '"text"', "true"):
            answer = await world.mine.post(path, content=body, headers={"Content-Type": "application/json"})
            assert answer.status_code == 422
            assert answer.json()["error"]["details"]


@pytest.mark.threat("A71")
async def test_a_body_that_is_not_called_json_is_refused(world: World) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = await world.mine.post("/api/v1/render", content=b"{}", headers={"Content-Type": content_type})
        error_of(answer, 415, "unsupported_media_type")
