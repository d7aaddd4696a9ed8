"""Writing films whose every picture, and the moment of each, is known."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from bench.quality.corpus.drawing import Picture

FPS = 30
SOUND_RATE = 48_000
Sound = NDArray[np.float32]


def film(
    path: Path,
    pictures: Iterable[Picture],
    *,
    fps: Fraction = Fraction(FPS),
    times: Iterable[int] | None = None,
    sound: Sound | None = None,
    gop: int = 60,
) -> Path:
    """Encode pictures, and sound if there is any; a file that is there already is left as it is.

    Args:
        path: the file; its extension says the container.
        pictures: BGR, all of one size.
        fps: frames a second.
        times: milliseconds at which each picture comes, for a rate that varies.
        sound: samples in [-1, 1] at 48 kHz, one channel.
        gop: frames between key frames.
    """
    if path.exists():
        return path
    draft = path.with_name(f"part-{path.name}")
    with av.open(str(draft), "w") as out:
        video: Any = out.add_stream("libx264", rate=fps)
        video.pix_fmt = "yuv420p"
        video.options = {"preset": "veryfast", "crf": "20"}
        video.codec_context.gop_size = gop
        if times is not None:
            video.codec_context.time_base = Fraction(1, 1000)
        audio: Any = out.add_stream("aac", rate=SOUND_RATE, layout="mono") if sound is not None else None
        stamps = iter(times) if times is not None else None
        for number, picture in enumerate(pictures):
            if number == 0:
                video.height, video.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, "bgr24")
            frame.pts = number if stamps is None else next(stamps)
            frame.time_base = 1 / fps if stamps is None else Fraction(1, 1000)
            out.mux(video.encode(frame))
        out.mux(video.encode())
        if sound is not None:
            heard = av.AudioFrame.from_ndarray(sound[None, :].astype(np.float32), "fltp", "mono")
            heard.sample_rate, heard.pts = SOUND_RATE, 0
            out.mux(audio.encode(heard))
            out.mux(audio.encode())
    draft.replace(path)
    return path
