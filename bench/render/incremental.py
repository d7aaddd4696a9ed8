"""Ten clips with text everywhere, rendered again and again: `python -m bench.render.incremental [--size WxH]`.

First with nothing in the cache, then with one word changed, then with nothing changed. Each is the whole of `cutroom
render`, from starting Python to checking the result. The bars: 8 and 50 times as fast as the first. A result is given
out again without an engine only when its sources have lain still for two seconds, and when nothing in Cutroom's own
files has changed since.
"""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from bench.render.stand import FOLDER, cutroom, film, table

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


def main(size: tuple[int, int]) -> None:
    folder = Path(tempfile.mkdtemp(dir=FOLDER))
    words = [f"Chapter {number + 1} of ten" for number in range(CLIPS)]
    cache = folder / "cache"
    first = cutroom(document(size, words), folder / "out.mp4", cache=cache)
    words[4] = "Chapter five of ten"
    changed = cutroom(document(size, words), folder / "out.mp4", cache=cache)
    again = [cutroom(document(size, words), folder / "out.mp4", cache=cache) for _ in range(ROUNDS)]
    same = sorted(again, key=lambda taken: taken.seconds)[ROUNDS // 2]
    rows = [
        (name, f"{taken.seconds:.2f}", f"{first.seconds / taken.seconds:.1f}x", f"{taken.cpu_s:.2f}", taken.memory)
        for name, taken in (
            ("first", first),
            ("one word changed (bar: 8x)", changed),
            ("nothing changed (bar: 50x)", same),
        )
    ]
    heads = ["render", "seconds", "speed", "CPU s", "memory"]
    table(f"{CLIPS} clips with text everywhere, {size[0]}x{size[1]}", heads, rows)
    found = {"changed": round(first.seconds / changed.seconds, 1), "same": round(first.seconds / same.seconds, 1)}
    print(json.dumps(found))
    shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="1920x1080")
    width, _, height = parser.parse_args().size.partition("x")
    main((int(width), int(height)))
