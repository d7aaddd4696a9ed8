"""A YouTube of the tests' own on loopback: what the real extractor asks for, answered with what a test wants.

Its shape is that of the real answers, as far as the extractor reads them: the page of a video with its settings and its
first answer, the player's API, captions, and sound in ranges. It is reached under YouTube's own names, which the tests'
resolver leads to a public address, and the tests' network to this server; TLS is real, by an authority of the tests.
"""

import asyncio
import json
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import trustme

from cutroom.media.guard import GuardedNetwork
from cutroom.media.youtube import Web
from tests.media.internet import PUBLIC, Internet, Names

VIDEO: Final = "aB3_dEf-h1J"
HOSTS: Final = ("www.youtube.com", "youtube.com", "r1---sn-test.googlevideo.com")
_AUTHORITY: Final = trustme.CA()
_AROUND: Final = {"contents": {"twoColumnWatchNextResults": {"results": {"results": {"contents": [{"x": 1}]}}}}}
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Request:
    """What was asked for."""

    method: str
    host: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes


def json3(*lines: tuple[int, int, str]) -> bytes:
    """Captions in YouTube's own form, from (start, duration, text), with a window and ends of lines as it has them."""
    events: list[dict[str, Any]] = [{"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1}]
    for start, duration, text in lines:
        words = re.findall(r"\S+\s*", text)
        events.append({"tStartMs": start, "dDurationMs": duration, "segs": [{"utf8": word} for word in words]})
        events.append({"tStartMs": start + duration - 10, "aAppend": 1, "segs": [{"utf8": "\n"}]})
    return json.dumps({"wireMagic": "pb3", "events": events}).encode()


@dataclass
class Fake:
    """One video, and everything that may be wrong with it.

    Args:
        tracks: captions by (language, kind), `asr` or empty: bytes for every form that is asked for, or by form.
        sound: what is heard; None for no format at all.
        playability: what the player says of the video.
        overrides: answers by the beginning of a path, before all others.
    """

    tracks: dict[tuple[str, str], dict[str, bytes] | bytes] = field(default_factory=dict)
    sound: bytes | None = None
    playability: dict[str, Any] = field(default_factory=lambda: {"status": "OK"})
    details: dict[str, Any] = field(default_factory=dict)
    translations: tuple[str, ...] = ()
    overrides: dict[str, Callable[[Request], Answer]] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)
    open: int = 0

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.path for request in self.asked]

    def answer(self, request: Request) -> Answer:
        for beginning, answer in self.overrides.items():
            if request.path.startswith(beginning):
                return answer(request)
        if request.path == "/watch" or request.path.startswith("/embed/"):
            return (
                200,
                {"Content-Type": "text/html; charset=utf-8", "Set-Cookie": "YSC=t; Path=/; Secure"},
                self._page(),
            )
        if request.path == "/youtubei/v1/player":
            return 200, {"Content-Type": "application/json"}, json.dumps(self._player()).encode()
        if request.path == "/api/timedtext":
            return 200, {"Content-Type": "application/json"}, self._captions(request.query)
        if request.path == "/videoplayback" and self.sound is not None:
            return self._range(request)
        return 404, {}, b"not found"

    def _page(self) -> bytes:
        settings = {
            "INNERTUBE_API_KEY": "test",
            "INNERTUBE_CONTEXT": {
                "client": {"clientName": "WEB", "clientVersion": "2.20261101", "visitorData": "Cgt0"}
            },
            "VISITOR_DATA": "Cgt0",
        }
        return (
            "<!DOCTYPE html><html><head><title>A talk - YouTube</title></head><body>"
            f"<script>ytcfg.set({json.dumps(settings)});</script>"
            f"<script>var ytInitialPlayerResponse = {json.dumps(self._player())};</script>"
            f"<script>var ytInitialData = {json.dumps(_AROUND)};</script></body></html>"
        ).encode()

    def _player(self) -> dict[str, Any]:
        tracks = [
            {
                "baseUrl": f"https://www.youtube.com/api/timedtext?v={VIDEO}&lang={language}&kind={kind}",
                "name": {"simpleText": f"{language} {kind}"},
                "vssId": f"{'a' if kind else ''}.{language}",
                "languageCode": language,
                "isTranslatable": True,
                **({"kind": kind} if kind else {}),
            }
            for language, kind in self.tracks
        ]
        languages = [{"languageCode": code, "languageName": {"simpleText": code}} for code in self.translations]
        found: dict[str, Any] = {
            "playabilityStatus": self.playability,
            "videoDetails": {
                "videoId": VIDEO,
                "title": "A talk <b>about</b> birds",
                "lengthSeconds": "61",
                "shortDescription": "Birds, and what they do.",
                "author": "A channel",
                "channelId": "UCxxxxxxxxxxxxxxxxxxxxxx",
                **self.details,
            },
        }
        if tracks:
            listed = {"captionTracks": tracks, "translationLanguages": languages}
            found["captions"] = {"playerCaptionsTracklistRenderer": listed}
        if self.playability["status"] == "OK":
            found["streamingData"] = {"expiresInSeconds": "21540", "adaptiveFormats": self._formats()}
        return found

    def _formats(self) -> list[dict[str, Any]]:
        if self.sound is None:
            return []
        base = "https://r1---sn-test.googlevideo.com/videoplayback?expire=9999999999&id=1"
        common = {"approxDurationMs": "61000", "contentLength": str(len(self.sound)), "lastModified": "1"}
        return [
            {**common, "itag": 140, "url": f"{base}&itag=140", "mimeType": 'audio/mp4; codecs="mp4a.40.2"',
             "bitrate": 130000, "averageBitrate": 129000, "audioQuality": "AUDIO_QUALITY_MEDIUM"},
            {**common, "itag": 249, "url": f"{base}&itag=249", "mimeType": 'audio/webm; codecs="opus"',
             "bitrate": 52000, "averageBitrate": 50000, "audioQuality": "AUDIO_QUALITY_LOW"},
            {**common, "itag": 134, "url": f"{base}&itag=134", "mimeType": 'video/mp4; codecs="avc1.4d401e"',
             "bitrate": 300000, "width": 640, "height": 360, "fps": 25, "qualityLabel": "360p"},
        ]  # fmt: skip

    def _captions(self, query: dict[str, list[str]]) -> bytes:
        found = self.tracks.get((query["lang"][0], query.get("kind", [""])[0]), b"")
        form = query.get("fmt", ["json3"])[0]
        data = found.get(form, b"") if isinstance(found, dict) else found
        return data.replace(b"{tlang}", query.get("tlang", ["-"])[0].encode())

    def _range(self, request: Request) -> Answer:
        sound = self.sound or b""
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if found is None:
            return 200, {}, sound
        start, end = int(found[1]), min(int(found[2]) + 1, len(sound))
        return 206, {"Content-Range": f"bytes {start}-{end - 1}/{len(sound)}"}, sound[start:end]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
                await self._serve(reader, writer)
        finally:
            self.open -= 1
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        parts = urlsplit(target)
        query = parse_qs(parts.query, keep_blank_values=True)
        request = Request(method, headers["host"], parts.path, query, headers, body)
        self.asked.append(request)
        status, fields, content = self.answer(request)
        if status == 0:  # says nothing, until it is left
            await reader.read()
            return
        lines = [f"HTTP/1.1 {status} X", *(f"{name}: {value}" for name, value in fields.items())]
        lines += [f"Content-Length: {len(content)}", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode("latin-1") + content)
        await writer.drain()


@dataclass
class Reached:
    """A way to the fake.

    Args:
        web: for `YouTube`.
        names: who was looked up.
        internet: which public addresses were connected to.
    """

    web: Web
    names: Names
    internet: Internet


@asynccontextmanager
async def reachable(fake: Fake, names: dict[str, list[list[str]]] | None = None) -> AsyncIterator[Reached]:
    """Serve a fake under YouTube's names; `names` are answers of the resolver that differ."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _AUTHORITY.issue_cert("*.youtube.com", "youtube.com", "*.googlevideo.com").configure_cert(context)
    trusting = ssl.create_default_context()
    _AUTHORITY.configure_trust(trusting)
    async with await asyncio.start_server(fake.serve, "127.0.0.1", 0, ssl=context) as listening:
        internet = Internet(listening.sockets[0].getsockname()[1])
        resolver = Names({**{host: [[PUBLIC]] for host in HOSTS}, **(names or {})})
        yield Reached(Web(GuardedNetwork(resolver=resolver, network=internet), trusting), resolver, internet)


def failing(status: int, body: bytes = b"", **headers: str) -> Callable[[Request], Answer]:
    """An answer with this status, whatever is asked."""
    return lambda _request: (status, {name.replace("_", "-"): value for name, value in headers.items()}, body)
