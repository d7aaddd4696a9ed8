"""The real extractor, unchanged, in its sandbox, against a YouTube on loopback."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from cutroom.kit.errors import CutroomError
from cutroom.kit.process import run
from cutroom.media.youtube import Video, YouTube, watching
from tests.media.internet import PUBLIC
from tests.media.youtube.fake import VIDEO, Fake, Reached, failing, json3, reachable

ENGLISH = json3((0, 2000, "Birds are everywhere."), (9000, 900, "Look up."))
GERMAN = json3((0, 2000, "Vögel sind überall."))


async def watched(fake: Fake, scratch: Path, youtube_s: float = 60.0) -> tuple[Video, Reached]:
    async with reachable(fake) as reached:
        video = await YouTube(reached.web, watch_s=youtube_s).watch(f"https://youtu.be/{VIDEO}", scratch=scratch)
    return video, reached


async def refused(fake: Fake, scratch: Path, youtube_s: float = 60.0) -> CutroomError:
    with pytest.raises(CutroomError) as caught:
        await watched(fake, scratch, youtube_s)
    assert list(scratch.iterdir()) == []
    return caught.value


@pytest.mark.threat("A45", "A46")
async def test_a45_a46_a_video_is_found_with_nothing_of_anybodys_read_or_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, home, marker = tmp_path / "scratch", tmp_path / "home", tmp_path / "marker"
    for folder in (scratch, home / "yt-dlp", home / ".config" / "yt-dlp"):
        folder.mkdir(parents=True)
        for name in ("yt-dlp.conf", "config"):
            (folder / name).write_text(f"--exec 'before_dl:touch {marker}'\n--cookies {tmp_path}/cookies\n")
    for place in (scratch, home / "yt-dlp" / "plugins" / "evil", home / ".config" / "yt-dlp" / "plugins" / "evil"):
        plugins = place / "yt_dlp_plugins" / "extractor"
        plugins.mkdir(parents=True)
        (plugins / "evil.py").write_text(f"open({str(marker)!r}, 'w')\n")
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "PYTHONPATH", "PYTHONHOME"):
        monkeypatch.setenv(name, str(scratch if name == "PYTHONPATH" else home))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.chdir(scratch)
    before = sorted(tmp_path.rglob("*"))
    fake = Fake(
        tracks={("en", "asr"): ENGLISH, ("de", ""): GERMAN},
        translations=("en", "fr"),
        sound=b"sound",
        details={"title": "../../A talk; $(touch x)\n about birds", "shortDescription": "\N{BIRD}\u2028\\" * 2000},
    )
    async with reachable(fake) as reached:
        youtube = YouTube(reached.web)
        video = await youtube.watch(VIDEO, scratch=scratch)
        assert sorted(tmp_path.rglob("*")) == before  # no configuration ran, no plugin, no cookie or cache was written
        assert (video.title, video.seconds) == ("../../A talk; $(touch x) about birds", 61.0)
        assert video.description == ("\N{BIRD}\u2028\\" * 2000)[:5000]
        said = [await youtube.captions(video, language) for language in (None, "de-AT", "fr", "es")]
        await youtube.sound(video, tmp_path / "sound")
    assert [(one.text, one.language, one.translated) for one in said if one is not None] == [
        ("Birds are everywhere.\n\nLook up.", "en", False),
        ("Vögel sind überall.", "de", False),
        ("Birds are everywhere.\n\nLook up.", "fr", True),
        ("Birds are everywhere.\n\nLook up.", "en", False),
    ]
    assert fake.asked[4].query["tlang"] == ["fr"]
    assert (tmp_path / "sound").read_bytes() == b"sound"
    assert fake.paths[:2] == ["/watch", "/youtubei/v1/player"]
    assert {request.query["itag"][0] for request in fake.asked if request.path == "/videoplayback"} == {"249"}
    assert set(reached.internet.connects) == {(PUBLIC, 443)}
    assert all("Mozilla" in request.headers["user-agent"] for request in fake.asked)  # as the extractor would ask
    # The cookies are those that the extractor sets and was given for this video, none of anybody's.
    cookies = {cookie.split("=")[0] for one in fake.asked for cookie in one.headers.get("cookie", "").split("; ")}
    assert cookies <= {"", "SOCS", "PREF", "YSC", "GPS", "VISITOR_INFO1_LIVE"}
    assert "YSC" not in fake.asked[0].headers.get("cookie", "")
    assert "YSC" in fake.asked[1].headers["cookie"]


@pytest.mark.threat("A46")
async def test_a46_what_youtube_says_leads_nowhere_else(tmp_path: Path) -> None:
    knocks: list[str] = []

    async def knocked(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        knocks.append("knock")
        writer.close()

    async with await asyncio.start_server(knocked, "127.0.0.1", 0) as inner:
        inside = f"http://127.0.0.1:{inner.sockets[0].getsockname()[1]}/latest/meta-data"
        fake = Fake(overrides={"/watch": failing(302, Location=inside), "/youtubei": failing(307, Location=inside)})
        error = await refused(fake, tmp_path)
        assert error.code == "youtube_changed"
        # Captions, sound and manifests that lie inside of our network.
        fake = Fake(tracks={("en", ""): ENGLISH}, sound=b"sound")
        usual = fake._player

        def led_astray() -> dict[str, object]:
            told = usual()
            told["captions"]["playerCaptionsTracklistRenderer"]["captionTracks"][0]["baseUrl"] = f"{inside}?lang=en"
            told["streamingData"] |= {"hlsManifestUrl": f"{inside}.m3u8", "dashManifestUrl": f"{inside}.mpd"}
            for one in told["streamingData"]["adaptiveFormats"]:
                one["url"] = "file:///etc/passwd" if one["itag"] == 140 else inside
            return told

        fake._player = led_astray  # type: ignore[method-assign]
        async with reachable(fake) as reached:
            youtube = YouTube(reached.web)
            video = await youtube.watch(VIDEO, scratch=tmp_path)
            assert await youtube.captions(video) is None
            with pytest.raises(CutroomError):
                await youtube.sound(video, tmp_path / "sound")
    assert knocks == []
    assert list(tmp_path.iterdir()) == []
    assert set(reached.internet.connects) == {(PUBLIC, 443)}


@pytest.mark.parametrize(
    ("fake", "code", "most"),
    [
        (Fake(playability={"status": "LOGIN_REQUIRED", "reason": "This video is private"}), "video_private", 2),
        (Fake(overrides={"/": failing(429)}), "youtube_blocked", 6),
        (Fake(details={"isLive": True, "isLiveContent": True}, sound=b"x"), "video_live", 2),
    ],
    ids=["private", "busy", "live"],
)
async def test_a_video_that_cannot_be_had_says_why_after_few_requests(
    tmp_path: Path, fake: Fake, code: str, most: int
) -> None:
    error = await refused(fake, tmp_path)
    assert (error.code, error.retryable) == (code, False)
    assert len(fake.asked) <= most


async def test_an_extractor_that_waits_for_ever_is_ended(tmp_path: Path) -> None:
    fake = Fake(overrides={"/": failing(0)})
    error = await refused(fake, tmp_path, youtube_s=4.0)
    assert (error.code, error.retryable) == ("youtube_timeout", True)
    async with asyncio.timeout(60):
        while fake.open:  # no request is left behind
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    "child",
    [
        "print('nonsense', flush=True); import time; time.sleep(60)",
        "print('[]', flush=True); import time; time.sleep(60)",
        'print(\'{"caption": {"kind": "x"}}\', flush=True); import time; time.sleep(60)',
        "print('{\"video\": \"' + 'x' * 30000 + '\"}', flush=True); import time; time.sleep(60)",
        "print('{\"video\": 7}', flush=True); import time; time.sleep(60)",
        "raise SystemExit(3)",
        "import os; os.kill(os.getpid(), 9)",
        "print('{\"ask\": 1}\\n' * 100_000, flush=True); import time; time.sleep(60)",
    ],
    ids=["nonsense", "list", "fact", "long", "number", "exit", "killed", "flood"],
)
async def test_a_child_that_went_wrong_is_ended_and_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, child: str
) -> None:
    script = tmp_path / "child.py"
    script.write_text(child)
    monkeypatch.setattr(watching, "_CHILD", script)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    assert (await refused(Fake(), scratch)).code == "youtube_changed"


@pytest.mark.threat("A45")
async def test_a45_the_extractor_itself_may_connect_start_and_write_nothing(tmp_path: Path) -> None:
    tries = f"""
import importlib.util, os, socket, subprocess, sys
found = importlib.util.spec_from_file_location("child", {str(watching._CHILD)!r})
child = importlib.util.module_from_spec(found)
found.loader.exec_module(child)
sys.addaudithook(child.refuse)
for what in (
    lambda: socket.create_connection(("127.0.0.1", 9)), lambda: socket.getaddrinfo("localhost", 80),
    lambda: subprocess.run(["true"]), lambda: os.system("true"), lambda: os.posix_spawn("/bin/true", ["true"], {{}}),
    lambda: open("x", "w"), lambda: open("x", "ab"), lambda: os.open("x", os.O_CREAT), lambda: os.mkdir("x"),
):
    try:
        what()
    except PermissionError as error:
        print("no" if "extractor" in str(error) else error)
    else:
        print("yes")
print(len(open(os.__file__).read()) > 0)
"""
    done = await run(  # without any box: this wall is the extractor's own
        [sys.executable, "-I", "-c", tries], cwd=tmp_path, timeout_s=60, env={"PATH": os.defpath}
    )
    assert done.stdout.decode().split() == ["no"] * 9 + ["True"], done.stderr.decode()
    assert list(tmp_path.iterdir()) == []
