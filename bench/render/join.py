"""Twenty files of the same parameters end to end, of 15 and of 6 s: `python -m bench.render.join [FILES]`.

Beside it, in the same run, ffmpeg's concat filter on the same files, which encodes them again with the settings that we
would use (`--preset` names others). Ours is measured twice: in a running service, where files have been uploaded and a
render takes from its POST to the end of its job; and as the whole of `cutroom render`, from starting Python over
hashing and examining each file to checking the result, with nothing in the cache. No two renders are of the same order
of files, since results are given out again. Every packet of pictures must be the source's, bit by bit. The bar: 50
times as fast. `--seconds` names other lengths of the files.
"""

import argparse
import asyncio
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import av

from bench.render.service import middle, service
from bench.render.stand import Taken, cutroom, film, new_folder, plain, table
from cutroom.app.client import with_sources

SECONDS = (15, 6)
ROUNDS = 3


def packets(path: Path) -> list[str]:
    """A hash of each packet of pictures, in decoding order."""
    with av.open(str(path)) as file:
        return [hashlib.sha256(bytes(packet)).hexdigest() for packet in file.demux(video=0) if packet.size]


def turned(document: dict[str, Any], turn: int) -> dict[str, Any]:
    """The same with another file first."""
    [track] = document["timeline"]["tracks"]
    return {**document, "timeline": {"tracks": [{"clips": [*track["clips"][turn:], *track["clips"][:turn]]}]}}


async def served(document: dict[str, Any], sources: list[Path], folder: Path) -> tuple[list[Taken], Taken]:
    """Such renders in a running service, after one that does not count; and what uploading the files took."""
    async with service(folder / "data") as here:
        names, uploaded = await here.upload(sources)
        named = with_sources(document, {str(path): name for path, name in names.items()})
        await here.render(turned(named, ROUNDS))
        return [await here.render(turned(named, turn), folder / "served.mp4") for turn in range(ROUNDS)], uploaded


def main(files: int, seconds: int, preset: str) -> None:
    sources = [film(f"join-{number}", seconds) for number in range(files)]
    folder = new_folder()
    clips = [{"asset": {"type": "video", "src": str(path)}, "start": "auto", "length": seconds} for path in sources]
    document = {
        "output": {"format": "mp4", "width": 1920, "height": 1080, "fps": 30, "quality": "medium"},
        "timeline": {"tracks": [{"clips": clips}]},
    }
    alone = middle([cutroom(document, folder / "ours.mp4", cache=folder / f"cache-{turn}") for turn in range(ROUNDS)])
    runs, uploaded = asyncio.run(served(document, sources, folder))
    beside = middle(runs)
    wanted = [packets(path) for path in sources]
    orders = {"ours": 0, "served": ROUNDS - 1}
    same = all(
        packets(folder / f"{name}.mp4") == [packet for path in [*wanted[turn:], *wanted[:turn]] for packet in path]
        for name, turn in orders.items()
    )
    inputs = [argument for path in sources for argument in ("-i", path)]
    pads = "".join(f"[{number}:v][{number}:a]" for number in range(files))
    bare = plain(
        *inputs, "-filter_complex", f"{pads}concat=n={files}:v=1:a=1[v][a]", "-map", "[v]", "-map", "[a]",
        "-c:v", "libx264", "-preset", preset, "-crf", "21", "-g", "60", "-bf", "3", "-c:a", "aac", "-b:a", "128k",
        folder / "bare.mp4",
    )  # fmt: skip
    rows = [
        (name, f"{taken.seconds:.2f}", f"{bare.seconds / taken.seconds:.1f}x", f"{taken.cpu_s:.2f}", cpu, memory)
        for name, taken, cpu, memory in (
            (f"ffmpeg, concat filter, {preset}", bare, "1.0x", bare.memory),
            (f"cutroom render, median of {ROUNDS}", alone, f"{bare.cpu_s / alone.cpu_s:.1f}x", alone.memory),
            (f"in a running service, median of {ROUNDS}", beside, f"{bare.cpu_s / beside.cpu_s:.1f}x", beside.memory),
        )
    ]
    heads = ["who", "seconds", "speed", "CPU s", "CPU", "memory"]
    table(f"{files} files of {seconds} s end to end (bar: 50x)", heads, rows)
    print("bit-identical" if same else "NOT bit-identical", f"{sum(map(len, wanted)):,} packets")
    print(f"the uploads took {uploaded.seconds:.1f} s, {uploaded.cpu_s:.1f} CPU s")
    found = {"service": bare.seconds / beside.seconds, "service_cpu": bare.cpu_s / beside.cpu_s}
    cpu = {"alone": bare.seconds / alone.seconds, "alone_cpu": bare.cpu_s / alone.cpu_s}
    print(json.dumps({name: round(value, 1) for name, value in {**found, **cpu}.items()} | {"identical": same}))
    shutil.rmtree(folder)
    if not same:
        raise SystemExit(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="?", type=int, default=20)
    parser.add_argument("--seconds", type=int, action="append")
    parser.add_argument("--preset", default="veryfast")
    chosen = parser.parse_args()
    for length in chosen.seconds or SECONDS:
        main(chosen.files, length, chosen.preset)
