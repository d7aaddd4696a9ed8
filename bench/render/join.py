"""Twenty files of the same parameters end to end, of 15 and of 6 s: `python -m bench.render.join [FILES]`.

Beside it, in the same run, ffmpeg's concat filter on the same files, which encodes them again with the settings that we
would use (`--preset` names others). Ours is the whole of `cutroom render`, from starting Python to checking the result,
with nothing in the cache; and beside it the same in a process that has rendered before, as a worker has. Every packet
of pictures must be the source's, bit by bit. The bar: 50 times as fast. People join takes of 15 s and more; with files
of 6 s (`--seconds` names others) half of our time is that of starting Python and looking at each source.
"""

import argparse
import asyncio
import contextlib
import hashlib
import io
import json
import resource
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import av

from bench.render.stand import FOLDER, Taken, cutroom, film, plain, table
from cutroom.app.render import render

SECONDS = (15, 6)
ROUNDS = 3


def packets(path: Path) -> list[str]:
    """A hash of each packet of pictures, in decoding order."""
    with av.open(str(path)) as file:
        return [hashlib.sha256(bytes(packet)).hexdigest() for packet in file.demux(video=0) if packet.size]


def spent_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, whose))


def warm(document: dict[str, Any], folder: Path) -> list[Taken]:
    """Such renders in this process, after one that does not count.

    Each has a cache of its own and begins with another file, since a process remembers how loud a sound was.
    """
    path = folder / "warm.json"
    [track] = document["timeline"]["tracks"]
    found: list[Taken] = []
    for turn in range(ROUNDS + 1):
        turned = {"tracks": [{"clips": [*track["clips"][turn:], *track["clips"][:turn]]}]}
        path.write_text(json.dumps({**document, "timeline": turned}))
        before, began = spent_s(), time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            cache = folder / f"warm-{turn}"
            asyncio.run(render(path, output=folder / "warm.mp4", explains=False, cache=cache, report=False))
        found.append(Taken(time.perf_counter() - began, 0, spent_s() - before))
    return found[1:]


def median(runs: list[Taken]) -> Taken:
    """The run in the middle, by the clock."""
    return sorted(runs, key=lambda taken: taken.seconds)[len(runs) // 2]


def main(files: int, seconds: int, preset: str) -> None:
    sources = [film(f"join-{number}", seconds) for number in range(files)]
    folder = Path(tempfile.mkdtemp(dir=FOLDER))
    clips = [{"asset": {"type": "video", "src": str(path)}, "start": "auto", "length": seconds} for path in sources]
    document = {
        "output": {"format": "mp4", "width": 1920, "height": 1080, "fps": 30, "quality": "medium"},
        "timeline": {"tracks": [{"clips": clips}]},
    }
    ours = [cutroom(document, folder / "ours.mp4", cache=folder / f"cache-{turn}") for turn in range(ROUNDS)]
    alone, beside = median(ours), median(warm(document, folder))
    wanted = [packet for path in sources for packet in packets(path)]
    same = packets(folder / "ours.mp4") == wanted
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
            ("the same in a process at work", beside, f"{bare.cpu_s / beside.cpu_s:.1f}x", ""),
        )
    ]
    heads = ["who", "seconds", "speed", "CPU s", "CPU", "memory"]
    table(f"{files} files of {seconds} s end to end (bar: 50x)", heads, rows)
    print("bit-identical" if same else "NOT bit-identical", f"{len(wanted):,} packets")
    found = {"ratio": bare.seconds / alone.seconds, "warm": bare.seconds / beside.seconds}
    cpu = {"cpu": bare.cpu_s / alone.cpu_s, "warm_cpu": bare.cpu_s / beside.cpu_s}
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
