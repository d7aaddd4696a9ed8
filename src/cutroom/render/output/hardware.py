"""Encoders and decoders of this machine's graphics card: which really work, and whether they are worth having.

That ffmpeg lists an encoder says only that it was compiled in. Each is tried on a few frames, where there is a device
that it could run on at all; one that works is measured once against the software encoder of its codec, and the verdict
is kept in a file until the ffmpeg or the device changes.
"""

import asyncio
import hashlib
import os
import platform
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log10
from pathlib import Path
from time import perf_counter
from typing import Final

import av
import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import CutroomError
from cutroom.kit.process import run
from cutroom.media.command import Command, Output
from cutroom.media.ffmpeg import Ffmpeg, find
from cutroom.media.filtergraph import Graph
from cutroom.media.run import RunLimits, run_ffmpeg
from cutroom.render.encoders import VideoCodec, VideoEncoder
from cutroom.render.output.encode import on_hardware, segment_muxer, video_encoder, video_options
from cutroom.timeline.resolved import Codec, Color, Format, ResolvedOutput

FILE: Final = "hardware.json"
_ENCODERS: Final[Mapping[Codec, Sequence[str]]] = {
    "h264": ("h264_nvenc", "h264_qsv", "h264_videotoolbox"),
    "h265": ("hevc_nvenc", "hevc_qsv", "hevc_videotoolbox"),
    "av1": ("av1_nvenc", "av1_qsv"),
    "vp9": ("vp9_qsv",),
}
_DECODERS: Final[Mapping[Codec, Sequence[str]]] = {
    "h264": ("h264_cuvid", "h264_qsv"),
    "h265": ("hevc_cuvid", "hevc_qsv"),
    "av1": ("av1_cuvid", "av1_qsv"),
    "vp9": ("vp9_cuvid", "vp9_qsv"),
}
_NODES: Final[Mapping[str, Sequence[str]]] = {
    "nvenc": ("/dev/nvidia0", "/dev/dxg"),
    "cuvid": ("/dev/nvidia0", "/dev/dxg"),
    "qsv": ("/dev/dri/renderD128",),
}
_SIZE: Final = (1280, 720)
_FPS: Final = Fraction(30)
_FEW, _MANY = 8, 90
_FASTER: Final = 1.3
_WORSE_DB: Final = 1.0
_LARGER: Final = 1.6
"""What an encoder must be to be used: this much faster, at most this much worse, at most this much larger."""
_LIMITS: Final = RunLimits(timeout_s=60, patience_s=20, memory_bytes=None)  # drivers map far more than they use


@dataclass(frozen=True, slots=True)
class Trial:
    """What one encoder did with the same frames as the software encoder of its codec.

    Args:
        name: FFmpeg's name of it.
        speed: how many times as fast as the software encoder.
        size: bytes, as a multiple of the software encoder's.
        gain_db: PSNR of the luma above that of the software encoder.
        better: whether it is used, where that is allowed.
    """

    codec: Codec
    name: str
    speed: float
    size: float
    gain_db: float
    better: bool


@dataclass(frozen=True, slots=True)
class Hardware:
    """What this machine's graphics card does for us.

    Args:
        ffmpeg: version of the ffmpeg that was asked.
        device: digest of the devices that were there.
        encoders: those that work, with what was measured.
        decoders: those that work. They are told of, and not used: their frames go through main memory anyway.
    """

    ffmpeg: str
    device: str
    encoders: tuple[Trial, ...]
    decoders: tuple[str, ...]

    @property
    def chosen(self) -> Mapping[VideoCodec, str]:
        """The encoder to use for each codec for which one is better than software: the fastest."""
        best: dict[VideoCodec, str] = {}
        for trial in sorted(self.encoders, key=lambda trial: trial.speed):
            if trial.better:
                best[trial.codec] = trial.name
        return best

    @property
    def summary(self) -> str:
        """What there is, in one line."""
        used = {True: "used", False: "not used"}
        found = [f"{trial.name} ({trial.speed:.1f} x, {used[trial.better]})" for trial in self.encoders]
        return ", ".join([*found, *self.decoders]) or "none found"


_STORED: Final[Adapter[Hardware]] = Adapter(Hardware)


def keep_in(folder: Path) -> None:
    """Choose where `hardware` keeps its verdict in this process; the folder need not exist."""
    _folder[0] = folder


_folder: list[Path] = [Path(tempfile.gettempdir()) / f"cutroom-{os.getuid()}-hardware"]


async def hardware(cache: Path | None = None, ffmpeg: Ffmpeg | None = None) -> Hardware:
    """What this machine has: looked up, or found out and kept.

    Without a device it takes no more than a look at a few paths.

    Args:
        cache: folder that keeps the verdict, need not exist; the one that `keep_in` chose when None.
        ffmpeg: the program; `find()` when None.
    """
    cache = _folder[0] if cache is None else cache
    program = ffmpeg or find()
    nodes = [node for node in sorted({node for nodes in _NODES.values() for node in nodes}) if Path(node).exists()]
    device = _digest(nodes)
    kept = await asyncio.to_thread(_kept, cache / FILE)
    if kept is not None and (kept.ffmpeg, kept.device) == (program.version_text, device):
        return kept
    encoders = [(codec, name) for codec, names in _ENCODERS.items() for name in names if _possible(name, nodes)]
    decoders = [(codec, name) for codec, names in _DECODERS.items() for name in names if _possible(name, nodes)]
    trials: list[Trial] = []
    working: list[str] = []
    if encoders or decoders:
        listed = program.encoders()
        with tempfile.TemporaryDirectory(prefix="hardware-") as folder:
            for codec, name in encoders:
                if name in listed and (trial := await _try(codec, name, Path(folder), program)) is not None:
                    trials.append(trial)
            for codec, name in decoders:
                if await _decodes(codec, name, Path(folder), program):
                    working.append(name)
    found = Hardware(program.version_text, device, tuple(trials), tuple(working))
    await asyncio.to_thread(_keep, found, cache / FILE)
    return found


def _possible(name: str, nodes: Sequence[str]) -> bool:
    family = name.rpartition("_")[2]
    if family == "videotoolbox":
        return sys.platform == "darwin"
    return any(node in nodes for node in _NODES.get(family, ()))


def _digest(nodes: Sequence[str]) -> str:
    """What stands for the device: a new driver, or another machine, is tried anew."""
    driver = Path("/proc/driver/nvidia/version")
    facts = [platform.machine(), platform.platform(), *nodes, driver.read_text() if driver.exists() else ""]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


async def _try(codec: Codec, name: str, folder: Path, program: Ffmpeg) -> Trial | None:
    """Measure an encoder; None when it does not work."""
    software = _encoder(codec)
    card = on_hardware(software, name)
    try:
        await _encode(card, _FEW, folder / "few", program)
        ours = await _encode(card, _MANY, folder / name, program)
        theirs = await _encode(software, _MANY, folder / codec, program)
    except CutroomError:
        return None
    reference = await _encode(_lossless(), _MANY, folder / "reference", program)
    gain = _psnr(ours.path, reference.path) - _psnr(theirs.path, reference.path)
    speed, size = theirs.seconds / ours.seconds, ours.size / theirs.size
    better = speed >= _FASTER and size <= _LARGER and gain >= -_WORSE_DB
    return Trial(codec, name, round(speed, 2), round(size, 2), round(gain, 2), better)


@dataclass(frozen=True, slots=True)
class _Encoded:
    path: Path
    seconds: float
    size: int


async def _encode(encoder: VideoEncoder, frames: int, path: Path, program: Ffmpeg) -> _Encoded:
    graph = Graph()
    name = graph.output(graph.add("testsrc2", size=_SIZE, rate=_FPS))
    output = Output(path, segment_muxer(encoder), [name], video_options(encoder, frames))
    started = perf_counter()
    await run_ffmpeg(Command([], [output], graph), scratch=path.parent, limits=_LIMITS, ffmpeg=program)
    return _Encoded(path, perf_counter() - started, path.stat().st_size)


async def _decodes(codec: Codec, name: str, folder: Path, program: Ffmpeg) -> bool:
    path = folder / f"decode-{codec}"
    if not path.exists():
        await _encode(_encoder(codec), _FEW, path, program)
    argv: list[str | Path] = [
        program.path,
        "-v",
        "error",
        "-nostdin",
        "-c:v",
        name,
        "-i",
        f"file:{path}",
        "-f",
        "null",
        "-",
    ]
    try:
        done = await run(argv, cwd=folder, timeout_s=30)
    except CutroomError:
        return False
    return done.returncode == 0 and not done.stderr


def _encoder(codec: Codec) -> VideoEncoder:
    """Ours, as for an output of medium quality."""
    return video_encoder(_output("webm" if codec == "vp9" else "mp4", codec))


def _lossless() -> VideoEncoder:
    return video_encoder(_output("png", None))


def _output(format_: Format, codec: Codec | None) -> ResolvedOutput:
    width, height = _SIZE
    return ResolvedOutput(format_, width, height, _FPS, "medium", Color(0, 0, 0), mute=True, codec=codec)


def _psnr(path: Path, reference: Path) -> float:
    """Of the luma, over all frames, in decibels."""
    with av.open(str(path)) as one, av.open(str(reference)) as other:
        errors = [
            float(np.mean((_luma(a) - _luma(b)) ** 2))
            for a, b in zip(one.decode(video=0), other.decode(video=0), strict=True)
        ]
    return 10 * log10(255**2 / max(float(np.mean(errors)), 1e-9))


def _luma(frame: av.VideoFrame) -> NDArray[np.float32]:
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(frame.height, plane.line_size)
    return rows[:, : frame.width].astype(np.float32)


def _kept(path: Path) -> Hardware | None:
    try:
        return _STORED.validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _keep(found: Hardware, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    draft.write_bytes(_STORED.dump_json(found, indent=2))
    draft.replace(path)
