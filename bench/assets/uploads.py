"""How fast a file gets in, by each way, beside a bare uvicorn handler that writes the same bytes to the same disk.

Both take the bytes as they come and bring them to the disk (fsync) before they answer. `ready` is what follows until
the upload is an asset: putting parts together, hashing, probing.
"""

import asyncio
import io
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from PIL import Image

from cutroom.db import EmbeddedPostgres

SIZE = 128 << 20
CHUNK = 1 << 20
ROUNDS = 2
TUS = {"Tus-Resumable": "1.0.0"}


def picture() -> bytes:
    """A picture, and what follows it in the file, so that its probe takes no time."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "PNG")
    return buffer.getvalue()


HEAD = picture()
BLOCK = os.urandom(CHUNK)


async def body(start: int, stop: int) -> AsyncIterator[bytes]:
    """Those bytes of the file."""
    place = start
    while place < stop:
        data = HEAD if place == 0 else BLOCK[: min(CHUNK, stop - place)]
        yield data
        place += len(data)


async def bare(folder: str, port: int) -> None:
    """The reference: ASGI, a file, fsync."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        with (Path(folder) / "bare").open("wb") as file:
            more = True
            while more:
                message = await receive()
                await asyncio.to_thread(file.write, message.get("body", b""))
                more = message.get("more_body", False)
            await asyncio.to_thread(os.fsync, file.fileno())
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    config = uvicorn.Config(app, host="127.0.0.1", port=port, access_log=False, log_config=None, lifespan="off")
    await uvicorn.Server(config).serve()


@asynccontextmanager
async def program(*command: str, env: dict[str, str], port: int) -> AsyncIterator[str]:
    """A server in a process of its own; its address once it answers."""
    child = await asyncio.create_subprocess_exec(
        *command, env=env, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        for _ in range(1_200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            await asyncio.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        child.terminate()
        await child.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def timed(work: Awaitable[httpx2.Response]) -> float:
    started = time.perf_counter()
    answer = await work
    assert answer.status_code < 300, answer.text
    return time.perf_counter() - started


async def single(client: httpx2.AsyncClient) -> tuple[float, float]:
    """One signed PUT."""
    upload = await announced(client, multipart=False)
    put = upload["put"]
    headers = {**put["headers"], "Content-Length": str(SIZE)}
    sent = await timed(client.put(put["url"], headers=headers, content=body(0, SIZE)))
    return sent, await timed(client.post(f"/uploads/{upload['id']}/complete"))


async def multipart(client: httpx2.AsyncClient) -> tuple[float, float]:
    """Signed parts, one after the other."""
    upload = await announced(client, multipart=True)
    size, sent, place = upload["multipart"]["partSizeBytes"], 0.0, 0
    for part in upload["multipart"]["parts"]:
        headers = {**part["headers"], "Content-Length": str(part["sizeBytes"])}
        sent += await timed(client.put(part["url"], headers=headers, content=body(place, place + part["sizeBytes"])))
        place += size
    return sent, await timed(client.post(f"/uploads/{upload['id']}/complete"))


async def tus(client: httpx2.AsyncClient) -> tuple[float, float]:
    """One PATCH of all but the last byte, then one of that."""
    made = await client.post("/uploads/tus", headers={**TUS, "Upload-Length": str(SIZE)})
    where = made.headers["location"].removeprefix("/api/v1")

    def patch(start: int, stop: int) -> Awaitable[httpx2.Response]:
        headers = {
            **TUS,
            "Content-Type": "application/offset+octet-stream",
            "Upload-Offset": str(start),
            "Content-Length": str(stop - start),
        }
        return client.patch(where, headers=headers, content=body(start, stop))

    sent = await timed(patch(0, SIZE - 1))
    return sent, await timed(patch(SIZE - 1, SIZE))


async def announced(client: httpx2.AsyncClient, **more: Any) -> Any:
    wanted = {"name": "a.png", "contentType": "image/png", "sizeBytes": SIZE, **more}
    answer = await client.post("/uploads", json=wanted)
    assert answer.status_code == 201, answer.text
    return answer.json()


WAYS: dict[str, Callable[[httpx2.AsyncClient], Awaitable[tuple[float, float]]]] = {
    "single PUT": single,
    "multipart": multipart,
    "tus": tus,
}


async def main() -> None:
    with tempfile.TemporaryDirectory(prefix="cutroom-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        postgres = EmbeddedPostgres(folder / "postgres")
        try:
            await measure(folder, await postgres.start())
        finally:
            await postgres.stop()


async def measure(folder: Path, database_url: str) -> None:
    port, other = free_port(), free_port()
    env = {**os.environ, "DATABASE_URL": database_url, "CUTROOM_DATA": str(folder / "data")}
    cutroom = [sys.executable, "-m", "cutroom.app"]
    for command in (["migrate"], ["api-key", "bench"]):
        child = await asyncio.create_subprocess_exec(*cutroom, *command, env=env, stdout=asyncio.subprocess.PIPE)
        said, _ = await child.communicate()
    key = said.decode().split()[-1]
    (folder / "bare").mkdir()
    reference = [sys.executable, "-m", "bench.assets.uploads", str(folder / "bare"), str(other)]
    async with (
        program(*cutroom, "api", "--port", str(port), env=env, port=port) as url,
        program(*reference, env=env, port=other) as bare_url,
        httpx2.AsyncClient(
            base_url=f"{url}/api/v1", headers={"Authorization": f"Bearer {key}"}, timeout=600, trust_env=False
        ) as client,
    ):
        headers = {"Content-Length": str(SIZE)}
        best = {"bare uvicorn": (1e9, 0.0), **dict.fromkeys(WAYS, (1e9, 0.0))}
        for _ in range(ROUNDS):
            took = await timed(client.put(bare_url, headers=headers, content=body(0, SIZE)))
            best["bare uvicorn"] = min(best["bare uvicorn"], (took, 0.0))
            for way, work in WAYS.items():
                best[way] = min(best[way], await work(client))
    print(f"{SIZE >> 20} MiB, best of {ROUNDS}\n{'':14}{'MB/s':>8}{'of bare':>9}{'ready, s':>10}")
    base = best["bare uvicorn"][0]
    for way, (sent, ready) in best.items():
        print(f"{way:14}{SIZE / sent / 1e6:8.0f}{base / sent:9.2f}{ready:10.2f}")


if __name__ == "__main__":
    asyncio.run(bare(sys.argv[1], int(sys.argv[2])) if len(sys.argv) > 2 else main())
