"""Pictures of web pages, where a Chromium is at hand.

The page is a stranger's. It gets no script, no file and no network: the browser's only way out is a proxy of ours,
which knows the page and its fonts and refuses everything else.

Chromium takes the picture when the page has loaded, which by its reckoning is before it knows every font: one that
stands second in a style sheet is asked for when letters are laid out. So our frame around the page holds its own load
back until the page's fonts are there.
"""

import asyncio
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from PIL import Image

from cutroom.kit.errors import Invalid, Unavailable
from cutroom.kit.later import later_log
from cutroom.kit.process import Limits, TimedOut, run

PROGRAMS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "headless_shell")
"""Names under which the browser is looked for, in this order."""
_HOST: Final = "page.invalid"  # RFC 2606: never a real host
_POLICY: Final = (
    "default-src 'none'; script-src 'nonce-{secret}'; style-src 'unsafe-inline'; "
    "img-src data: http://{host}/{secret}/; font-src 'self' data:; form-action 'none'; base-uri 'none'"
)
_WATCH: Final = """
document.addEventListener("load", async ({target}) => {
  if (target.localName !== "iframe") return;
  try {
    for (let page = target.contentDocument, seen, now; ; seen = now) {
      page.documentElement.getBoundingClientRect();
      now = page.fonts.ready;
      if (now === seen) break;
      await now;
    }
  } finally {
    new Image().src = "/{secret}/drawn";
  }
}, true);
"""
"""Says that the page has its fonts, or has gone: laid out once more, it asks for none (CSS Font Loading 3, 3.3)."""
_REQUEST_BYTES: Final = 64 << 10
_TIMEOUT_S: Final = 60.0
_FILE_BYTES: Final = 512 << 20
_BARS_PX: Final = 160
"""What the window is higher than the page: without a screen, Chromium takes its bars off the height of the page."""
_FLAGS: Final = (
    "--headless", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check",
    "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
    "--disable-dev-shm-usage", "--disable-breakpad", "--mute-audio", "--force-color-profile=srgb",
    "--force-device-scale-factor=1", "--default-background-color=00000000",
)  # fmt: skip
_log = later_log()
_chosen: list[Path | None] = [None]


@dataclass(frozen=True, slots=True)
class Page:
    """What to take a picture of: `html` with everything in it, seen through `width` by `height` pixels.

    `fonts` are files that its style sheet may name as `/fonts/NAME`.
    """

    html: str
    width: int
    height: int
    fonts: Mapping[str, Path]


def use(path: Path | None) -> None:
    """Choose the browser of this process; None looks for one on the PATH."""
    _chosen[0] = path
    find.cache_clear()


@lru_cache(maxsize=1)
def find() -> Path | None:
    """The browser to use, if there is one."""
    if _chosen[0] is not None:
        return _chosen[0] if _chosen[0].is_file() and os.access(_chosen[0], os.X_OK) else None
    return next((Path(found) for name in PROGRAMS if (found := shutil.which(name)) is not None), None)


async def picture(page: Page, *, scratch: Path, out: Path) -> None:
    """Take a picture of a page, with transparency where it paints nothing.

    Args:
        page: the page.
        scratch: folder for the browser's own files.
        out: the PNG to write.

    Raises:
        Unavailable: `browser_missing` where no Chromium is found; `browser_failed` when it made no picture.
        Invalid: `page_too_slow` when the page takes more than a minute to draw.
    """
    program = find()
    if program is None:
        sentence = "This needs a browser, and none was found here; install Chromium or set CUTROOM_CHROMIUM to one."
        raise Unavailable("browser_missing", sentence, retryable=False)
    profile = scratch / "browser"
    profile.mkdir(exist_ok=True)
    started = time.monotonic()
    async with _serving(page) as port:
        command: list[str | Path] = [
            program, *_FLAGS, *_sandbox(), f"--proxy-server=127.0.0.1:{port}", "--proxy-bypass-list=<-loopback>",
            f"--user-data-dir={profile}", f"--window-size={page.width},{page.height + _BARS_PX}",
            f"--screenshot={out}",
            f"http://{_HOST}/",
        ]  # fmt: skip
        try:
            # No limit on address space: a browser reserves a terabyte and uses little of it.
            done = await run(
                command,
                cwd=scratch,
                timeout_s=_TIMEOUT_S,
                env={"HOME": str(profile)},
                limits=Limits(file_bytes=_FILE_BYTES),
            )
        except TimedOut as error:
            raise Invalid("page_too_slow", "The page took more than a minute to draw; make it simpler.") from error
        finally:
            shutil.rmtree(profile, ignore_errors=True)
    if done.returncode != 0 or not out.is_file():
        _log.error("browser.failed", returncode=done.returncode, stderr=done.stderr[-2000:].decode("utf-8", "replace"))
        raise Unavailable("browser_failed", "The browser stopped without a picture; try again.")
    await asyncio.to_thread(_crop, out, page)
    _log.info("browser.drew", elapsed_s=round(time.monotonic() - started, 3))


def _frame(page: Page, secret: str) -> bytes:
    """A page that shows the author's in a frame of its own, which is exactly as large as was asked for.

    It is loaded when the last font of the author's page is.
    """
    style = f"position:fixed;left:0;top:0;width:{page.width}px;height:{page.height}px;border:0"
    script = f'<script nonce="{secret}">{_WATCH.replace("{secret}", secret)}</script>'
    frame = f'<iframe style="{style}" sandbox="allow-same-origin" srcdoc="{escape(page.html)}"></iframe>'
    held = f'<img hidden src="/{secret}/held">'
    return f'<!doctype html><meta charset="utf-8">{script}{frame}{held}'.encode()


def _crop(path: Path, page: Page) -> None:
    with Image.open(path) as drawn:
        cropped = drawn.convert("RGBA").crop((0, 0, page.width, page.height))
    cropped.save(path, "PNG", compress_level=1)


def _sandbox() -> list[str]:
    """Chromium refuses to sandbox itself for root; the page has neither script nor network all the same."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


@asynccontextmanager
async def _serving(page: Page) -> AsyncIterator[int]:
    """A proxy that knows one page; yields its port."""
    visit = _Visit(page)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(await visit.answer(head.split(b"\r\n", 1)[0].decode("latin-1")))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, limit=_REQUEST_BYTES)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        visit.end()


class _Visit:
    """A browser's one visit to a page: what it asks, and what it is told."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._secret = secrets.token_urlsafe()  # ours alone: the author's page can ask for nothing under it
        self._drawn = asyncio.Event()
        policy = _POLICY.format(secret=self._secret, host=_HOST)
        facts = f"Content-Security-Policy: {policy}\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n"
        self._facts = facts.encode("latin-1")

    def end(self) -> None:
        """Hold nothing back any longer."""
        self._drawn.set()

    async def answer(self, line: str) -> bytes:
        """The whole answer to a request line such as "GET http://page.invalid/ HTTP/1.1"."""
        method, _, rest = line.partition(" ")
        target = rest.rpartition(" ")[0]
        place = target.removeprefix(f"http://{_HOST}")
        if method == "GET" and place != target:
            if place == "/":
                return self._response("200 OK", "text/html; charset=utf-8", _frame(self._page, self._secret))
            if place == f"/{self._secret}/drawn":
                self.end()
            if place == f"/{self._secret}/held":
                await self._drawn.wait()
            font = self._page.fonts.get(unquote(place.removeprefix("/fonts/")))
            if font is not None:
                return self._response("200 OK", "font/otf", await asyncio.to_thread(font.read_bytes))
        return self._response("403 Forbidden", "text/plain", b"")

    def _response(self, status: str, content_type: str, body: bytes) -> bytes:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        return head.encode("latin-1") + self._facts + body
