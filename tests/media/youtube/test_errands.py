"""What the child asks for, as `errands` sees it: a stranger's wishes, whatever became of the extractor."""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from cutroom.media.youtube import errands
from cutroom.media.youtube.errands import PIPE, Errands
from tests.media.internet import PUBLIC
from tests.media.youtube.fake import Fake, Reached, failing, reachable

PAGE = "https://www.youtube.com/watch?v=aB3_dEf-h1J"


class Asking:
    """A child that asks for what a test wants."""

    def __init__(self, served: Errands, folder: Path, reached: Reached) -> None:
        self.errands, self.folder, self.reached = served, folder, reached
        self._pipe = (folder / PIPE).open(encoding="utf-8")

    async def ask(self, url: Any = PAGE, method: str = "GET", body: Any = None, **headers: Any) -> dict[str, Any]:
        self.errands.want({"ask": 1, "method": method, "url": url, "headers": [*headers.items()], "body": body})
        answer = json.loads(await asyncio.to_thread(self._pipe.readline))
        assert isinstance(answer, dict)
        return answer

    def close(self) -> None:
        self._pipe.close()


@asynccontextmanager
async def asking(tmp_path: Path, fake: Fake, names: dict[str, list[list[str]]] | None = None) -> AsyncIterator[Asking]:
    async with reachable(fake, names) as reached:
        served = Errands(reached.web, tmp_path)
        child = Asking(served, tmp_path, reached)
        serving = asyncio.create_task(served.serve())
        try:
            yield child
        finally:
            serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving
            os.write(served._pipe, b"\n")  # a reader that still waits
            child.close()
            served.close()


async def test_a_request_is_made_as_it_was_wanted(tmp_path: Path) -> None:
    fake = Fake(overrides={"/echo": failing(201, b"\x00body", X_Test="a")})
    async with asking(tmp_path, fake) as child:
        body = base64.b64encode(b'{"a": 1}').decode()
        answer = await child.ask(
            "https://www.youtube.com/echo?x=1", "POST", body, **{"content-type": "application/json", "HOST": "evil"}
        )
    assert (answer["status"], (tmp_path / answer["body"]).read_bytes()) == (201, b"\x00body")
    assert ["X-Test", "a"] in answer["headers"]
    [request] = fake.asked
    assert (request.method, request.body, request.query) == ("POST", b'{"a": 1}', {"x": ["1"]})
    assert (request.headers["host"], request.headers["content-type"]) == ("www.youtube.com", "application/json")


@pytest.mark.threat("A46")
@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "https://127.0.0.1/", "https://[::1]/", "https://2130706433/", "https://169.254.169.254/",
        "https://localhost/", "https://example.com/", "https://youtube.com.example.com/", "https://notyoutube.com/",
        "https://www.youtube.com@127.0.0.1/", "https://www.youtube.com:22/", "http://www.youtube.com/",
        "file:///etc/passwd", "ftp://www.youtube.com/", "gopher://www.youtube.com/", "//www.youtube.com/", "", 7, None,
    ],
)  # fmt: skip
async def test_a46_nothing_is_asked_but_youtube_by_https(tmp_path: Path, url: Any) -> None:
    fake = Fake()
    async with asking(tmp_path, fake) as child:
        assert (await child.ask(url)).get("trouble") in {"refused", "malformed"}
    assert (child.reached.internet.connects, child.reached.names.lookups) == ([], [])


@pytest.mark.threat("A46")
@pytest.mark.parametrize("addresses", [["127.0.0.1"], [PUBLIC, "10.0.0.1"], ["169.254.169.254"], ["::1"]])
async def test_a46_a_name_of_youtubes_that_leads_inside_is_not_followed(tmp_path: Path, addresses: list[str]) -> None:
    async with asking(tmp_path, Fake(), {"www.youtube.com": [addresses]}) as child:
        assert (await child.ask())["trouble"] == "refused"
    assert child.reached.internet.connects == []


@pytest.mark.threat("A46")
async def test_a46_a_name_that_changes_its_mind_is_asked_for_once_for_each_request(tmp_path: Path) -> None:
    async with asking(tmp_path, Fake(), {"www.youtube.com": [[PUBLIC], ["127.0.0.1"]]}) as child:
        assert (await child.ask())["status"] == 200
        assert (await child.ask())["trouble"] == "refused"
    assert child.reached.internet.connects == [(PUBLIC, 443)]
    assert child.reached.names.lookups == ["www.youtube.com", "www.youtube.com"]


@pytest.mark.parametrize("changed", [{"method": "DELETE"}, {"method": "get"}, {"body": "%"}, {"body": 7}])
async def test_what_makes_no_sense_is_refused(tmp_path: Path, changed: dict[str, Any]) -> None:
    fake = Fake()
    async with asking(tmp_path, fake) as child:
        assert (await child.ask(**changed)).get("trouble") in {"refused", "malformed"}
    assert fake.asked == []


async def test_a_header_cannot_begin_another(tmp_path: Path) -> None:
    fake = Fake()
    async with asking(tmp_path, fake) as child:
        answer = await child.ask(**{"x-a": "1\r\nX-Evil: 2"})
    assert "trouble" in answer
    assert all("x-evil" not in request.headers for request in fake.asked)


async def test_a_child_that_asks_without_end_is_not_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "MOST_REQUESTS", 2)
    fake = Fake()
    async with asking(tmp_path, fake) as child:
        assert ["status" in await child.ask() for _ in range(3)] == [True, True, False]
    assert len(fake.asked) == 2


async def test_an_answer_that_is_too_large_or_too_late_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "MOST_BODY_BYTES", 1000)
    fake = Fake(
        overrides={
            "/large": failing(200, b"x" * 1001),
            "/heads": failing(200, b"", **{f"X-{number}": "x" * 4000 for number in range(9)}),
            "/packed": failing(200, b"x", Content_Encoding="gzip"),
            "/silent": failing(0),
        }
    )
    async with asking(tmp_path, fake) as child:
        for path, trouble in (("large", "too_large"), ("heads", "too_large"), ("packed", "refused")):
            assert (await child.ask(f"https://www.youtube.com/{path}"))["trouble"] == trouble
        monkeypatch.setattr(errands, "REQUEST_S", 0.1)
        assert (await child.ask("https://www.youtube.com/silent"))["trouble"] == "timeout"
    assert child.errands.troubles == ["too_large", "too_large", "refused", "timeout"]
