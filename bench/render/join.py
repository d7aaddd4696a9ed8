"""Twenty files of six seconds, of the same parameters, end to end: `python -m bench.render.join [FILES]`.

Beside it, in the same run, ffmpeg's concat filter on the same files, which encodes them again with the settings that we
would use (`--preset` names others). Ours is the whole of `cutroom render`, from starting Python to checking the result;
every packet of pictures must be the source's, bit by bit. The bar: 50 times as fast.
"""

import argparse
import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import av

from bench.render.stand import FOLDER, cutroom, film, plain, table

SECONDS = 6
ROUNDS = 3


def packets(path: Path) -> list[str]:
    """A hash of each packet of pictures, in decoding order."""
    with av.open(str(path)) as file:
        return [hashlib.sha256(bytes(packet)).hexdigest() for packet in file.demux(video=0) if packet.size]


def main(files: int, preset: str) -> None:
    sources = [film(f"join-{number}", SECONDS) for number in range(files)]
    folder = Path(tempfile.mkdtemp(dir=FOLDER))
    clips = [{"asset": {"type": "video", "src": str(path)}, "start": "auto", "length": SECONDS} for path in sources]
    document = {
        "output": {"format": "mp4", "width": 1920, "height": 1080, "fps": 30, "quality": "medium"},
        "timeline": {"tracks": [{"clips": clips}]},
    }
    ours = [cutroom(document, folder / "ours.mp4", cache=folder / f"cache-{turn}") for turn in range(ROUNDS)]
    fastest = sorted(ours, key=lambda taken: taken.seconds)[ROUNDS // 2]
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
        (f"ffmpeg, concat filter, {preset}", f"{bare.seconds:.1f}", "1.0x", bare.memory),
        (
            f"cutroom, median of {ROUNDS}",
            f"{fastest.seconds:.2f}",
            f"{bare.seconds / fastest.seconds:.1f}x",
            fastest.memory,
        ),
    ]
    table(f"{files} files of {SECONDS} s end to end (bar: 50x)", ["who", "seconds", "speed", "memory"], rows)
    print("bit-identical" if same else "NOT bit-identical", f"{len(wanted):,} packets")
    print(json.dumps({"ratio": round(bare.seconds / fastest.seconds, 1), "identical": same}))
    shutil.rmtree(folder)
    if not same:
        raise SystemExit(1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("files", nargs="?", type=int, default=20)
    parser.add_argument("--preset", default="veryfast")
    chosen = parser.parse_args()
    main(chosen.files, chosen.preset)
