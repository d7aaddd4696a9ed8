"""Checkouts over HTTP from a real git server: with a secret, without one, and by way of a redirect."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from cutroom.kit.errors import CutroomError
from cutroom.repos import Checkout
from tests.repos.ground import ENV, Ground, git, runner_of

BACKEND = Path(git(Path("/"), "--exec-path").strip()) / "git-http-backend"
TOKEN = "a-token-of-the-agent"
pytestmark = pytest.mark.skipif(
    not BACKEND.exists() and "CI" not in os.environ, reason="git came without its HTTP server"
)


class Served:
    """Repositories over HTTP, for those who show the token; `/elsewhere` leads to them."""

    def __init__(self, root: Path) -> None:
        self.root, self.port = root, 0
        self.asked: list[str] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {key.lower(): value for key, _, value in (line.partition(": ") for line in lines[1:])}
        method, target, _ = lines[0].split(" ")
        self.asked.append(target)
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        shown = base64.b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode()
        if target.startswith("/elsewhere"):
            location = f"http://127.0.0.1:{self.port}/git{target.removeprefix('/elsewhere')}"
            writer.write(f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode())
        elif shown != f"x-access-token:{TOKEN}":
            head = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n"
            writer.write(f"{head}Connection: close\r\n\r\n".encode())
        else:
            writer.write(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + await self._backend(method, target, headers, body)
            )
        await writer.drain()
        writer.close()

    async def _backend(self, method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
        path, _, query = target.partition("?")
        env = {
            **ENV,
            "GIT_PROJECT_ROOT": str(self.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": path.removeprefix("/git"),
            "QUERY_STRING": query,
            "REQUEST_METHOD": method,
            "CONTENT_TYPE": headers.get("content-type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "GIT_PROTOCOL": headers.get("git-protocol", ""),
            "HTTP_CONTENT_ENCODING": headers.get("content-encoding", ""),
        }
        pipe = asyncio.subprocess.PIPE
        run = await asyncio.create_subprocess_exec(BACKEND, env=env, stdin=pipe, stdout=pipe)
        return (await run.communicate(body))[0]


@asynccontextmanager
async def served(root: Path) -> AsyncIterator[Served]:
    made = Served(root)
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    async with server:
        yield made


async def check_out(ground: Ground, port: int, path: str, *, secrets: list[str], commit: str | None = None) -> Any:
    ground.secret("token", TOKEN)
    place = ground.configuration("true")
    top = f'repositories = ["http://127.0.0.1:{port}/"]\n[secrets.token]\nfile = "token"\nworkspaces = ["*"]\n'
    text = place.read_text().partition("\n")[2]
    place.write_text(f'{top}repositories = ["http://127.0.0.1:{port}/"]\n{text}')
    runner = await runner_of(place)
    url = f"http://127.0.0.1:{port}{path}"
    admitted = runner.admit(url, command=None, secrets=secrets, workspace_id="ws_1")
    home = ground.folder / f"home{len(list(ground.folder.iterdir()))}"
    home.mkdir()
    return await runner.check_out(admitted, home, branch="main", commit=commit, patch=None)


async def test_a_private_repository_comes_with_the_secret_which_nobody_finds_in_the_checkout(ground: Ground) -> None:
    origin = ground.repository("site", {"a.txt": "one\n"})
    first = git(origin, "rev-parse", "HEAD").strip()
    (origin / "a.txt").write_text("two\n")
    git(origin, "commit", "-q", "-a", "-m", "two")
    async with served(ground.repositories) as server:
        made: Checkout = await check_out(ground, server.port, "/git/site/.git", secrets=["token"])
        assert (made.tree / "a.txt").read_text() == "two\n"
        assert made.commit == git(origin, "rev-parse", "HEAD").strip()
        earlier: Checkout = await check_out(ground, server.port, "/git/site/.git", secrets=["token"], commit=first)
        assert (earlier.tree / "a.txt").read_text() == "one\n"
    marks = (TOKEN.encode(), base64.b64encode(f"x-access-token:{TOKEN}".encode()))
    for path in (path for path in made.home.rglob("*") if path.is_file()):
        assert not any(mark in path.read_bytes() for mark in marks), path


@pytest.mark.threat("A84")
async def test_without_the_secret_or_by_way_of_a_redirect_nothing_comes(ground: Ground) -> None:
    ground.repository("site", {"a.txt": "one\n"})
    async with served(ground.repositories) as server:
        for path, secrets, code in (
            ("/git/site/.git", [], "repository_not_found"),
            ("/git/none/.git", ["token"], "repository_not_found"),
            ("/elsewhere/site/.git", ["token"], "repository_unreachable"),
            ("/elsewhere/site-403/.git", ["token"], "repository_unreachable"),
        ):
            with pytest.raises(CutroomError) as refused:
                await check_out(ground, server.port, path, secrets=secrets)
            assert refused.value.code == code, refused.value.message
            assert TOKEN not in refused.value.message
        assert not any(target.startswith("/git/site") for target in server.asked[-1:])
