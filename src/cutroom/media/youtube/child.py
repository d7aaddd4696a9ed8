"""Asks yt-dlp's extractor what there is of a video: a program that `watching.py` starts and kills.

Run as `python -I child.py`, with JSON on standard input: `video`, the eleven characters of its id, and `folder`, where
answers come. It has no network, writes no file and starts no program: what the extractor wants of the web goes to
standard output, a line of JSON each (`errands.py`), and so does what was found. No configuration, plugin, cookie, cache
or option of anybody's is read. Imports nothing of ours.
"""

import base64
import io
import json
import os
import sys
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from typing import Any, NoReturn

import yt_dlp
from yt_dlp.globals import all_plugins_loaded, plugin_dirs
from yt_dlp.networking import common
from yt_dlp.networking._helper import get_redirect_method
from yt_dlp.networking.common import Request, RequestHandler, Response
from yt_dlp.networking.exceptions import HTTPError, TransportError

MOST_REDIRECTS = 5
MOST_LINE_BYTES = 60_000
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_DESCRIPTION = 5_000  # characters; YouTube itself takes no more
FORMATS = ("json3", "vtt")
SENT = frozenset({"User-Agent", "Accept", "Accept-Language"})
FORBIDDEN = (
    "socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "subprocess.", "os.system",
    "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "pty.", "ftplib.", "os.rename", "os.remove",
    "os.mkdir", "os.link", "os.symlink",
)  # fmt: skip
PARAMETERS: dict[str, Any] = {
    "quiet": True,
    "noprogress": True,
    "skip_download": True,
    "noplaylist": True,
    "cachedir": False,
    "cookiefile": None,
    "cookiesfrombrowser": None,
    "usenetrc": False,
    "enable_file_urls": False,
    "proxy": "",
    "js_runtimes": {},
    "remote_components": [],
    "extractor_retries": 1,
    "socket_timeout": 30,
    "ignore_no_formats_error": True,
    "allowed_extractors": ["^youtube$"],
    "check_formats": False,
    "extractor_args": {"youtube": {"skip": ["dash", "hls"]}},
}


class Log:
    """What yt-dlp says; the warnings are why something is missing."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def debug(self, message: str) -> None:
        """What it does, and what it noticed on the way."""
        if "restricted" in message:
            self.said.append(message)

    def info(self, message: str) -> None:
        """Some reasons are told as news."""
        self.said.append(message)

    def warning(self, message: str) -> None:
        """What it could not do."""
        self.said.append(message)

    def error(self, message: str) -> None:
        """Why it ends."""
        self.said.append(message)


class ErrandRH(RequestHandler):  # type: ignore[misc]
    """Has requests made by whoever started us."""

    _SUPPORTED_URL_SCHEMES = ("http", "https")
    _SUPPORTED_PROXY_SCHEMES = None
    _SUPPORTED_FEATURES = None
    answers: Any = None
    folder = ""
    count = 0

    def _check_extensions(self, extensions: dict[str, Any]) -> None:
        super()._check_extensions(extensions)
        for name in ("cookiejar", "timeout", "legacy_ssl", "keep_header_casing", "impersonate"):
            extensions.pop(name, None)

    def _send(self, request: Request) -> Response:
        method, url, data = request.method, request.url, request.data
        if data is not None and not isinstance(data, bytes):
            data = b"".join(data) if not hasattr(data, "read") else data.read()
        headers = dict(self._get_headers(request))
        jar = self._get_cookiejar(request)
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._ask(method, url, headers, data, jar)
            place = answer.headers.get("Location")
            if answer.status not in REDIRECTS or not place:
                break
            url = urllib.parse.urljoin(url, place)
            new = get_redirect_method(method, answer.status)
            if new != method:
                method, data = new, None
                headers = {name: value for name, value in headers.items() if not name.lower().startswith("content-")}
        else:
            raise HTTPError(answer, redirect_loop=True)
        if not 200 <= answer.status < 300:
            raise HTTPError(answer)
        return answer

    def _ask(self, method: str, url: str, headers: dict[str, str], data: bytes | None, jar: CookieJar) -> Response:
        ErrandRH.count += 1
        cookie = jar.get_cookie_header(url)  # type: ignore[attr-defined]
        sent = [*headers.items(), *([("Cookie", cookie)] if cookie else [])]
        body = None if data is None else base64.b64encode(data).decode()
        line = {"ask": ErrandRH.count, "method": method, "url": url, "headers": sent, "body": body}
        if len(json.dumps(line, ensure_ascii=False).encode(errors="replace")) > MOST_LINE_BYTES:
            raise TransportError("the request is too large")
        tell(line)
        told = json.loads(ErrandRH.answers.readline())
        if "trouble" in told:
            raise TransportError(f"request failed: {told['trouble']}")
        with open(os.path.join(ErrandRH.folder, told["body"]), "rb") as file:  # noqa: PTH118, PTH123
            content = file.read()
        answer = Response(io.BytesIO(content), url, Headers(told["headers"]), told["status"])
        jar.extract_cookies(Cookies(answer), urllib.request.Request(url))  # type: ignore[arg-type]  # noqa: S310
        return answer


class Headers:
    """Headers, of which there may be several of one name."""

    def __init__(self, pairs: list[list[str]]) -> None:
        self._pairs = pairs

    def items(self) -> list[list[str]]:
        """All of them."""
        return self._pairs


class Cookies:
    """An answer as `http.cookiejar` wants it."""

    def __init__(self, answer: Response) -> None:
        self._headers = answer.headers

    def info(self) -> Any:
        """The headers."""
        return self._headers


def main() -> None:
    """Ask, and tell."""
    told = json.load(sys.stdin)
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    ErrandRH.folder = told["folder"]
    ErrandRH.answers = open(os.path.join(told["folder"], "answers"), encoding="utf-8")  # noqa: SIM115, PTH118, PTH123
    common._REQUEST_HANDLERS.clear()  # noqa: SLF001 — there is no other way to be the only one
    common._REQUEST_HANDLERS[ErrandRH.RH_KEY] = ErrandRH  # noqa: SLF001
    plugin_dirs.value = []
    all_plugins_loaded.value = True
    log = Log()
    sys.addaudithook(refuse)
    try:
        with yt_dlp.YoutubeDL({**PARAMETERS, "logger": log}) as extractor:
            found = extractor.extract_info(
                f"https://www.youtube.com/watch?v={told['video']}", download=False, process=False, ie_key="Youtube"
            )
            headers = {name: value for name, value in extractor.params["http_headers"].items() if name in SENT}
        say(found or {}, log.said, headers)
    except yt_dlp.utils.YoutubeDLError as error:
        tell({"failure": short(str(error)), "said": short("\n".join(log.said))})


def say(found: dict[str, Any], said: list[str], headers: dict[str, str]) -> None:
    """What there is: captions, sound, and the video itself last."""
    for kind, name in (("manual", "subtitles"), ("automatic", "automatic_captions")):
        for language, tracks in (found.get(name) or {}).items():
            for track in tracks:
                if track.get("ext") in FORMATS and track.get("url"):
                    caption = {
                        "kind": kind,
                        "language": str(language),
                        "name": str(track.get("name") or "")[:200],
                        "format": track["ext"],
                        "url": track["url"],
                        "headers": headers,
                    }
                    tell({"caption": caption})
    for one in found.get("formats") or []:
        if one.get("acodec") in {None, "none"} or one.get("protocol", "https") != "https" or one.get("has_drm"):
            continue  # those that name their protocol are streams and manifests
        sound = {
            "format": str(one.get("format_id")),
            "url": one["url"],
            "pure": one.get("vcodec") in {None, "none"},
            "rate": one.get("abr") or one.get("tbr") or 0,
            "bytes": one.get("filesize"),
            "original": one.get("language_preference") or 0,
            "headers": {**headers, **(one.get("http_headers") or {})},
        }
        tell({"sound": sound})
    video = {
        "id": str(found.get("id") or ""),
        "title": str(found.get("title") or "")[:500],
        "description": str(found.get("description") or "")[:MOST_DESCRIPTION],
        "seconds": found.get("duration") or 0,
        "live": str(found.get("live_status") or ""),
    }
    tell({"video": video, "said": short("\n".join(said))})


def refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """What no extractor needs; a wall of its own behind the sandbox, which is not equally high everywhere."""
    if event.startswith(FORBIDDEN):
        deny(event)
    flags = arguments[2] if event == "open" else 0
    if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        deny(event)


def deny(event: str) -> NoReturn:
    """End what was tried."""
    raise PermissionError(f"{event} is not for an extractor")


def short(text: str) -> str:
    """As much of what was said as is ever looked at."""
    return text[:4000]


def tell(fact: dict[str, Any]) -> None:
    """A line to whoever started us."""
    print(json.dumps(fact, ensure_ascii=False), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
