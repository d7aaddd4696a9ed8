"""Ten clips with text everywhere, rendered again and again: `python -m bench.render.incremental [--size WxH]`.

First with nothing in the cache, then with one word changed, then with nothing changed. Each is the whole of `cutroom
render`, from starting Python to checking the result; with `--service` each is a job of a running service, from its POST
to its end. The bars: 8 and 50 times as fast as the first. The command line gives a result out again without an engine
only when its sources have lain still for two seconds, and when nothing in Cutroom's own files has changed since.
"""

import argparse
import asyncio
import json
import shutil
from pathlib import Path
from typing import Any

from bench.render.service import middle, service
from bench.render.stand import Taken, cutroom, film, new_folder, table
from cutroom.app.client import local_sources, with_sources

CLIPS = 10
CLIP_S = 6
ROUNDS = 3


def document(size: tuple[int, int], words: list[str]) -> dict[str, Any]:
    """Ten clips end to end, each under a title of its own."""
    sources = [film(f"text-{number}", CLIP_S + 2, size=size, gop=60) for number in range(5)]
    clips = [
        {"asset": {"type": "video", "src": str(sources[n % 5])}, "start": "auto", "trim": n / 7, "length": CLIP_S}
        for n in range(CLIPS)
    ]
    titles = [
        {"asset": {"type": "text", "text": word}, "start": n * CLIP_S, "length": CLIP_S, "position": "bottom"}
        for n, word in enumerate(words)
    ]
    return {
        "output": {"format": "mp4", "width": size[0], "height": size[1], "fps": 30, "quality": "medium"},
        "timeline": {"tracks": [{"clips": titles}, {"clips": clips}]},
    }


def alone(documents: list[dict[str, Any]], folder: Path) -> list[Taken]:
    """Such renders by the command line, one after the other."""
    return [cutroom(one, folder / "out.mp4", cache=folder / "cache") for one in documents]


async def served(documents: list[dict[str, Any]], folder: Path) -> list[Taken]:
    """Such renders in a running service."""
    async with service(folder / "data") as here:
        names, _ = await here.upload([Path(source) for source in local_sources(documents[0])])
        known = {str(path): name for path, name in names.items()}
        return [await here.render(with_sources(one, known)) for one in documents]


def main(size: tuple[int, int], *, in_service: bool) -> None:
    folder = new_folder()
    words = [f"Chapter {number + 1} of ten" for number in range(CLIPS)]
    other = [*words[:4], "Chapter five of ten", *words[5:]]
    documents = [document(size, words), *[document(size, other)] * (1 + ROUNDS)]
    taken = asyncio.run(served(documents, folder)) if in_service else alone(documents, folder)
    first, changed, same = taken[0], taken[1], middle(taken[2:])
    rows = [
        (name, f"{taken.seconds:.2f}", f"{first.seconds / taken.seconds:.1f}x", f"{taken.cpu_s:.2f}", taken.memory)
        for name, taken in (
            ("first", first),
            ("one word changed (bar: 8x)", changed),
            ("nothing changed (bar: 50x)", same),
        )
    ]
    heads = ["render", "seconds", "speed", "CPU s", "memory"]
    where = "in a running service" if in_service else "by the command line"
    table(f"{CLIPS} clips with text everywhere, {size[0]}x{size[1]}, {where}", heads, rows)
    found = {"changed": round(first.seconds / changed.seconds, 1), "same": round(first.seconds / same.seconds, 1)}
    print(json.dumps(found))
    shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--service", action="store_true")
    chosen = parser.parse_args()
    width, _, height = chosen.size.partition("x")
    main((int(width), int(height)), in_service=chosen.service)
