"""Many tracks of sound: 226 end to end, and 32 at once.

    python -m bench.render.tracks

Tracks are MP3s of five seconds, each a tone of its own. They are mixed in pieces, two at a time, as workers do, and
encoded to AAC. What is looked at: that every track is at its place and that nothing is missing, the time, which is to
grow as the number of tracks does, and the memory, which is not to.
"""

import asyncio
import hashlib
import resource
import sys
import tempfile
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from bench.render.stand import FFMPEG, FOLDER, plain, table, taken
from cutroom.media.probe import probe
from cutroom.render.encoders import SAMPLE_RATE, AudioEncoder
from cutroom.render.sound.compile import compile_audio
from cutroom.render.sound.execute import render_audio
from cutroom.render.sound.mix import render_mix
from cutroom.render.sound.plan import MixPlan, pieces
from cutroom.timeline.resolved import Color, Media, ResolvedClip, ResolvedEdit, ResolvedOutput

TRACK_S, FADE_S = 5, 1
FPS = Fraction(30)
AT_ONCE = 32
ZERO = Fraction(0)


def hertz(number: int) -> float:
    """The tone of a track, away from those of its neighbours."""
    return 300.0 + 10 * (number * 37 % 226)


def track(number: int) -> Path:
    """The file of a track."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"track-{number}-{TRACK_S}s.mp3"
    if not path.exists():
        sine = f"sine=f={hertz(number)}:r=44100:d={TRACK_S},pan=stereo|c0=c0|c1=c0"
        draft = path.with_suffix(".part.mp3")
        plain("-f", "lavfi", "-i", sine, "-c:a", "libmp3lame", "-b:a", "128k", draft)
        draft.replace(path)
    return path


def clip(number: int, start_s: int, media: Media) -> ResolvedClip:
    """A track as a clip, faded at both ends."""
    first, last = Fraction(start_s), Fraction(start_s + TRACK_S)
    return ResolvedClip(
        pointer=f"/timeline/tracks/0/clips/{number}", layer=0, kind="audio", media=media, src=None,
        start=int(first * FPS), end=int(last * FPS), tail=0, trim=ZERO, fade_in=0, fade_out=0, text=None, color=None,
        fit="cover", position="center", offset_x=ZERO, offset_y=ZERO, width_px=None, height_px=None, opacity=1.0,
        volume=0.5, audio_start=first, audio_end=last, audio_fade_in=Fraction(FADE_S), audio_fade_out=Fraction(FADE_S),
    )  # fmt: skip


async def render(count: int, lanes: int, out: Path) -> None:
    """Mix and encode `count` tracks, `lanes` of them at once."""
    # They differ by nothing that a probe sees.
    info = await probe(track(0))
    inputs: dict[str, Path] = {}
    clips: list[ResolvedClip] = []
    for number in range(count):
        sha256 = hashlib.sha256(track(number).read_bytes()).hexdigest()
        inputs[sha256] = track(number)
        clips.append(clip(number, number // lanes * (TRACK_S - FADE_S), Media(sha256, info)))
    output = ResolvedOutput("m4a", 2, 2, FPS, "medium", Color(0, 0, 0), mute=False)
    edit = ResolvedEdit(output, max(one.end for one in clips), tuple(clips), None, ())
    plan = compile_audio(edit, AudioEncoder("aac", 128_000), "bench")
    if plan is None:
        raise SystemExit("there is nothing to hear")
    turns = asyncio.Semaphore(2)

    async def make(number: int, piece: MixPlan) -> Path:
        async with turns:
            scratch = out.parent / str(number)
            scratch.mkdir()
            path = scratch / "piece.flac"
            await render_mix(piece, inputs=inputs, scratch=scratch, out=path, progress=lambda _: None)
            return path

    made = await asyncio.gather(*(make(number, piece) for number, piece in enumerate(pieces(plan.mix, "bench"))))
    await render_audio(plan, inputs={}, scratch=out.parent, out=out, progress=lambda _: None, mixed=made)


def checked(count: int, lanes: int, out: Path) -> float:
    """Seconds of the result, when every track is in it at its place."""
    with av.open(str(out)) as file:
        blocks = [frame.to_ndarray() for frame in file.decode(audio=0)]
    mono = np.concatenate(blocks, axis=1)[0]
    wanted = (-(-count // lanes) * (TRACK_S - FADE_S) + FADE_S) * SAMPLE_RATE
    if abs(len(mono) - wanted) > 1024:  # PyAV gives what pads the last frame, too
        raise SystemExit(f"there are {len(mono)} samples instead of {wanted}")
    for number in range(count):
        middle = (number // lanes * (TRACK_S - FADE_S) + TRACK_S // 2) * SAMPLE_RATE
        part = mono[middle - SAMPLE_RATE : middle + SAMPLE_RATE] * np.hanning(2 * SAMPLE_RATE)
        lines = np.abs(np.fft.rfft(part))
        line = round(hertz(number) * 2)
        if lines[line - 1 : line + 2].max() < 50 * np.median(lines):
            raise SystemExit(f"track {number} is not at its place")
    return len(mono) / SAMPLE_RATE


def main() -> None:
    """Run all and print a table; with arguments, do one run."""
    if len(sys.argv) == 4:
        asyncio.run(render(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
        return
    for number in range(226):
        track(number)
    rows: list[tuple[object, ...]] = []
    for count, lanes in ((57, 1), (113, 1), (226, 1), (AT_ONCE, AT_ONCE)):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "sound.m4a"
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            took = taken([sys.executable, "-m", "bench.render.tracks", str(count), str(lanes), out])
            worked = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
            seconds = checked(count, lanes, out)
        where = "at once" if lanes > 1 else "end to end"
        work = f"{worked / count * 1000:.0f} ms"
        rows.append((f"{count} {where}", f"{seconds:.0f} s", f"{took.seconds:.1f} s", work, took.memory))
    heads = ("tracks", "sound", "took", "work a track", "memory")
    table(f"Tracks of {TRACK_S} s ({FFMPEG.rpartition('-')[2]})", heads, rows)


if __name__ == "__main__":
    main()
