"""Ten thousand clips: time grows with their number, and memory hardly: `python -m bench.render.clips [NUMBER …]`.

Pictures and colours of five frames each, in 64x36, rendered by the whole of `cutroom render` in growing numbers, the
peer being the smallest of them: 1,000 and 10,000 when none are given. The bars: time per clip at most 1.5 times, and
memory at most 2 times that of the smallest.
"""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from bench.render.stand import FOLDER, cutroom, table

FRAMES = 5
FPS = 30


def pictures(folder: Path) -> list[Path]:
    """Ten small pictures."""
    paths = [folder / f"{number}.png" for number in range(10)]
    for number, path in enumerate(paths):
        Image.new("RGB", (64, 36), (25 * number, 255 - 25 * number, 128)).save(path)
    return paths


def document(count: int, paths: list[Path]) -> dict[str, Any]:
    """So many clips, end to end."""
    clips: list[dict[str, Any]] = []
    for number in range(count):
        asset: dict[str, Any] = {"type": "image", "src": str(paths[number % 10])}
        if number % 3 == 1:
            asset = {"type": "color", "color": f"#{number * 977 % (1 << 24):06x}"}
        clips.append({"asset": asset, "start": number * FRAMES / FPS, "length": FRAMES / FPS})
    return {
        "output": {"format": "mp4", "width": 64, "height": 36, "fps": FPS, "quality": "lowest"},
        "timeline": {"tracks": [{"clips": clips}]},
    }


def main(counts: list[int]) -> None:
    FOLDER.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=FOLDER))
    paths = pictures(folder)
    os.environ["CUTROOM_MAX_CLIPS"] = str(max(counts))
    os.environ["CUTROOM_MAX_SECONDS"] = str(max(counts) * FRAMES // FPS + 1)
    taken = {
        count: cutroom(document(count, paths), folder / f"{count}.mp4", cache=folder / str(count)) for count in counts
    }
    small = taken[counts[0]]
    rows = [
        (
            f"{count:,} clips",
            f"{took.seconds:.1f}",
            f"{1000 * took.seconds / count:.2f} ms",
            f"{took.seconds / count / (small.seconds / counts[0]):.2f}x",
            took.memory,
            f"{took.peak_bytes / small.peak_bytes:.2f}x",
        )
        for count, took in taken.items()
    ]
    table("Clips of five frames", ["edit", "seconds", "per clip", "", "memory", ""], rows)
    last = taken[counts[-1]]
    ratio = last.seconds / counts[-1] / (small.seconds / counts[0])
    print(json.dumps({"time_per_clip": round(ratio, 2), "memory": round(last.peak_bytes / small.peak_bytes, 2)}))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main([int(count) for count in sys.argv[1:]] or [1_000, 10_000])
