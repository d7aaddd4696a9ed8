"""A real browser for tests: Chromium without a window, told what to do over its DevTools protocol."""

import asyncio
import base64
import itertools
import json
import os
import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect

from cutroom.media import browser
from tests.api.conftest import TLS

# In a container, /dev/shm is small and no user is there to fence the browser off from: the pages are our own.
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
)


class Tab:
    """One page."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self.console: list[str] = []
        """What pages complained about."""
        self.requested: list[str] = []
        """Addresses that pages asked for."""

    async def call(self, method: str, **params: Any) -> Any:
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            said = json.loads(await self._socket.recv())
            if said.get("id") == number:
                assert "error" not in said, said
                return said["result"]
            if said.get("method") in {"Log.entryAdded", "Runtime.exceptionThrown", "Runtime.consoleAPICalled"}:
                self.console.append(json.dumps(said["params"]))
            if said.get("method") == "Network.requestWillBeSent":
                self.requested.append(said["params"]["request"]["url"])

    async def open(self, url: str) -> None:
        await self.call("Page.navigate", url="about:blank")  # else another fragment of the same page is no new page
        await self.call("Page.navigate", url=url)
        await self.until("document.readyState === 'complete'")

    async def run(self, script: str) -> Any:
        """What an expression gives."""
        found = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, script: str) -> None:
        async with asyncio.timeout(60):
            while not await self.run(script):
                await asyncio.sleep(0.02)

    async def fill(self, form: str, **values: str) -> None:
        """Type into the fields of a form, and send it."""
        for name, value in values.items():
            await self.run(f"document.querySelector('#{form} [name={name}]').value = {json.dumps(value)}")
        await self.run(f"document.querySelector('#{form}').requestSubmit()")

    async def seen(self, selector: str) -> str | None:
        """The text of what is there to see; None of what is not."""
        chosen = f"document.querySelector({json.dumps(selector)})"
        shown: str | None = await self.run(f"{chosen}.checkVisibility() ? {chosen}.innerText : null")
        return shown

    async def picture(self, path: Path) -> None:
        shot = await self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(shot["data"]))


@asynccontextmanager
async def tab(width: int = 800, height: int = 700) -> AsyncIterator[Tab]:
    """A page in a browser that remembers nothing; skips the test where there is no browser, and fails it in CI."""
    program = browser.find()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium; .ci/run installs it")
        pytest.skip("there is no Chromium")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        child = await asyncio.create_subprocess_exec(
            program,
            *FLAGS,
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            "--remote-debugging-port=0",
            "about:blank",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(60):
                page = await _page(child)
            async with connect(page, open_timeout=60, max_size=None, proxy=None) as socket:
                made = Tab(socket)
                for domain in ("Page", "Runtime", "Log", "Network"):
                    await made.call(f"{domain}.enable")
                yield made
        finally:
            child.kill()
            await child.wait()


async def _page(child: asyncio.subprocess.Process) -> str:
    """The address of the first page's protocol."""
    assert child.stderr is not None
    async for line in child.stderr:
        found = re.search(rb"ws://(127\.0\.0\.1:\d+)/", line)
        if found is not None:
            async with httpx2.AsyncClient(trust_env=False, verify=TLS) as client:
                body = (await client.get(f"http://{found[1].decode()}/json/list")).json()
            page = next(one for one in body if one["type"] == "page")
            return str(page["webSocketDebuggerUrl"])
    raise AssertionError("the browser ended")
