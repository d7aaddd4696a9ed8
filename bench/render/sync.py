"""A thousand clips cut out of one recording: do pictures and sound stay together?

    python -m bench.render.sync [CLIPS]

The recording shows the number of each frame as bars, flashes once a second and clicks at the same time, over noise that
matches at one place only. Clips of 5 to 10 frames are taken from anywhere in it, the sound of each cut to the sample.
Of the result, every frame is read, so it is known from which it came; and the sound of each clip is correlated with the
sound of the recording there.
"""

import os
import random
import subprocess
import sys
import tempfile
import wave
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from bench.render.stand import FFMPEG, FOLDER, cutroom, plain, table

FPS, RATE = 30, 48_000
SECONDS = 60
BARS, WIDTH, HEIGHT = 11, 176, 96
Samples = NDArray[np.float32]


def recording() -> Path:
    """The source, with a key frame every two seconds."""
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / "sync.mp4"
    if path.exists():
        return path
    sound = np.random.default_rng(1).normal(size=SECONDS * RATE) * 0.05
    sound = np.convolve(sound, np.hanning(8), "same")
    for second in range(SECONDS):
        sound[second * RATE : second * RATE + 24] += 0.6
    raw = FOLDER / "sync.wav"
    with wave.open(str(raw), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    bars = f"16+219*mod(floor(N/pow(2,floor(X/{WIDTH // BARS}))),2)"
    picture = f"if(lt(Y,48),{bars},if(mod(N,{FPS}),64,235))"
    drawn = f"color=c=gray:s={WIDTH}x{HEIGHT}:r={FPS}:d={SECONDS},format=gray,geq=lum='{picture}',format=yuv420p"
    draft = path.with_suffix(".part.mp4")
    plain(
        "-f", "lavfi", "-i", drawn, "-i", raw, "-c:v", "libx264", "-preset", "veryfast", "-crf", "14", "-g", "60",
        "-c:a", "aac", "-b:a", "192k", draft,
    )  # fmt: skip
    draft.replace(path)
    return path


def heard(path: Path) -> Samples:
    """The first channel of a file as players hear it."""
    decoded = path.with_suffix(".f32")
    plain("-i", path, "-map", "0:a", "-f", "f32le", "-ac", "1", "-ar", str(RATE), decoded)
    sound = np.fromfile(decoded, np.float32)
    decoded.unlink()
    return sound


def shown(path: Path) -> list[int]:
    """The number that each frame shows."""
    numbers: list[int] = []
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            row = frame.to_ndarray(format="gray")[HEIGHT // 4]
            bars = [int(row[int((bar + 0.5) * WIDTH / BARS)] > 128) << bar for bar in range(BARS)]
            numbers.append(sum(bars))
    return numbers


def lag(one: Samples, other: Samples) -> int:
    """By how many samples the first is late."""
    size = len(one) + len(other)
    spectrum = np.fft.rfft(one, size) * np.conj(np.fft.rfft(other, size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)))
    return peak - size if peak > size // 2 else peak


def main() -> None:
    """Render, look, print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rng = random.Random(2)
    source = recording()
    lengths = [rng.randint(5, 10) for _ in range(count)]
    trims = [rng.randint(0, (SECONDS - 1) * FPS) for _ in range(count)]
    starts = [sum(lengths[:n]) for n in range(count)]
    clips: list[dict[str, Any]] = [
        {
            "asset": {"type": "video", "src": str(source)},
            "trim": trim / FPS,
            "start": start / FPS,
            "length": length / FPS,
        }
        for trim, start, length in zip(trims, starts, lengths, strict=True)
    ]
    os.environ["CUTROOM_MAX_CLIPS"] = str(count)
    document = {
        "output": {"format": "mp4", "width": WIDTH, "height": HEIGHT, "fps": FPS, "quality": "high"},
        "timeline": {"tracks": [{"clips": clips}]},
    }
    with tempfile.TemporaryDirectory(dir=FOLDER) as folder:
        out = Path(folder) / "sync-out.mp4"
        took = cutroom(document, out, cache=Path(folder) / "cache")
        sound, original, numbers = heard(out), heard(source), shown(out)
        strict = subprocess.run(
            [FFMPEG, "-v", "error", "-xerror", "-i", str(out), "-f", "null", "-"], capture_output=True, check=False
        )
    frames = sum(lengths)
    pictures = [
        abs(numbers[start + n] - trim - n)
        for trim, start, length in zip(trims, starts, lengths, strict=True)
        for n in range(length)
    ]
    late: list[int] = []
    for trim, start, length in zip(trims, starts, lengths, strict=True):
        first, last = start * RATE // FPS, (start + length) * RATE // FPS
        late.append(lag(sound[first:last], original[trim * RATE // FPS :][: last - first]))
    worst = max(map(abs, late))
    tenth = max(count // 10, 1)
    drift = abs(float(np.mean(late[-tenth:]) - np.mean(late[:tenth])))
    rows = [
        ("clips, frames", f"{count}, {len(numbers)} of {frames}"),
        ("samples", f"{len(sound)} of {frames * RATE // FPS}"),
        ("pictures off by", f"{max(pictures)} frames at most"),
        ("sound off by", f"{worst} samples at most ({worst / RATE * 1000:.2f} ms)"),
        ("drift from the first to the last tenth", f"{drift / RATE * 1000:.3f} ms"),
        ("decodes with -xerror", "yes" if strict.returncode == 0 else "no"),
        ("took", f"{took.seconds:.1f} s for {float(Fraction(frames, FPS)):.0f} s, {took.memory}"),
    ]
    table("One recording in a thousand cuts" if count == 1000 else f"One recording in {count} cuts", ("", ""), rows)
    if max(pictures) > 1 or worst > RATE // 100 or len(numbers) != frames or strict.returncode != 0:
        raise SystemExit("pictures and sound are not together")


if __name__ == "__main__":
    main()
