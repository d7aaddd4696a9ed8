"""A vertical clip of 60 s, with captions, out of a recording of an hour: `python -m bench.render.clip [SECONDS]`.

Beside it, in the same run, ffmpeg encoding those very frames (seek, crop, scale, the same encoder settings) and nothing
else. Ours is made twice, each time with nothing in the cache: from a recording that was never seen, all of which is
hashed first, and from the same one again, as further clips are. The bar: at most 1.3 times as long.
"""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from bench.render.stand import FOLDER, cutroom, film, new_folder, plain, table

HOUR_S = 3600
AT_S = 1801.37
WORDS = [
    "nobody",
    "asks",
    "how",
    "long",
    "a",
    "render",
    "takes",
    "when",
    "it",
    "is",
    "over",
    "before",
    "the",
    "question",
    "is",
]


def recording() -> Path:
    """An hour, by playing a minute sixty times."""
    minute = film("talk", 60, gop=250)
    path = FOLDER / "hour.mp4"
    if not path.exists():
        names = FOLDER / "hour.txt"
        names.write_text(f"file '{minute}'\n" * (HOUR_S // 60))
        draft = FOLDER / "hour.part.mp4"
        plain("-f", "concat", "-safe", "0", "-i", names, "-c", "copy", "-movflags", "+faststart", draft)
        draft.replace(path)
    return path


def transcript(seconds: float) -> list[dict[str, Any]]:
    """Cues of four words, three words a second."""
    cues: list[dict[str, Any]] = []
    for first in range(0, int(seconds * 3), 4):
        words = [
            {"text": WORDS[(first + n) % len(WORDS)], "start": (first + n) / 3, "end": (first + n + 1) / 3}
            for n in range(4)
        ]
        cues.append({"start": words[0]["start"], "end": words[-1]["end"], "words": words})
    return cues


def main(seconds: float) -> None:
    source = recording()
    made = new_folder()
    clip = {"asset": {"type": "video", "src": str(source)}, "trim": AT_S, "start": 0, "length": seconds}
    captions = {"asset": {"type": "captions", "cues": transcript(seconds), "style": "highlight"}, "start": 0}
    document = {
        "output": {"format": "mp4", "width": 1080, "height": 1920, "fps": 30, "quality": "medium"},
        "timeline": {"duration": seconds, "tracks": [{"clips": [captions]}, {"clips": [clip]}]},
    }
    os.utime(source)  # no hash is known of it now; it has settled when ffmpeg is done
    bare = plain(
        "-ss", str(AT_S), "-t", str(seconds), "-i", source, "-vf", "crop=ih*9/16:ih,scale=1080:1920:flags=bicubic",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-g", "60", "-bf", "3", "-c:a", "aac", "-b:a", "128k",
        made / "bare.mp4",
    )  # fmt: skip
    new, known = (cutroom(document, made / "ours.mp4", cache=made / name) for name in ("new", "known"))
    rows = [
        (
            who,
            f"{it.seconds:.1f}",
            f"{it.seconds / bare.seconds:.2f}x",
            f"{it.cpu_s:.1f}",
            f"{it.cpu_s / bare.cpu_s:.2f}x",
            it.memory,
        )
        for who, it in (
            ("ffmpeg, those frames alone", bare),
            ("cutroom, with captions", known),
            ("the same, of a recording never seen", new),
        )
    ]
    heads = ["who", "seconds", "time", "CPU s", "time", "memory"]
    table(f"{seconds:g} s of 9:16 out of an hour (bar: 1.30x)", heads, rows)
    found = {"ratio": known.seconds / bare.seconds, "cpu": known.cpu_s / bare.cpu_s}
    first = {"new": new.seconds / bare.seconds, "new_cpu": new.cpu_s / bare.cpu_s}
    print(json.dumps({name: round(value, 3) for name, value in {**found, **first}.items()}))
    shutil.rmtree(made)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
