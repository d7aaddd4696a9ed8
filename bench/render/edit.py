"""An edit of 60 s in 1080p: `python -m bench.render.edit [--gop N] [--service] [--moviepy]`.

Eight clips of files with the same parameters, trimmed at arbitrary frames; five plain cuts, two crossfades, one title
of three seconds; once from sources with a key frame every second, once with GOPs of 250 frames. Beside it, in the same
run, the one filter graph that people write for it, with the same encoder settings. The bars: 3 and 2 times as fast, and
a fifth of its memory, summed over all processes at any time. Ours is the whole of `cutroom render`; with `--service` it
is a job of a running service too, from its POST to its end, after the sources were uploaded. `--moviepy` has MoviePy 2
make the same, which uv installs for the run; the bar is 10 times as fast. `--seconds S` and `--size WxH` make others.
"""

import argparse
import asyncio
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.render.service import service
from bench.render.stand import Taken, cutroom, film, new_folder, plain, table, taken
from cutroom.app.client import local_sources, with_sources
from cutroom.render.lettering import typefaces

FPS = 30
CLIPS = 8
CROSSFADES = (2, 5)
"""Joins, counted from 0, at which clips cross over."""
CROSS_FRAMES = 30
SPARE_S = 16
"""Seconds by which a source is longer than what a clip takes of it."""
TITLE = "Eight clips, one film"
BARS = {30: 3, 250: 2}
MOVIEPY = ("uv", "run", "--no-project", "--quiet", "--with", "moviepy==2.2.1", "python")
MOVIEPY_BAR = 10
FONT = Path(typefaces.__file__).with_name("fonts") / "Inter-Bold.otf"


@dataclass(frozen=True, slots=True)
class Use:
    """A clip: `frames` of a source from frame `first` on."""

    path: Path
    first: int
    frames: int


def uses(seconds: int, size: tuple[int, int], gop: int) -> list[Use]:
    """The clips: of four sources, each used twice, from places all over their GOPs."""
    length = seconds * FPS // CLIPS
    sources = [film(f"edit-{number}", -(-length // FPS) + SPARE_S, size=size, gop=gop) for number in range(4)]
    firsts = [(17 + 113 * number) % (SPARE_S * FPS) for number in range(CLIPS)]
    return [Use(sources[number % 4], first, length) for number, first in enumerate(firsts)]


def document(clips: list[Use], size: tuple[int, int]) -> dict[str, Any]:
    """The edit as a document."""
    made: list[dict[str, Any]] = []
    for number, use in enumerate(clips):
        clip: dict[str, Any] = {
            "asset": {"type": "video", "src": str(use.path)},
            "start": "auto",
            "trim": use.first / FPS,
            "length": use.frames / FPS,
        }
        if number - 1 in CROSSFADES:
            clip["transition"] = {"in": "dissolve", "duration": CROSS_FRAMES / FPS}
        made.append(clip)
    title = {"asset": {"type": "text", "text": TITLE}, "start": 1, "length": 3, "position": "center"}
    return {
        "output": {"format": "mp4", "width": size[0], "height": size[1], "fps": FPS, "quality": "medium"},
        "timeline": {"tracks": [{"clips": [title]}, {"clips": made}]},
    }


def graph(clips: list[Use]) -> str:
    """The same as one filter graph."""
    parts: list[str] = []
    for number, use in enumerate(clips):
        end = use.first + use.frames + (CROSS_FRAMES if number in CROSSFADES else 0)
        picture = f"trim=start_frame={use.first}:end_frame={end},setpts=PTS-STARTPTS,fps={FPS},settb=1/{FPS}"
        sound = f"atrim={use.first / FPS}:{end / FPS},asetpts=PTS-STARTPTS"
        parts.append(f"[{number}:v]{picture}[v{number}];[{number}:a]{sound}[a{number}]")
    length = 0
    picture, sound = "v0", "a0"
    for number, use in enumerate(clips[:-1]):
        length += use.frames
        pictures, sounds = f"[{picture}][v{number + 1}]", f"[{sound}][a{number + 1}]"
        picture, sound = f"w{number}", f"b{number}"
        if number in CROSSFADES:
            parts.append(f"{pictures}xfade=duration={CROSS_FRAMES / FPS}:offset={length / FPS}[{picture}]")
            parts.append(f"{sounds}acrossfade=d={CROSS_FRAMES / FPS}[{sound}]")
        else:
            parts.append(f"{pictures}concat=n=2:v=1:a=0,settb=1/{FPS}[{picture}]")
            parts.append(f"{sounds}concat=n=2:v=0:a=1[{sound}]")
    look = f"fontfile={FONT}:text={TITLE.replace(',', chr(92) + ',')}:fontsize=96:fontcolor=white"
    place = "x=(w-tw)/2:y=(h-th)/2:enable=between(t\\,1\\,4)"
    return ";".join([*parts, f"[{picture}]drawtext={look}:{place},format=yuv420p[v]", f"[{sound}]anull[a]"])


def moviepy(clips: list[Use], size: tuple[int, int], into: Path) -> Taken:
    """The same by MoviePy."""
    edit = into / "moviepy.json"
    facts = {"fps": FPS, "size": size, "crossfades": CROSSFADES, "cross_frames": CROSS_FRAMES, "title": TITLE}
    edit.write_text(json.dumps({**facts, "font": str(FONT), "clips": [asdict(use) for use in clips]}, default=str))
    taken([*MOVIEPY, "-c", "import moviepy"])  # installed and compiled, as ours is
    return taken([*MOVIEPY, Path(__file__).with_name("moviepy_peer.py"), edit, into / "moviepy.mp4"])


async def served(document: dict[str, Any], folder: Path) -> Taken:
    """The same in a running service."""
    async with service(folder / "data") as here:
        names, _ = await here.upload([Path(source) for source in local_sources(document)])
        return await here.render(with_sources(document, {str(path): name for path, name in names.items()}))


def round_of(seconds: int, size: tuple[int, int], gop: int, into: Path) -> tuple[Taken, Taken]:
    """One render, and the plain graph's."""
    clips = uses(seconds, size, gop)
    ours = cutroom(document(clips, size), into / f"ours-{gop}.mp4", cache=into / f"cache-{gop}")
    inputs = [argument for use in clips for argument in ("-i", use.path)]
    bare = plain(
        *inputs, "-filter_complex", graph(clips), "-map", "[v]", "-map", "[a]",
        "-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-g", "60", "-bf", "3", "-c:a", "aac", "-b:a", "128k",
        into / f"bare-{gop}.mp4",
    )  # fmt: skip
    return ours, bare


def main(seconds: int, size: tuple[int, int], gops: list[int], *, in_service: bool, with_moviepy: bool) -> None:
    made = new_folder()
    rows: list[tuple[str, ...]] = []
    found: dict[str, dict[str, float]] = {}
    for gop in gops:
        ours, bare = round_of(seconds, size, gop, made)
        name = f"cutroom, GOPs of {gop} (bar: {BARS.get(gop, 2)}x, 5x less)"
        lines = [(f"plain graph, GOPs of {gop}", bare), (name, ours)]
        found[str(gop)] = _ratios(bare, ours)
        if in_service:
            served_ = asyncio.run(served(document(uses(seconds, size, gop), size), made / f"service-{gop}"))
            lines.append(("the same in a running service", served_))
            found[f"{gop} served"] = _ratios(bare, served_)
        if with_moviepy:
            peer = moviepy(uses(seconds, size, gop), size, made)
            lines.append((f"MoviePy 2: {peer.seconds / ours.seconds:.1f}x as long (bar: {MOVIEPY_BAR}x)", peer))
            found[f"{gop} against MoviePy"] = _ratios(peer, ours)
        for who, one in lines:
            speed, cpu, memory = _ratios(bare, one).values()
            rows.append(
                (who, f"{one.seconds:.1f}", f"{speed}x", f"{one.cpu_s:.1f}", f"{cpu}x", one.memory, f"{memory}x less")
            )
    heads = ["who", "seconds", "speed", "CPU s", "speed", "memory", ""]
    table(f"Edit of {seconds} s in {size[0]}x{size[1]}", heads, rows)
    print(json.dumps(found))
    shutil.rmtree(made)


def _ratios(bare: Taken, ours: Taken) -> dict[str, float]:
    speed, cpu, memory = bare.seconds / ours.seconds, bare.cpu_s / ours.cpu_s, bare.peak_bytes / ours.peak_bytes
    return {"speed": round(speed, 2), "cpu": round(cpu, 2), "memory": round(memory, 2)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--gop", type=int, action="append")
    parser.add_argument("--service", action="store_true")
    parser.add_argument("--moviepy", action="store_true")
    chosen = parser.parse_args()
    width, _, height = chosen.size.partition("x")
    main(
        chosen.seconds,
        (int(width), int(height)),
        chosen.gop or [30, 250],
        in_service=chosen.service,
        with_moviepy=chosen.moviepy,
    )
