"""A Hugging Face hub: a real HTTP server on this machine that has one model, and serves it as badly as a test says."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = "somebody/tiny-whisper"
REVISION = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class FakeHub:
    """What it has and what came so far.

    Args:
        files: by name.
        lies: bytes that are sent in place of a file's, once for each name.
        breaks_off: whether files end in the middle.
        pause_s: before each file.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    lies: dict[str, bytes] = field(default_factory=dict)
    breaks_off: bool = False
    pause_s: float = 0.0
    port: int = 0
    requests: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def downloads(self) -> list[str]:
        """The files that were sent, in order."""
        return [line.rpartition("/")[2] for line in self.requests if line.startswith("GET") and "/resolve/" in line]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = head.split("\r\n")
                method, target, _ = lines[0].split(" ")
                headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
                self.requests.append(f"{method} {target.partition('?')[0]}")
                self.tokens.add(headers.get("authorization", ""))
                await self._answer(writer, method, target.partition("?")[0], headers)
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _answer(self, writer: asyncio.StreamWriter, method: str, path: str, headers: dict[str, str]) -> None:
        if path == f"/api/models/{REPOSITORY}":
            await _send(writer, 200, json.dumps(self._about()).encode(), {"Content-Type": "application/json"})
            return
        name = path.rpartition("/")[2]
        if not path.startswith(f"/{REPOSITORY}/resolve/") or name not in self.files:
            missing = {"X-Error-Code": "RepoNotFound" if path.startswith("/api/") else "EntryNotFound"}
            await _send(writer, 404, b"{}", missing)
            return
        content = self.files[name]
        facts = {
            "ETag": f'"{hashlib.sha256(content).hexdigest()}"',
            "X-Repo-Commit": REVISION,
            "Accept-Ranges": "bytes",
        }
        if method == "HEAD":
            await _send(writer, 200, b"", {**facts, "Content-Length": str(len(content))})
            return
        await asyncio.sleep(self.pause_s)
        content = self.lies.pop(name, content)
        start = int(headers["range"].removeprefix("bytes=").partition("-")[0]) if "range" in headers else 0
        if self.breaks_off:
            writer.write(_head(200, {**facts, "Content-Length": str(len(content))}) + content[: len(content) // 2])
            await writer.drain()
            writer.transport.abort()
            return
        await _send(writer, 206 if start else 200, content[start:], facts)

    def _about(self) -> object:
        listed = [
            {
                "rfilename": name,
                "size": len(content),
                "blobId": hashlib.sha1(  # noqa: S324 — git's own
                    b"blob %d\0" % len(content) + content
                ).hexdigest(),
                **(
                    {"lfs": {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 1}}
                    if name == "model.bin"
                    else {}
                ),
            }
            for name, content in self.files.items()
        ]
        return {"id": REPOSITORY, "sha": REVISION, "siblings": listed, "private": False, "tags": [], "downloads": 0}


async def _send(writer: asyncio.StreamWriter, status: int, body: bytes, headers: dict[str, str]) -> None:
    writer.write(_head(status, {"Content-Length": str(len(body)), **headers}) + body)
    await writer.drain()


def _head(status: int, headers: dict[str, str]) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} X", *(f"{k}: {v}" for k, v in headers.items()), "", ""]).encode()


@asynccontextmanager
async def hub_of(folder: Path) -> AsyncIterator[FakeHub]:
    """A hub that has the model of a folder, and a file that is none of our business."""
    found = FakeHub({path.name: path.read_bytes() for path in folder.iterdir()})
    found.files["pytorch_model.bin"] = b"not for us"
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
