import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cutroom.kit.errors import CutroomError
from cutroom.media.youtube import sound
from cutroom.media.youtube.sound import best_of, bring_sound
from cutroom.media.youtube.video import SoundTrack
from tests.media.youtube.fake import Answer, Fake, Reached, Request, failing, reachable

HOST = "https://r1---sn-test.googlevideo.com"
HEARD = bytes(range(256)) * 40


def track(url: str = f"{HOST}/videoplayback?itag=249", **changed: Any) -> SoundTrack:
    headers = {"User-Agent": "test", "Host": "evil", "Accept-Encoding": "gzip"}
    usual = {"format": "249", "url": url, "pure": True, "rate": 50.0, "bytes": None, "original": 0.0}
    return SoundTrack(**{**usual, "headers": headers, **changed})


@pytest.fixture(autouse=True)
def _small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sound, "PIECE_BYTES", 4000)


async def brought(fake: Fake, path: Path, one: SoundTrack | None = None, deadline_s: float = 20.0) -> Reached:
    async with reachable(fake) as reached:
        await bring_sound(reached.web, one or track(), path, deadline_s=deadline_s)
    return reached


async def refused(fake: Fake, tmp_path: Path, one: SoundTrack | None = None, deadline_s: float = 20.0) -> CutroomError:
    with pytest.raises(CutroomError) as caught:
        await brought(fake, tmp_path / "sound", one, deadline_s)
    assert list(tmp_path.iterdir()) == []
    return caught.value


async def test_sound_comes_in_pieces(tmp_path: Path) -> None:
    fake = Fake(sound=HEARD)
    done: list[float] = []
    async with reachable(fake) as reached:
        await bring_sound(reached.web, track(), tmp_path / "sound", deadline_s=20, progress=done.append)
    assert (tmp_path / "sound").read_bytes() == HEARD
    assert [request.headers["range"] for request in fake.asked] == [
        "bytes=0-3999", "bytes=4000-7999", "bytes=8000-11999"
    ]  # fmt: skip
    assert done[-1] == 1.0
    assert {request.headers["host"] for request in fake.asked} == {"r1---sn-test.googlevideo.com"}
    assert {request.headers["accept-encoding"] for request in fake.asked} == {"identity"}


async def test_a_server_that_knows_no_ranges_will_do(tmp_path: Path) -> None:
    fake = Fake(overrides={"/videoplayback": failing(200, HEARD)})
    await brought(fake, tmp_path / "sound")
    assert (tmp_path / "sound").read_bytes() == HEARD
    assert len(fake.asked) == 1


async def test_a_piece_that_was_cut_off_is_asked_for_again(tmp_path: Path) -> None:
    cut = [True]

    def once(request: Request) -> Answer:
        status, headers, body = fake._range(request)
        if cut.pop() if cut else False:
            return status, {**headers, "Content-Length": str(len(body) + 9)}, body  # no answer that can be believed
        return status, headers, body

    fake = Fake(sound=HEARD, overrides={"/videoplayback": once})
    await brought(fake, tmp_path / "sound")
    assert (tmp_path / "sound").read_bytes() == HEARD
    assert len(fake.asked) == 4


@pytest.mark.threat("A46")
@pytest.mark.parametrize(
    "place",
    ["http://127.0.0.1:{port}/", "https://169.254.169.254/", "https://localhost/", "file:///etc/passwd",
     "https://example.com/", "http://r1---sn-test.googlevideo.com/", "https://r1---sn-test.googlevideo.com:8443/"],
)  # fmt: skip
async def test_a46_a_redirect_leads_nowhere_but_to_youtube(tmp_path: Path, place: str) -> None:
    knocks: list[str] = []

    async def knocked(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        knocks.append("knock")
        writer.close()

    async with await asyncio.start_server(knocked, "127.0.0.1", 0) as inner:
        where = place.format(port=inner.sockets[0].getsockname()[1])
        fake = Fake(overrides={"/videoplayback": failing(302, Location=where)})
        assert (await refused(fake, tmp_path)).code == "youtube_changed"
        assert (await refused(fake, tmp_path, track(where))).code == "youtube_changed"
    assert knocks == []
    assert len(fake.asked) == 1


async def test_a_redirect_within_youtube_is_followed_but_not_for_ever(tmp_path: Path) -> None:
    fake = Fake(sound=HEARD, overrides={"/elsewhere": failing(302, Location="/videoplayback")})
    await brought(fake, tmp_path / "sound", track(f"{HOST}/elsewhere"))
    assert (tmp_path / "sound").read_bytes() == HEARD
    (tmp_path / "sound").unlink()
    fake = Fake(overrides={"/videoplayback": failing(302, Location=f"{HOST}/videoplayback")})
    assert (await refused(fake, tmp_path)).code == "youtube_changed"
    assert len(fake.asked) == 6


@pytest.mark.parametrize(
    ("answer", "code", "asked"),
    [
        (failing(403), "youtube_blocked", 1),
        (failing(429), "youtube_blocked", 1),
        (failing(404), "youtube_changed", 1),
        (failing(500), "youtube_unreachable", 1),
        (failing(206, b"x", Content_Range="bytes 5-5/6"), "youtube_changed", 1),
        (failing(206, b"x", Content_Range="bytes 0-0/99999999999"), "video_too_long", 1),
        (failing(206, b"", Content_Range="bytes 0-0/5"), "youtube_changed", 1),
        (failing(200, b"x", Content_Encoding="gzip"), "youtube_changed", 1),
    ],
)
async def test_sound_that_is_refused_says_why_and_is_not_asked_for_again(
    tmp_path: Path, answer: Any, code: str, asked: int
) -> None:
    fake = Fake(overrides={"/videoplayback": answer})
    assert (await refused(fake, tmp_path)).code == code
    assert len(fake.asked) == asked


async def test_a_server_that_falls_silent_is_given_up(tmp_path: Path) -> None:
    fake = Fake(overrides={"/videoplayback": failing(0)})
    error = await refused(fake, tmp_path, deadline_s=0.2)
    assert (error.code, error.retryable) == ("youtube_timeout", True)


@pytest.mark.parametrize(
    ("tracks", "best"),
    [
        ([{"format": "a", "rate": 129}, {"format": "b", "rate": 50}, {"format": "c", "rate": 30}], "b"),
        ([{"format": "a", "rate": 20}, {"format": "b", "rate": 30}], "b"),
        ([{"format": "a", "pure": False, "rate": 60}, {"format": "b", "rate": 200}], "b"),
        ([{"format": "dub", "rate": 50, "original": -1}, {"format": "a", "rate": 129, "original": 10}], "a"),
        ([], None),
    ],
)
def test_the_smallest_clear_sound_that_is_no_dubbing_is_taken(
    tracks: list[Mapping[str, Any]], best: str | None
) -> None:
    found = best_of([track(**changed) for changed in tracks])
    assert (None if found is None else found.format) == best
