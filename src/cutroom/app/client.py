"""A small client of our own HTTP API, for the programs that use it as anybody would."""

import json
import mimetypes
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Self

import httpx2

from cutroom.app.stack import Connection
from cutroom.kit.errors import CutroomError, Detail, Invalid, Unavailable
from cutroom.kit.hashes import hash_file


class Client:
    """Talks to one stack with one API key; an async context manager."""

    def __init__(self, connection: Connection) -> None:
        self._http = httpx2.AsyncClient(
            base_url=f"{connection.url}/api/v1",
            headers={"Authorization": f"Bearer {connection.api_key}"},
            timeout=httpx2.Timeout(30.0, read=120.0),
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        """Open it."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def upload(self, path: Path) -> str:
        """Upload a file; the answer is the source that a document names: `asset:ID`."""
        content_type = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        wanted = {
            "name": path.name,
            "contentType": content_type,
            "sizeBytes": path.stat().st_size,
            "sha256": hash_file(path),
        }
        upload = await self.call("POST", "/uploads", json=wanted)
        signed = upload["put"]
        async with httpx2.AsyncClient(timeout=600, trust_env=False) as plain:
            answer = await plain.request(
                signed["method"], signed["url"], headers=signed["headers"], content=path.read_bytes()
            )
        if answer.is_error:
            raise Unavailable("upload_failed", f"The store refused '{path.name}' with status {answer.status_code}.")
        asset = await self.call("POST", f"/uploads/{upload['id']}/complete")
        return f"asset:{asset['id']}"

    async def render(self, document: Any) -> dict[str, Any]:
        """Submit a document; the answer is the accepted job."""
        return await self.call("POST", "/render", json=document)

    async def job(self, job_id: str) -> dict[str, Any]:
        """A job as it is now."""
        return await self.call("GET", f"/jobs/{job_id}")

    async def events(self, job_id: str) -> AsyncIterator[dict[str, Any]]:
        """Follow a job's events from the first to the one that ends it."""
        headers = {"Accept": "text/event-stream"}
        async with self._http.stream("GET", f"/jobs/{job_id}/events", headers=headers) as answer:
            if answer.is_error:
                await answer.aread()
                raise _error(answer)
            async for line in answer.aiter_lines():
                if line.startswith("data:"):
                    yield json.loads(line.removeprefix("data:"))

    async def download(self, url: str, path: Path) -> None:
        """Fetch an artifact by its signed URL."""
        draft = path.with_name(f".{path.name}.part")
        async with (
            httpx2.AsyncClient(timeout=600, trust_env=False) as plain,
            plain.stream("GET", url, follow_redirects=True) as answer,
        ):
            if answer.is_error:
                raise Unavailable("download_failed", f"The result could not be fetched: status {answer.status_code}.")
            with draft.open("wb") as file:
                async for chunk in answer.aiter_bytes():
                    file.write(chunk)
        draft.replace(path)

    async def call(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        """The JSON that a route answers with; its error is raised."""
        answer = await self._http.request(method, path, **arguments)
        if answer.is_error:
            raise _error(answer)
        found: dict[str, Any] = answer.json()
        return found


def _error(answer: httpx2.Response) -> CutroomError:
    try:
        error = answer.json()["error"]
        details = [Detail(d["pointer"], d["code"], d["message"]) for d in error.get("details", ())]
        return Invalid(error["code"], error["message"], details=details)
    except (ValueError, KeyError, TypeError):
        return Unavailable("bad_answer", f"The server answered {answer.status_code} without an error we know.")


def local_sources(document: Any) -> Iterator[str]:
    """Every `src` in a document that is a path: neither a URL nor an asset."""
    if isinstance(document, dict):
        for name, value in document.items():
            if name == "src" and isinstance(value, str) and "://" not in value and not value.startswith("asset:"):
                yield value
            else:
                yield from local_sources(value)
    elif isinstance(document, list):
        for value in document:
            yield from local_sources(value)


def with_sources(document: Any, replaced: dict[str, str]) -> Any:
    """A copy of the document in which each `src` named in `replaced` is another."""
    if isinstance(document, dict):
        return {
            name: replaced.get(value, value)
            if name == "src" and isinstance(value, str)
            else with_sources(value, replaced)
            for name, value in document.items()
        }
    if isinstance(document, list):
        return [with_sources(value, replaced) for value in document]
    return document
