"""Sources whose frames and samples say who they are, and films made of them.

A counter's frame n shows n as twelve black or white bars along its top, over grey; so every frame of a film can be
traced to the frame of the source that it came from. Sounds are noise, so they match at one place only.
"""

import hashlib
import subprocess
import wave
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from cutroom.media.ffmpeg import find
from cutroom.media.probe import MediaInfo, probe
from cutroom.render import RenderPlan, compile_plan, join, render_audio, render_segment, verify
from cutroom.render.compile import index_copies, index_keys, segments_at
from cutroom.render.plan import CopySegment, Segment, SegmentPlan
from cutroom.render.repeat import made_for
from cutroom.timeline.resolved import Media, ResolvedEdit

BARS = 12
WIDTH, HEIGHT = 384, 216
RATE = 48_000
Pixels = NDArray[np.float64]
Samples = NDArray[np.float32]


class Studio:
    """Makes sources and keeps them; `paths` finds a file by its SHA-256, as the engine wants it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.paths: dict[str, Path] = {}
        self.infos: dict[str, MediaInfo] = {}

    async def counter(self, name: str, fps: str = "30", seconds: float = 4, *options: str) -> Media:
        """A video that counts its frames; `options` go to the encoder."""
        path = self.place(name, fps, seconds, *options)
        if not path.exists():
            # Drawn small and enlarged without smoothing, as the expression is worked out for every pixel.
            drawn = f"color=c=gray:s={BARS}x12:r={fps}:d={seconds},format=gray"
            bars = "geq=lum='if(lt(Y,5),16+219*mod(floor(N/pow(2,X)),2),128)'"
            source = f"{drawn},{bars},scale={WIDTH}:{HEIGHT}:flags=neighbor,setsar=1,format=yuv420p"
            encoder = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "12") if "-c:v" not in options else ()
            self.ffmpeg("-f", "lavfi", "-i", source, *encoder, *options, str(path))
        return await self.take(path)

    async def flat(self, name: str, color: tuple[int, ...], size: tuple[int, int] = (WIDTH, HEIGHT)) -> Media:
        """A picture of one colour; RGBA when it has four parts."""
        path = self.place(name, color, size)
        if not path.exists():
            Image.new("RGBA" if len(color) == 4 else "RGB", size, color).save(path)
        return await self.take(path)

    async def noise(self, name: str, seconds: float = 4, *options: str, rate: int = RATE, channels: int = 2) -> Media:
        """Noise with a peak of 0.5, the same in all channels; other than as a WAV when the name says so."""
        path = self.place(name, seconds, options, rate, channels)
        if not path.exists():
            raw = path.with_name(f"{name}.raw.wav")
            sound = np.repeat(noise_samples(seconds)[:, None], channels, axis=1)
            with wave.open(str(raw), "wb") as file:
                file.setnchannels(channels)
                file.setsampwidth(2)
                file.setframerate(RATE)
                file.writeframes((sound * 32767).astype("<i2").tobytes())
            self.ffmpeg("-i", str(raw), "-ar", str(rate), *options, str(path))
        return await self.take(path)

    def place(self, name: str, *facts: object) -> Path:
        """Where a source with these facts is kept; tests in other files may use the same name for another."""
        folder = self.folder / hashlib.sha256(repr(facts).encode()).hexdigest()[:12]
        folder.mkdir(exist_ok=True)
        return folder / name

    async def take(self, path: Path) -> Media:
        """A file as a source; equal bytes are probed once."""
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        self.paths[sha256] = path
        if sha256 not in self.infos:
            self.infos[sha256] = await probe(path)
        return Media(sha256, self.infos[sha256])

    def ffmpeg(self, *arguments: str) -> None:
        subprocess.run([find().path, "-y", "-v", "error", "-nostdin", *arguments], check=True)

    def said(self, *arguments: str) -> str:
        """What ffmpeg says while it runs."""
        done = subprocess.run([find().path, "-y", "-nostdin", *arguments], check=True, capture_output=True, text=True)
        return done.stderr

    async def film(
        self, edit: ResolvedEdit, folder: Path, *, edges: Sequence[int] = (), lossless: bool = False, copy: bool = False
    ) -> Path:
        """Render an edit, cut at `edges` when given, copying what can be when asked; it has passed `verify`."""
        indexes = await index_copies(edit, self.paths) if copy else None
        plan = compile_plan(edit, indexes=indexes, keys=index_keys(edit, self.paths))
        if lossless and not edges:  # nothing is skipped through without loss
            edges = [*(segment.start for segment in plan.segments), plan.frames]
        if edges:
            plan = replace(plan, segments=segments_at(edges, edit, plan.engine))
        if lossless:
            plan = replace(plan, segments=tuple(lossless_of(s) for s in plan.segments))
        return await self.make(plan, folder)

    async def make(self, plan: RenderPlan, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        segments = []
        for segment in plan.segments:
            if isinstance(segment, CopySegment):
                segments.append(self.paths[segment.source.sha256])
                continue
            segments.append(folder / f"{segment.index}.mp4")
            made = made_for(segment)
            await render_segment(made, inputs=self.paths, scratch=folder, out=segments[-1], progress=ignore)
        audio = None
        if plan.audio is not None:
            audio = folder / f"sound.{plan.audio.extension}"
            await render_audio(plan.audio, inputs=self.paths, scratch=folder, out=audio, progress=ignore)
        out = folder / f"film.{plan.output.format}"
        await join(plan, segments=segments, audio=audio, out=out)
        await verify(plan, out)
        return out


def lossless_of(segment: Segment) -> Segment:
    """The same segment, encoded without loss."""
    assert isinstance(segment, SegmentPlan)
    return replace(segment, encoder=replace(segment.encoder, crf=0))


def ignore(done: float) -> None:
    assert 0 <= done <= 1


@cache
def noise_samples(seconds: float) -> Samples:
    """The noise of `Studio.noise`, with most of its strength between 200 Hz and 6 kHz, where every codec is good."""
    rng = np.random.default_rng(7)
    white = rng.normal(size=round(seconds * RATE) + 300)
    low = np.convolve(white, np.hanning(12), "same")
    band = (low - np.convolve(low, np.ones(240) / 240, "same"))[150:-150]
    scaled: Samples = (0.5 * band / np.abs(band).max()).astype(np.float32)
    scaled.flags.writeable = False
    return scaled


def frames(path: Path) -> list[Pixels]:
    """The frames of a film as RGB, 0 to 255; decoded as BT.709, which is what films are tagged as."""
    with av.open(str(path)) as file:
        return [_rgb(frame) for frame in file.decode(video=0)]


def hashes(path: Path) -> list[str]:
    """A hash of each decoded frame."""
    with av.open(str(path)) as file:
        return [hashlib.md5(frame.to_ndarray().tobytes()).hexdigest() for frame in file.decode(video=0)]  # noqa: S324


def counts(path: Path) -> list[int]:
    """The number that each frame of a film shows, when a counter fills it."""
    with av.open(str(path)) as file:
        return [_count(np.asarray(frame.to_ndarray(format="gray"))) for frame in file.decode(video=0)]


def samples(path: Path) -> Samples:
    """The sound of a file as players hear it: (n, 2), at 48 kHz, without the encoder's lead-in."""
    out = path.with_suffix(".decoded.f32")
    raw = ("-map", "0:a", "-f", "f32le", "-ar", str(RATE))
    subprocess.run([find().path, "-y", "-v", "error", "-i", path, *raw, out], check=True)
    return np.fromfile(out, np.float32).reshape(-1, 2)


def lag(heard: Samples, source: Samples) -> int:
    """By how many samples `heard` is late, from the peak of the cross-correlation."""
    size = len(heard) + len(source)
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(source, size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)))
    return peak - size if peak > size // 2 else peak


def near(found: Any, wanted: Any, within: float = 4) -> bool:
    """Whether colours agree but for what compression does."""
    return bool(np.all(np.abs(np.asarray(found, float) - np.asarray(wanted, float)) <= within))


def expected_counts(media: Media, fps: Fraction, at: Fraction, length: int) -> list[int]:
    """What a counter shows: the last frame whose time is not after the output's, 3/8 of a frame tolerated."""
    stream = media.info.video
    assert stream is not None
    assert stream.frames is not None
    tolerance = min(1 / stream.fps, 1 / fps) * Fraction(3, 8)
    return [max(0, min(stream.frames - 1, int((at + n / fps + tolerance) * stream.fps))) for n in range(length)]


def _count(gray: NDArray[Any]) -> int:
    height, width = gray.shape
    row, pitch = gray[height // 5], width / BARS
    return sum(int(row[int((bar + 0.5) * pitch)] > 128) << bar for bar in range(BARS))


def _rgb(frame: av.VideoFrame) -> Pixels:
    planes = frame.to_ndarray(format="yuv420p").astype(float)
    width, height = frame.width, frame.height
    luma = (planes[:height] - 16) / 219
    chroma = planes[height:].reshape(2, height // 2, width // 2).repeat(2, axis=1).repeat(2, axis=2)
    blue, red = (chroma - 128) / 224
    green = luma - 0.187324 * blue - 0.468124 * red
    pixels: Pixels = np.stack([luma + 1.5748 * red, green, luma + 1.8556 * blue], axis=2)
    return np.clip(255 * pixels, 0, 255)
