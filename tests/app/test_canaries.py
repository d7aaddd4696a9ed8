"""Secrets planted everywhere and looked for everywhere: none may come out where it does not belong."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.app.running import client, up
from tests.kit.otlp import collector
from tests.media.sources import make_video

SECRET = "canary-hmac-0123456789abcdef0123456789abcdef"
COLLECTOR = "canary-collector-key"
MAIL = "canary-mail-password"
PASSWORD = "canary horse battery"
SIGNATURE = "canarysignature0123456789"
FILM = {"format": "mp4", "width": 160, "height": 90, "fps": 10}


@dataclass
class Host:
    """Serves a film to those who know the signature, and takes what is sent to it."""

    film: bytes
    port: int = 0
    bodies: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        self.bodies.append(head + await reader.readexactly(int(lengths[0]) if lengths else 0))
        found = not head.startswith(b"GET") or (b"film.mp4" in head and SIGNATURE.encode() in head)
        body = self.film if head.startswith(b"GET") and found else b""
        status = "200 OK" if found else "404 Not Found"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


def film(source: str) -> dict[str, Any]:
    clip = {"asset": {"type": "video", "src": source}, "length": 1}
    return {"output": FILM, "timeline": {"tracks": [{"clips": [clip]}]}}


async def ended(api: httpx2.AsyncClient, document: dict[str, Any]) -> Any:
    answer = await api.post("/api/v1/render", json=document, params={"wait": 60})
    assert answer.is_success, answer.text
    while (job := (await api.get(f"/api/v1/jobs/{answer.json()['id']}")).json())["status"] in {"queued", "running"}:
        await asyncio.sleep(0.2)
    return job


@pytest.mark.threat("A61", "A91", "A92")
@pytest.mark.timeout(300)
async def test_no_secret_comes_out_where_it_does_not_belong(tmp_path: Path) -> None:
    host = Host(make_video(tmp_path / "film.mp4", seconds=1).read_bytes())
    server = await asyncio.start_server(host.serve, "127.0.0.1", 0)
    host.port = server.sockets[0].getsockname()[1]
    place = f"127.0.0.1:{host.port}"
    seen: dict[str, str] = {}
    async with server:
        with collector() as collected:
            variables = {
                "CUTROOM_SECRET": SECRET,
                "CUTROOM_SMTP_HOST": "127.0.0.1",
                "CUTROOM_SMTP_FROM": "cutroom@example.com",
                "CUTROOM_SMTP_USERNAME": "tests",
                "CUTROOM_SMTP_PASSWORD": MAIL,
                "CUTROOM_REGISTRATION": "open",
                "CUTROOM_FETCH_ALLOW": place,
                "CUTROOM_WEBHOOK_ALLOW": place,
                "CUTROOM_LOG_LEVEL": "debug",
                "OTEL_EXPORTER_OTLP_ENDPOINT": collected.endpoint.removesuffix("/v1/traces"),
                "OTEL_EXPORTER_OTLP_HEADERS": f"authorization=Bearer%20{COLLECTOR}",
            }
            async with up(tmp_path, tmp_path / "data", **variables) as (_, connection), client(connection) as api:
                signed = f"http://{place}/film.mp4?X-Amz-Signature={SIGNATURE}"
                good = await ended(api, {**film(signed), "callbackUrl": f"http://{place}/told"})
                assert good["status"] == "succeeded", good
                bad = await ended(api, film(f"http://{place}/gone.mp4?X-Amz-Signature={SIGNATURE}"))
                assert bad["status"] == "failed"
                seen["error"] = json.dumps(bad["error"])
                for job in (good, bad):
                    seen[f"events {job['id']}"] = (await api.get(f"/api/v1/jobs/{job['id']}/events")).text
                wrong = await api.get("/api/v1/jobs", params={"api_key": connection["apiKey"]})
                assert wrong.status_code == 400
                seen["refused"] = wrong.text
                account = {"email": "ada@example.com", "password": PASSWORD}
                registered = await api.post("/api/v1/auth/register", json=account)
                assert registered.status_code == 201, registered.text
                cookies = [value for _, value in registered.cookies.items()]
                assert cookies
                artifact = await api.get(good["artifacts"][0]["url"], follow_redirects=True)
                assert artifact.status_code == 200
                seen["media"] = artifact.content.decode("latin-1")
                metrics = await api.get("/metrics")
                seen["metrics"], seen["health"] = metrics.text, (await api.get("/health")).text
                async with asyncio.timeout(60):
                    while not any(body.startswith(b"POST /told") for body in host.bodies):
                        await asyncio.sleep(0.1)
                    while not _one_trace_from_request_to_ffmpeg(collected.spans):  # spans are sent each second
                        await asyncio.sleep(0.1)
            assert {"cutroom-api", "cutroom-worker"} <= collected.services
            assert {"http", "job", "step", "ffmpeg"} <= {span.name for span in collected.spans}
    # The key of the default workspace is shown once, on the terminal; what is logged are the lines of JSON.
    lines = (tmp_path / "up.log").read_text().splitlines()
    seen["log"] = "\n".join(line for line in lines if line.startswith("{"))
    seen["traces"] = b"".join(collected.bodies).decode("latin-1")
    told = [body.decode() for body in host.bodies if body.startswith(b"POST /told")]
    seen["webhook"] = "".join(told)
    assert "http.request" in seen["log"]
    links = [artifact["url"].partition("sig=")[2].partition("&")[0] for artifact in good["artifacts"]]
    canaries = [SECRET, COLLECTOR, MAIL, PASSWORD, SIGNATURE, connection["apiKey"], *cookies, *filter(None, links)]
    allowed = {("webhook", link) for link in links}  # the receiver is told where the results are
    leaks = {
        (place, canary) for place, text in seen.items() for canary in canaries if canary and canary in text
    } - allowed
    assert leaks == set()
    assert str(tmp_path / "data") not in seen["error"] + seen["media"] + seen["webhook"]


def _one_trace_from_request_to_ffmpeg(spans: list[Any]) -> bool:
    """Whether some ffmpeg lies below a job, and that below the request which made it."""
    by_id = {span.span_id: span for span in spans}

    def above(span: Any) -> list[str]:
        names = [span.name]
        while (span := by_id.get(span.parent_span_id)) is not None:
            names.append(span.name)
        return names

    paths = [above(span) for span in spans if span.name == "ffmpeg"]
    return any(path[0] == "ffmpeg" and "job" in path and path[-1] == "http" for path in paths)
