"""Ten thousand clips: time grows with their number, and memory hardly: `python -m bench.render.clips [NUMBER …]`.

Rendered by the whole of `cutroom render` in growing numbers, the peer being the smallest of them: 1,000, 3,000 and
10,000 when none are given. They are pictures and colours of five frames each, in 64x36, which are encoded; with
`--copied` half seconds of films of 160x90, which are copied. The bars: time per clip at most 1.5 times, and memory at
most 2 times that of the smallest.
"""

import argparse
import json
import os
import shutil
from pathlib import Path
from typing import Any

from PIL import Image

from bench.render.stand import cutroom, new_folder, plain, table

FRAMES = 5
FPS = 30
COPIED_FRAMES = 15
FILMS = 10


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


def films(folder: Path) -> list[Path]:
    """Small films whose every half second can be copied."""
    paths = [folder / f"{number}.mp4" for number in range(FILMS)]
    tags = "setparams=color_primaries=bt709:color_trc=bt709:colorspace=bt709:range=tv"
    for number, path in enumerate(paths):
        plain(
            "-f", "lavfi", "-i", f"testsrc2=s=160x90:r={FPS}:d=10,hue=h={36 * number},{tags},format=yuv420p",
            "-c:v", "libx264", "-preset", "veryfast", "-g", str(COPIED_FRAMES), "-keyint_min", str(COPIED_FRAMES),
            "-sc_threshold", "0", path,
        )  # fmt: skip
    return paths


def copied(count: int, paths: list[Path]) -> dict[str, Any]:
    """So many half seconds of films, end to end."""
    length = COPIED_FRAMES / FPS
    clips = [
        {
            "asset": {"type": "video", "src": str(paths[number % FILMS])},
            "start": number * length,
            "trim": number // FILMS % 20 * length,
            "length": length,
        }
        for number in range(count)
    ]
    return {
        "output": {"format": "mp4", "width": 160, "height": 90, "fps": FPS, "quality": "medium"},
        "timeline": {"tracks": [{"clips": clips}]},
    }


def main(counts: list[int], *, copies: bool) -> None:
    folder = new_folder()
    frames, make, paths = (COPIED_FRAMES, copied, films(folder)) if copies else (FRAMES, document, pictures(folder))
    os.environ["CUTROOM_MAX_CLIPS"] = str(max(counts))
    os.environ["CUTROOM_MAX_SECONDS"] = str(max(counts) * frames // FPS + 1)
    taken = {count: cutroom(make(count, paths), folder / f"{count}.mp4", cache=folder / str(count)) for count in counts}
    small = taken[counts[0]]
    rows = [
        (
            f"{count:,} clips",
            f"{took.seconds:.1f}",
            f"{1000 * took.seconds / count:.2f} ms",
            f"{took.seconds / count / (small.seconds / counts[0]):.2f}x",
            f"{took.cpu_s:.1f}",
            f"{took.cpu_s / count / (small.cpu_s / counts[0]):.2f}x",
            took.memory,
            f"{took.peak_bytes / small.peak_bytes:.2f}x",
        )
        for count, took in taken.items()
    ]
    heads = ["edit", "seconds", "per clip", "", "CPU s", "", "memory", ""]
    table(f"Clips of {frames} frames, {'copied' if copies else 'encoded'}", heads, rows)
    last = taken[counts[-1]]
    ratio = last.seconds / counts[-1] / (small.seconds / counts[0])
    print(json.dumps({"time_per_clip": round(ratio, 2), "memory": round(last.peak_bytes / small.peak_bytes, 2)}))
    shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("counts", nargs="*", type=int)
    parser.add_argument("--copied", action="store_true")
    chosen = parser.parse_args()
    main(chosen.counts or [1_000, 3_000, 10_000], copies=chosen.copied)
