"""Hostile files, given to an ffmpeg that nothing but the box holds back. The oracle is the kernel's, from outside."""

import re
from pathlib import Path

import pytest

from cutroom.kit.fence import Fence
from cutroom.kit.process import TimedOut
from tests.media.attacks.raw import FENCED, fence, needed, programs, raw
from tests.media.attacks.tracing import traced
from tests.media.hostile import HLS, SVG, write_all
from tests.media.oracle import Canary

ANYTHING = "file,http,https,tcp,udp,rtp,tls,crypto,data,concat,subfile,gopher,cache,async,pipe,fd"
LENIENT = ["-v", "error", "-protocol_whitelist", ANYTHING, "-rw_timeout", "300000"]
BY_NAME = {
    "hls": ["-allowed_extensions", "ALL", "-f", "hls"],
    "ffconcat": ["-safe", "0", "-f", "concat"],
    "dash": ["-f", "dash"],
    "sdp": ["-f", "sdp"],
    "svg": ["-f", "svg_pipe"],
    "avi": ["-f", "avi"],
}


async def let_loose(held: Fence, program: Path, folder: Path, canary: Canary) -> dict[str, bool]:
    """Have every hostile file read in the way it likes best; says which of them reached the canary."""
    out = folder / "out"
    out.mkdir(exist_ok=True)
    reached: dict[str, bool] = {}
    for name, path in write_all(folder, canary).items():
        words: list[str | Path] = [
            *LENIENT,
            *BY_NAME.get(name.split(" ")[0], []),
            "-i",
            path,
            "-t",
            "1",
            "-f",
            "null",
            "-",
        ]
        try:
            done = await raw(held, program, words, out, reads=[path], timeout_s=2)
        except TimedOut:
            pass  # sdp listens until it is stopped
        else:
            assert b"cannot fence" not in done.stderr
            assert b"bwrap" not in done.stderr, done.stderr
        reached[name] = canary.touched()
    return reached


@pytest.mark.timeout(300)
async def test_without_a_fence_they_reach_out(tmp_path: Path) -> None:
    with Canary(tmp_path) as canary:
        for program in programs():
            reached = await let_loose(Fence(), program, tmp_path, canary)
            sure = {"hls absolute", "hls file url", "hls relative", "hls http", "ffconcat absolute", "ffconcat near"}
            assert all(reached[name] for name in sure), (program, reached)


@pytest.mark.timeout(300)
@pytest.mark.threat("A15", "A16", "A17", "A18", "A19", "A20", "A21", "A22", "A23")
@pytest.mark.parametrize("level", FENCED)
async def test_behind_a_fence_they_reach_nothing(level: int, tmp_path: Path) -> None:
    held = fence(level)
    with Canary(tmp_path) as canary:
        for program in programs():
            reached = await let_loose(held, program, tmp_path, canary)
            assert not any(reached.values()), (program, reached)


@pytest.mark.threat("A18", "A25")
@pytest.mark.parametrize("level", FENCED)
async def test_names_that_are_addresses_reach_nothing(level: int, tmp_path: Path) -> None:
    held = fence(level)
    with Canary(tmp_path) as canary:
        names = [
            f"http://127.0.0.1:{canary.port}/a.m3u8", f"tcp://127.0.0.1:{canary.port}", f"concat:{canary.file}",
            f"subfile,,start,0,end,64,,:{canary.file}", f"async:{canary.file}", f"cache:{canary.file}",
            f"file:{canary.file}", str(canary.file),
        ]  # fmt: skip
        for program in programs():
            for name in names:
                (tmp_path / "out").mkdir(exist_ok=True)
                done = await raw(held, program, [*LENIENT, "-i", name, "-f", "null", "-"], tmp_path / "out")
                assert done.returncode != 0
                assert not canary.touched(), (program, name)


@pytest.mark.threat("A15", "A23")
def test_system_calls_show_the_same(tmp_path: Path) -> None:
    """The second oracle: what was opened and connected to with success.

    A tracer follows a program into Landlock, but not into the namespaces that bubblewrap makes.
    """
    needed("strace")
    assert fence(2).landlock is not None
    secret = tmp_path / "secret.ts"
    secret.write_bytes(b"SECRET" * 1000)
    (tmp_path / "out").mkdir()
    for text, form in ((HLS.format("", secret), "hls"), (SVG.format("", f"file://{secret}"), "svg_pipe")):
        film = tmp_path / "film.mp4"
        film.write_text(text)
        for program in programs():
            calls = traced(2, program, [*LENIENT, "-f", form, "-i", str(film), "-f", "null", "-"], [film], tmp_path)
            assert any(str(film) in call for call in calls)  # the tracer saw it work
            for call in calls:
                assert not (str(secret) in call and re.search(r"= \d+$", call)), call
                assert not re.search(r"(socket|connect)\(.*= \d+$", call), call
