"""What a request says of itself, and which pages may read our answers."""

from pathlib import Path

import httpx2
import pytest
from structlog.testing import capture_logs
from websockets.asyncio.client import connect

from cutroom.api import ApiSettings
from cutroom.api.cors import is_foreign
from cutroom.api.gate import forwarded_for, host_name, network_of
from cutroom.db import Database
from tests.api.conftest import serving
from tests.api.test_requests import raw
from tests.api.test_streams import address, keyed, rest
from tests.api.world import World, error_of

PAGE = "https://studio.example"


@pytest.mark.threat("A66")
@pytest.mark.parametrize(
    ("given", "trusted", "found"),
    [
        ("203.0.113.7", 1, "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7", 1, "203.0.113.7"),
        ("6.6.6.6, 203.0.113.7, 10.0.0.1", 2, "203.0.113.7"),
        ("203.0.113.7", 2, None),
        ("", 1, None),
        ("unknown", 1, None),
        ("6.6.6.6, evil", 1, None),
        ("203.0.113.7:4711", 1, "203.0.113.7"),
        ("[2001:db8::1]:4711", 1, "2001:db8::1"),
        ('"[2001:db8::1]"', 1, "2001:db8::1"),
        ("2001:DB8::1", 1, "2001:db8::1"),
        ("203.0.113.7\r\nX: y", 1, None),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(given: str, trusted: int, found: str | None) -> None:
    assert forwarded_for(given, trusted) == found


def test_a_network_is_what_one_client_has() -> None:
    assert network_of("203.0.113.7") == "203.0.113.7"
    assert network_of("::ffff:203.0.113.7") == "203.0.113.7"
    assert network_of("2001:db8:1:2:3:4:5:6") == network_of("2001:db8:1:2::9") == "2001:db8:1:2::/64"
    assert network_of("unknown") == "unknown"


async def logged_client(world: World, **headers: str) -> str:
    with capture_logs() as logs:
        await world.nobody.get("/nowhere", headers={name.replace("_", "-"): value for name, value in headers.items()})
    return str(next(line for line in logs if line["event"] == "http.request")["client"])


@pytest.mark.threat("A66")
async def test_without_proxies_of_ours_nobody_is_believed(world: World) -> None:
    assert await logged_client(world, X_Forwarded_For="6.6.6.6", Forwarded="for=6.6.6.6", X_Real_IP="6.6.6.6") == (
        "127.0.0.1"
    )


@pytest.mark.threat("A66")
async def test_behind_a_proxy_its_word_counts(database: Database, tmp_path: Path) -> None:
    async with serving(database, tmp_path, ApiSettings(trusted_proxies=1)) as world:
        assert await logged_client(world, X_Forwarded_For="6.6.6.6, 203.0.113.7") == "203.0.113.7"
        assert await logged_client(world) == "127.0.0.1"


@pytest.mark.threat("A70")
@pytest.mark.parametrize(("host", "name"), [("A.b:80", "a.b"), ("[::1]:8000", "::1"), ("a.b.", "a.b"), ("", "")])
def test_a_host_has_one_name(host: str, name: str) -> None:
    assert host_name(host) == name


@pytest.mark.threat("A70")
async def test_a_server_answers_under_its_own_names_alone(database: Database, tmp_path: Path) -> None:
    settings = ApiSettings(allowed_hosts=frozenset({"api.example"}))
    async with serving(database, tmp_path, settings) as world:
        for host in ("evil.example", "api.example.evil.example", "127.0.0.1", "api.example@evil.example"):
            answer = await world.nobody.get("/api/v1/jobs", headers={"Host": host})
            error_of(answer, 400, "host_not_allowed")
        for host in ("api.example", "API.example:443", "api.example."):
            error_of(await world.nobody.get("/api/v1/jobs", headers={"Host": host}), 401, "unauthenticated")
        assert (await world.nobody.get("/livez")).status_code == 200


@pytest.mark.threat("A63")
@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
async def test_a_method_in_a_header_is_refused(world: World, name: str) -> None:
    answer = await world.mine.post("/api/v1/jobs", headers={name: "DELETE"})
    error_of(answer, 403, "method_override_refused")


@pytest.mark.threat("A63")
async def test_methods_that_nothing_here_has_are_refused(world: World) -> None:
    for method in ("TRACE", "TRACK", "CONNECT"):
        said = await raw(world, f"{method} /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        assert said.split(b" ")[1] in {b"400", b"405"}
        assert b'"error"' in said
    answer = await world.mine.get("/api/v1/jobs?_method=DELETE")
    error_of(answer, 422, "unknown_parameter")


async def ask(world: World, origin: str, method: str = "GET") -> httpx2.Response:
    """What a browser asks before it sends what a page wants, or (GET) sends itself."""
    headers = {"Origin": origin}
    if method == "OPTIONS":
        headers |= {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    return await world.mine.request(method, "/api/v1/jobs", headers=headers)


@pytest.mark.threat("A65")
async def test_no_page_of_another_origin_may_read_anything(world: World) -> None:
    for origin in (PAGE, "null", world.url):
        for method in ("GET", "OPTIONS"):
            answer = await ask(world, origin, method)
            assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.threat("A65")
async def test_pages_on_the_list_may_and_no_others(database: Database, tmp_path: Path) -> None:
    async with serving(database, tmp_path, ApiSettings(cors_origins=frozenset({PAGE}))) as world:
        preflight = await ask(world, PAGE, "OPTIONS")
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == PAGE
        assert "Authorization" in preflight.headers["access-control-allow-headers"]
        assert "PATCH" in preflight.headers["access-control-allow-methods"]
        answer = await ask(world, PAGE)
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "X-Request-ID" in answer.headers["access-control-expose-headers"]
        assert "Origin" in answer.headers["vary"]
        refused = await world.nobody.get("/api/v1/jobs", headers={"Origin": PAGE})
        assert refused.headers["access-control-allow-origin"] == PAGE  # a page may read why, too
        for origin in (
            "null",
            "http://studio.example",
            "https://studio.example.evil.example",
            "https://evilstudio.example",
            "https://a.studio.example",
            "https://studio.example:8443",
            "https://STUDIO.example",
            "*",
            "",
        ):
            for method in ("GET", "OPTIONS"):
                answer = await ask(world, origin, method)
                assert "access-control-allow-origin" not in answer.headers, origin
                assert "Origin" in answer.headers["vary"]


@pytest.mark.threat("A79")
def test_a_page_is_foreign_unless_it_is_ours_or_on_the_list() -> None:
    listed = frozenset({PAGE})
    for origin in (None, PAGE, "http://api.example", "https://api.example", "http://API.example:80"):
        assert not is_foreign(origin, "api.example", listed), origin
    for origin in ("null", "", "https://evil.example", "http://api.example:8080", "ftp://api.example", "api.example"):
        assert is_foreign(origin, "api.example", listed), origin


@pytest.mark.threat("A79")
async def test_a_page_of_a_foreign_origin_opens_no_socket(database: Database, tmp_path: Path) -> None:
    async with serving(database, tmp_path, ApiSettings(cors_origins=frozenset({PAGE}))) as world:
        job = await world.submit("hang")
        target = address(world, job["id"])
        for origin in ("https://evil.example", "null"):
            async with connect(target, additional_headers={**keyed(world), "Origin": origin}) as socket:
                assert await rest(socket) == ([], 4403)
        for origin in (PAGE, world.url):
            async with connect(target, additional_headers={**keyed(world), "Origin": origin}) as socket:
                assert '"queued"' in str(await socket.recv())


async def test_browsers_are_told_to_come_back_over_tls_where_that_is_so(
    world: World, database: Database, tmp_path: Path
) -> None:
    assert "strict-transport-security" not in (await world.nobody.get("/livez")).headers
    async with serving(database, tmp_path / "tls", ApiSettings(only_https=True)) as safe:
        assert "max-age=" in (await safe.nobody.get("/livez")).headers["strict-transport-security"]
