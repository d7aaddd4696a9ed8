"""How fast this machine renders, measured on it in about a second."""

import hashlib
import math
import os
import platform
import resource
import time
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np

from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import Internal
from cutroom.media import ffmpeg
from cutroom.media.probe import probe
from cutroom.media.sandbox import current
from cutroom.render.compile import compile_plan
from cutroom.render.estimate import Calibration
from cutroom.render.execute import render_segment
from cutroom.render.plan import SegmentPlan
from cutroom.timeline import Media, parse, resolve

CALIBRATION: Final[Adapter[Calibration]] = Adapter(Calibration)
_FRAMES: Final = 24
_WIDTH, _HEIGHT = 1280, 720
_SRC: Final = "calibration.mp4"
_VERSION: Final = 3
_BUBBLEWRAPPED: Final = 3
"""The lowest level of the sandbox at which what a child used is hidden from us."""


def calibration_name() -> str:
    """What a measurement holds for: this kind of machine with this ffmpeg. Letters and digits only."""
    facts = [_VERSION, ffmpeg.find().version_text, os.cpu_count(), platform.machine(), platform.node()]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


async def calibrate(scratch: Path) -> Calibration:
    """Render one frame, then `_FRAMES` of a film with a text on it, and compare the times.

    Raises:
        CutroomError: as `render_segment`.
    """
    film = scratch / _SRC
    _write_film(film)
    media = Media(sha256="0" * 64, info=await probe(film))
    once, _ = await _timed(media, film, scratch, 1)
    whole, segment = await _timed(media, film, scratch, _FRAMES)
    return Calibration(
        pixels_per_s=(_FRAMES - 1) * _WIDTH * _HEIGHT / max(whole - once, 1e-3),
        start_s=once,
        preset=segment.encoder.preset,
        cores=os.cpu_count() or 1,
    )


async def _timed(media: Media, film: Path, scratch: Path, frames: int) -> tuple[float, SegmentPlan]:
    """Seconds of one core that so many frames take, and their segment."""
    clips = [{"asset": {"type": "video", "src": f"https://example.com/{_SRC}"}, "start": 0, "length": frames / 30}]
    title = [{"asset": {"type": "text", "text": "Calibration"}, "start": 0, "length": frames / 30}]
    document = {
        "output": {"width": _WIDTH, "height": _HEIGHT, "fps": 30, "mute": True},
        "timeline": {"tracks": [{"clips": title}, {"clips": clips}]},
    }
    edit = parse(document)
    plan = compile_plan(resolve(edit, {f"https://example.com/{_SRC}": media}))
    segment = plan.segments[0]
    if not isinstance(segment, SegmentPlan):
        raise Internal("not_calibrated", "The sample film was not planned to be encoded.")
    started, used = time.perf_counter(), _used_s()
    await render_segment(
        segment, inputs={media.sha256: film}, scratch=scratch, out=scratch / f"timed-{frames}.mp4", progress=_unheard
    )
    whole = (time.perf_counter() - started) * min(segment.encoder.threads, os.cpu_count() or 1)
    # What the processor spent does not grow with what else is going on, unless that has ended in the meantime too. Of
    # what runs behind bubblewrap, which reaps it, we are not told.
    spent = _used_s() - used
    told = current().level < _BUBBLEWRAPPED and spent > 0
    return (min(whole, spent) if told else whole), segment


def _used_s() -> float:
    """Processor time of this process's children that have ended, in seconds."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _unheard(done: float) -> None:
    """Nobody waits for this."""


def _write_film(path: Path) -> None:
    """A film that moves and has some grain, as cameras make them."""
    noise = np.random.default_rng(1).normal(0, 6, (_HEIGHT, _WIDTH)).astype(np.int16)
    across = np.linspace(0, 8 * math.pi, _WIDTH)[None, :]
    down = np.linspace(0, 5 * math.pi, _HEIGHT)[:, None]
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4", rate=30)
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        stream.bit_rate = 12_000_000
        stream.time_base = Fraction(1, 30)
        for number in range(_FRAMES + 6):
            wave = 128 + 80 * np.sin(across + number / 5) * np.cos(down - number / 7)
            grey = np.clip(wave + np.roll(noise, number * 7, axis=1), 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(np.repeat(grey[:, :, None], 3, axis=2), format="rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
