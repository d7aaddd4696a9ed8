"""The files of an attempt on an agent: everything comes and goes by links that the server has signed.

What was fetched or made is kept in a folder of the agent's own, up to a budget, under the workspace and a hash of its
key. An attempt works on names of its own, so that nothing it uses is taken away.
"""

import asyncio
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import httpx2

from cutroom.agents.wire import agents_pb2 as wire
from cutroom.assets.store import checked_key
from cutroom.jobs import Published, Taken, payload
from cutroom.kit.errors import Invalid, Unavailable
from cutroom.kit.hashes import hash_file
from cutroom.media.fetch import Fetcher
from cutroom.media.info import MediaInfo

CHUNK_BYTES: Final = 1 << 18
PUT_TRIES: Final = 3
_INFO: Final = payload.adapter_of(MediaInfo)
_SOURCE: Final = "src/"
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


class AskOf(Protocol):
    """How an attempt asks: one of the questions of the protocol, by its name."""

    async def __call__(self, **what: object) -> wire.Answer:
        """Ask, and wait for the answer."""
        ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """What the agent keeps of files between attempts.

    Args:
        folder: the agent's own.
        budget_bytes: what it may take; what was not used for longest goes first.
    """

    folder: Path
    budget_bytes: int

    def place(self, workspace_id: str, key: str) -> Path:
        """Where the blob under a key is kept; both come from the server, which is not believed to mean well.

        Raises:
            Invalid: `bad_key`.
        """
        if _PLAIN.fullmatch(workspace_id) is None:
            raise Invalid("bad_key", "This is not the key of an object.")
        name = hashlib.sha256(checked_key(key).encode()).hexdigest()
        return self.folder / workspace_id / name[:2] / name

    def put(self, draft: Path, place: Path) -> None:
        """Keep a finished file; it is moved."""
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.replace(place)

    def tidy(self) -> int:
        """Remove what goes beyond the budget; how many files."""
        found = []
        for path in self.folder.rglob("*"):
            with suppress(OSError):
                facts = path.stat()
                if path.is_file():
                    found.append((facts.st_mtime, facts.st_size, path))
        spare = self.budget_bytes - sum(size for _, size, _ in found)
        gone = 0
        for _, size, path in sorted(found):
            if spare >= 0:
                break
            path.unlink(missing_ok=True)
            spare += size
            gone += 1
        return gone


class RemoteFiles:
    """Fulfils `Files` for one attempt.

    Args:
        ask: asks the server for the attempt.
        http: for signed links.
        shelf: what is here already.
        fetcher: brings sources that have a URL, under the agent's own rules.
        workspace_id: whose job it is.
        scratch: a folder of this attempt.
    """

    def __init__(
        self,
        ask: AskOf,
        http: httpx2.AsyncClient,
        shelf: Shelf,
        fetcher: Fetcher,
        *,
        workspace_id: str,
        scratch: Path,
    ) -> None:
        self._ask = ask
        self._http = http
        self._shelf = shelf
        self._fetcher = fetcher
        self._workspace_id = workspace_id
        self._scratch = scratch

    async def take(self, source: str) -> Taken:
        """Bring in the bytes behind a URL or `asset:ID`; they become the blob `src/<sha256>`."""
        if source.startswith(("asset:", "upload:", "artifact:")):
            answer = await self._ask(take=wire.Take(source=source))
            return Taken(answer.taken.sha256, answer.taken.size_bytes)
        draft = self._draft()
        fetched = await self._fetcher.fetch(source, draft)
        await self.keep(f"{_SOURCE}{fetched.sha256}", draft)
        return Taken(fetched.sha256, fetched.size_bytes)

    async def name_of(self, source: str) -> str | None:
        """What an asset is called; None for a source that is none."""
        if not source.startswith(("asset:", "upload:")):
            return None
        answer = await self._ask(name_of=wire.NameOf(source=source))
        return answer.done.text if answer.done.yes else None

    async def find(self, key: str) -> Path | None:
        """A local, read-only path of the blob under a content key, if there is one."""
        place = self._shelf.place(self._workspace_id, key)
        if (pin := await asyncio.to_thread(self._pin, place)) is not None:
            return pin
        answer = await self._ask(find=wire.Find(key=key))
        if not answer.place.url:
            return None
        draft = self._draft()
        sha256 = await self._download(answer.place.url, answer.place.size_bytes, draft)
        if key.startswith(_SOURCE) and key != f"{_SOURCE}{sha256}":
            draft.unlink()
            raise Unavailable("wrong_hash", "A source arrived with another hash than its own; it is fetched again.")
        await asyncio.to_thread(self._shelf.put, draft, place)
        return await asyncio.to_thread(self._pin, place)

    async def keep(self, key: str, path: Path) -> None:
        """Move a finished file under a content key; again with the same key changes nothing."""
        place = self._shelf.place(self._workspace_id, key)
        await self._send(path, key, wire.Sent(key=key))
        await asyncio.to_thread(self._shelf.put, path, place)

    async def publish(self, path: Path, *, kind: str, name: str, content_type: str) -> Published:
        """Make a file an artifact of the job; the file is moved."""
        answer = await self._send(path, "", wire.Sent(kind=kind, name=name, content_type=content_type))
        path.unlink()
        made = answer.published
        return Published(made.id, made.sha256, made.size_bytes, made.content_type, made.url)

    async def adopt(self, sha256: str, *, asset_id: str, name: str, info: MediaInfo) -> None:
        """Make a source that was taken an asset of this id; again with the same id changes nothing."""
        text = payload.dump(_INFO, info, "What is known of a file")
        await self._ask(adopt=wire.Adopt(sha256=sha256, asset_id=asset_id, name=name, info=text))

    async def _send(self, path: Path, key: str, sent: wire.Sent) -> wire.Answer:
        """Send a file by a link; once more when the node that had given it is not there any more."""
        sha256 = await asyncio.to_thread(hash_file, path)
        tries = 0
        while True:
            tries += 1
            wanted = wire.Put(key=key, size_bytes=path.stat().st_size, sha256=sha256)
            permission = (await self._ask(put=wanted)).permission
            if not permission.url:
                return wire.Answer()
            await self._upload(permission, path)
            sent.id = permission.id
            try:
                return await self._ask(sent=sent)
            except Unavailable as error:
                if error.code != "permission_unknown" or tries == PUT_TRIES:
                    raise

    async def _upload(self, permission: wire.Permission, path: Path) -> None:
        try:
            answer = await self._http.request(
                permission.method,
                permission.url,
                headers={**permission.headers, "Content-Length": str(path.stat().st_size)},
                content=_chunks(path),
            )
        except httpx2.HTTPError as error:
            raise Unavailable("store_unavailable", f"A file could not be sent: {error!r}.") from error
        if answer.is_error:
            raise Unavailable("store_unavailable", f"The store refused a file with status {answer.status_code}.")

    async def _download(self, url: str, size_bytes: int, draft: Path) -> str:
        digest, count = hashlib.sha256(), 0
        try:
            async with self._http.stream("GET", url) as answer:
                if answer.is_error:
                    raise Unavailable("store_unavailable", f"A file could not be fetched: {answer.status_code}.")
                with draft.open("wb") as file:
                    async for chunk in answer.aiter_bytes(CHUNK_BYTES):
                        count += len(chunk)
                        if count > size_bytes:
                            break
                        digest.update(chunk)
                        await asyncio.to_thread(file.write, chunk)
        except httpx2.HTTPError as error:
            raise Unavailable("store_unavailable", f"A file could not be fetched: {error!r}.") from error
        if count != size_bytes:
            raise Unavailable("wrong_size", f"A file of {size_bytes} bytes arrived with {count}.")
        return digest.hexdigest()

    def _draft(self) -> Path:
        return self._scratch / f"draft-{secrets.token_hex(8)}"

    def _pin(self, place: Path) -> Path | None:
        """A name of the attempt's own, so that tidying up cannot take the file away."""
        pin = self._scratch / "pins" / place.name
        pin.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            try:
                os.link(place, pin)
            except FileNotFoundError:
                return None
        os.utime(place)
        return pin


async def _chunks(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk
