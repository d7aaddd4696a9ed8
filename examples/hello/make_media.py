"""Draw and play the media of the hello film: run `python examples/hello/make_media.py`; they land in ./media.

Everything comes from fixed seeds. The results are committed, so nobody needs to run this to render the film.
"""

import sys
from fractions import Fraction
from pathlib import Path

import av
import cards
import music
import numpy as np
from landscape import HEIGHT, WIDTH, Field, finished
from scenes import SCENES

MEDIA = Path(__file__).parent / "media"
FPS = 30
CRF = {"dawn": "23", "noon": "23", "dusk": "26", "night": "23"}
"""Quality of each film; the glittering sea hides more."""
GRAIN = 0.005
"""A breath of noise, so that skies do not break into bands."""


def film(name: str, path: Path) -> None:
    """Write one scene as H.264."""
    make, seconds = SCENES[name]
    scene, grain = make(), _grain(len(name))
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", FPS, options={"crf": CRF[name], "preset": "slower", "aq-mode": "3"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.gop_size, stream.time_base = FPS, Fraction(1, FPS)
        for number in range(round(seconds * FPS)):
            picture = finished(scene(number / FPS), np.roll(grain, number * 211, axis=1))
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _grain(seed: int) -> Field:
    noise = np.random.default_rng(seed).standard_normal((HEIGHT, WIDTH))
    return (noise * GRAIN).astype(np.float32)


def song(path: Path) -> None:
    """Write the music as AAC."""
    samples = music.master(music.compose())
    with av.open(str(path), "w", format="ipod", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("aac", music.RATE, layout="stereo")
        stream.bit_rate = 128_000
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = music.RATE, 0, Fraction(1, music.RATE)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def main(wanted: list[str]) -> None:
    """Make all media, or those named."""
    MEDIA.mkdir(exist_ok=True)
    for name in SCENES:
        if not wanted or name in wanted:
            film(name, MEDIA / f"{name}.mp4")
    if not wanted or "cards" in wanted:
        cards.code_card().save(MEDIA / "code.png", optimize=True)
        cards.mark().save(MEDIA / "mark.png", optimize=True)
    if not wanted or "music" in wanted:
        song(MEDIA / "music.m4a")
    for path in sorted(MEDIA.iterdir()):
        print(f"{path.stat().st_size:>9,} {path.name}")


if __name__ == "__main__":
    main(sys.argv[1:])
