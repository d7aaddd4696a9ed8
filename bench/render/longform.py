"""Three hours of songs over four pictures in 1080p: `python -m bench.render.longform [--quick]`.

Beside it, in the same run, the plain filter graph that people write for it (every turn a looped input, xfade from one
to the next, the songs faded and joined by concat; the same encoder settings), at 2, 5 and 10 minutes, or 1 and 2 with
`--quick`, and extended by a straight line. Bars at three hours: 300 times as fast with AAC songs, 40 times with MP3;
40 times at ten minutes; 600 MB of memory at three hours.
"""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

from bench.render.stand import FOLDER, Taken, cutroom, new_folder, plain, table

HOURS_S = 3 * 3600
SONG_S = 200
SONGS = 6
TURN_S, CROSS_S, FADE_S = 30, 2, 1.5


def pictures() -> list[Path]:
    """Four pictures with edges, gradients and grain."""
    paths = []
    for number in range(4):
        path = FOLDER / f"picture-{number}.jpg"
        if not path.exists():
            source = f"mandelbrot=s=1920x1080:start_scale={0.4 / 3**number}:r=1,hue=h={90 * number},noise=alls=6"
            plain("-f", "lavfi", "-i", source, "-frames:v", "1", "-q:v", "2", path)
        paths.append(path)
    return paths


def songs(extension: str) -> list[Path]:
    """Songs, more or less: chords that swell, over noise."""
    paths = []
    for number in range(SONGS):
        path = FOLDER / f"song-{number}.{extension}"
        if not path.exists():
            tone = f"0.2*sin({440 + 55 * number}*t*(1+floor(mod(t,4))/4))*(0.6+0.4*sin(t))"
            source = f"aevalsrc='{tone}+0.03*random(0)|{tone}+0.03*random(1)':s=48000:d={SONG_S}"
            plain("-f", "lavfi", "-i", source, "-b:a", "128k", path)
        paths.append(path)
    return paths


def document(seconds: int, extension: str) -> dict[str, Any]:
    """The longform of so many seconds."""
    return {
        "output": {"format": "mp4", "width": 1920, "height": 1080, "fps": 30, "quality": "medium"},
        "longform": {
            "backgrounds": [{"src": str(path)} for path in pictures()],
            "secondsPerBackground": TURN_S,
            "crossfade": CROSS_S,
            "audio": [{"src": str(songs(extension)[n % SONGS])} for n in range(-(-seconds // SONG_S))],
            "audioFade": FADE_S,
            "duration": seconds,
        },
    }


def graph(seconds: int, extension: str, out: Path) -> Taken:
    """The same by one filter graph."""
    turns, tracks = -(-seconds // TURN_S), -(-seconds // SONG_S)
    inputs: list[str | Path] = []
    parts: list[str] = []
    for turn in range(turns):
        inputs += ["-loop", "1", "-framerate", "30", "-t", str(TURN_S + CROSS_S), "-i", pictures()[turn % 4]]
        parts.append(f"[{turn}]scale=1920:1080,format=yuv420p,setsar=1[p{turn}]")
    for turn in range(1, turns):
        before = f"[x{turn - 1}]" if turn > 1 else "[p0]"
        parts.append(f"{before}[p{turn}]xfade=transition=fade:duration={CROSS_S}:offset={turn * TURN_S}[x{turn}]")
    for track in range(tracks):
        inputs += ["-i", songs(extension)[track % SONGS]]
        fades = f"afade=t=in:d={FADE_S},afade=t=out:st={SONG_S - FADE_S}:d={FADE_S}"
        parts.append(f"[{turns + track}]{fades}[s{track}]")
    parts.append("".join(f"[s{track}]" for track in range(tracks)) + f"concat=n={tracks}:v=0:a=1[a]")
    encoder = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "21", "-g", "60", "-bf", "3", "-c:a", "aac")
    picture = f"[x{turns - 1}]" if turns > 1 else "[p0]"
    maps = ("-map", picture, "-map", "[a]", "-t", str(seconds))
    return plain(*inputs, "-filter_complex", ";".join(parts), *maps, *encoder, "-b:a", "128k", out)


def line(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Slope and start of the straight line through points, by least squares."""
    count = len(points)
    middle_x, middle_y = sum(x for x, _ in points) / count, sum(y for _, y in points) / count
    over = sum((x - middle_x) * (y - middle_y) for x, y in points)
    slope = over / sum((x - middle_x) ** 2 for x, _ in points)
    return slope, middle_y - slope * middle_x


def main(*, quick: bool) -> None:
    folder = new_folder()
    pictures(), songs("m4a"), songs("mp3")
    rows: list[tuple[object, ...]] = []
    ours: dict[tuple[int, str], Taken] = {}
    for seconds, extension in ((600, "m4a"), (HOURS_S, "m4a"), (HOURS_S, "mp3")):
        name = f"{seconds}-{extension}"
        made = cutroom(document(seconds, extension), folder / f"{name}.mp4", cache=folder / f"{name}-cache")
        ours[seconds, extension] = made
        size = (folder / f"{name}.mp4").stat().st_size
        rows.append((f"cutroom, {extension}", f"{seconds / 60:g} min", f"{made.seconds:.1f}", made.memory, size >> 20))
        (folder / f"{name}.mp4").unlink()
    points: list[tuple[float, float]] = []
    for minutes in (1, 2) if quick else (2, 5, 10):
        bare = graph(60 * minutes, "m4a", folder / "bare.mp4")
        size = (folder / "bare.mp4").stat().st_size
        rows.append(("filter graph, m4a", f"{minutes} min", f"{bare.seconds:.1f}", bare.memory, size >> 20))
        points.append((60.0 * minutes, bare.seconds))
    slope, start = line(points)
    at = {seconds: start + slope * seconds for seconds in (600, HOURS_S)}
    rows.extend(("filter graph, by the line", f"{s / 60:g} min", f"{at[s]:.0f}", "", "") for s in at)
    table("Longform, 1080p30, 4 pictures", ["who", "length", "seconds", "memory", "MiB"], rows)
    ratios = {
        "three_hours_aac": at[HOURS_S] / ours[HOURS_S, "m4a"].seconds,
        "three_hours_mp3": at[HOURS_S] / ours[HOURS_S, "mp3"].seconds,
        "ten_minutes": at[600] / ours[600, "m4a"].seconds,
        "memory_mb": max(run.peak_bytes for (seconds, _), run in ours.items() if seconds == HOURS_S) / 1e6,
    }
    print("bars: 300, 40, 40 times as fast; 600 MB")
    print(json.dumps({name: round(value, 1) for name, value in ratios.items()}))
    shutil.rmtree(folder)


if __name__ == "__main__":
    main(quick="--quick" in sys.argv[1:])
