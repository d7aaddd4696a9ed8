"""How fast this machine renders: what pieces took that were rendered on it, or a film of some frames until then.

Both are kept in a file of the machine's own. A machine that does other work too is as slow as that leaves it: what is
learned is what pieces took of late, the middle one of them.
"""

import asyncio
import hashlib
import math
import os
import platform
import resource
import secrets
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Final

import av
import numpy as np
from pydantic import ValidationError

from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import Internal
from cutroom.media import ffmpeg
from cutroom.media.probe import probe
from cutroom.media.sandbox import current
from cutroom.media.turns import ALONE
from cutroom.render.compile import compile_plan
from cutroom.render.estimate import Calibration, work_of
from cutroom.render.execute import render_segment
from cutroom.render.plan import SegmentPlan
from cutroom.timeline import Media, parse, resolve

FILE: Final = "calibration.json"
_FRAMES: Final = 48
_WIDTH, _HEIGHT = 1280, 720
_SRC: Final = "calibration.mp4"
_VERSION: Final = 4
_BUBBLEWRAPPED: Final = 3
"""The lowest level of the sandbox at which what a child used is hidden from us."""
_REMEMBERED: Final = 40
_SHORTEST_S: Final = 0.3
"""Of what took less, most is the starting of programs."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What is known of a machine.

    Args:
        name: what it holds for: this kind of machine with this ffmpeg.
        sample: pixels a second of the sample film; None when it has not been rendered.
        pieces: pixels a second of the last pieces, the latest at the end.
    """

    name: str
    sample: float | None = None
    pieces: tuple[float, ...] = ()


_STORED: Final[Adapter[Measured]] = Adapter(Measured)
_folder: list[Path] = [Path(tempfile.gettempdir()) / f"cutroom-{os.getuid()}-calibration"]


def keep_in(folder: Path) -> None:
    """Choose where this process keeps what it learns; the folder need not exist."""
    _folder[0] = folder


def learn(work: float, seconds: float) -> None:
    """Remember how long a piece took.

    Args:
        work: what there was to do, as `estimate.work_of` reckons it.
        seconds: of processors that it had, as `media.turns.clocked` tells.
    """
    if seconds < _SHORTEST_S or work <= 0:
        return
    known = _read()
    _write(replace(known, pieces=(*known.pieces, work / seconds)[-_REMEMBERED:]))


async def calibration(scratch: Path) -> Calibration:
    """How fast this machine is.

    Where nothing was rendered on it yet, a short film is made in `scratch`, which takes a second or two.

    Raises:
        CutroomError: as `render_segment`.
    """
    known = await asyncio.to_thread(_read)
    if not known.pieces and known.sample is None:
        known = replace(known, sample=await measure(scratch))
        await asyncio.to_thread(_write, known)
    speed = median(known.pieces) if known.pieces else known.sample or 0.0
    return Calibration(pixels_per_s=speed, cores=os.cpu_count() or 1, pieces=len(known.pieces))


def _read() -> Measured:
    name = _name()
    with suppress(OSError, ValidationError):
        known = _STORED.validate_json((_folder[0] / FILE).read_bytes())
        if known.name == name:
            return known
    return Measured(name)


def _write(known: Measured) -> None:
    """Keep it. Of processes that learn at once the last is remembered; what cannot be written is learned anew."""
    with suppress(OSError):
        _folder[0].mkdir(parents=True, exist_ok=True)
        draft = _folder[0] / f"{FILE}.{secrets.token_hex(4)}.part"
        draft.write_bytes(_STORED.dump_json(known))
        draft.replace(_folder[0] / FILE)


def _name() -> str:
    facts = [_VERSION, ffmpeg.find().version_text, os.cpu_count(), platform.machine(), platform.node()]
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


async def measure(scratch: Path) -> float:
    """Pixels a second: of one frame, and of `_FRAMES` of a film with a text on it, the times are compared.

    Raises:
        CutroomError: as `render_segment`.
    """
    film = scratch / _SRC
    _write_film(film)
    media = Media(sha256="0" * 64, info=await probe(film))
    once, first = await _timed(media, film, scratch, 1)
    whole, segment = await _timed(media, film, scratch, _FRAMES)
    more = work_of(segment) - work_of(first)
    return more / max(whole - once, whole / 4)


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
    whole = (time.perf_counter() - started) * min(ALONE, os.cpu_count() or 1)
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
