"""Sound on its way to a server: stretches as FLAC, and where to cut one that is too much for it."""

import asyncio
import secrets
import wave
from pathlib import Path
from typing import Final

import numpy as np

from cutroom.media.command import Command, Input, Output
from cutroom.media.run import RunLimits, run_ffmpeg
from cutroom.media.words import Word
from cutroom.speech.pcm import SAMPLE_RATE, Span, read

NAME: Final = "speech.flac"
CONTENT_TYPE: Final = "audio/flac"
MOST_BYTES: Final = 24 << 20
"""Of one request: OpenAI takes files of 25 MB, and an hour of it is no more than six of ours."""
SHORTEST_MS: Final = 4_000
"""What is shorter is not cut again."""
_WINDOW_MS: Final = 20
_QUIET_WINDOWS: Final = 15
_LIMITS: Final = RunLimits(timeout_s=120.0, patience_s=60.0)


async def encoded(pcm: Path, span: Span, scratch: Path) -> bytes:
    """A stretch of a file of samples as FLAC, which loses nothing and has half the size.

    Args:
        pcm: as in `speech.pcm`.
        span: the stretch.
        scratch: a folder for files on the way.
    """
    name = secrets.token_hex(8)
    raw, out = scratch / f"{name}.wav", scratch / f"{name}.flac"
    try:
        await asyncio.to_thread(_write, raw, pcm, span)
        written = Output(out, Word.FLAC, ["0:a:0"], {"c:a": Word.FLAC}, max_bytes=2 * MOST_BYTES)
        await run_ffmpeg(Command([Input(raw, Word.WAV)], [written]), scratch=scratch, limits=_LIMITS)
        return await asyncio.to_thread(out.read_bytes)
    finally:
        raw.unlink(missing_ok=True)
        out.unlink(missing_ok=True)


def _write(path: Path, pcm: Path, span: Span) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(read(pcm, span))


def halves(pcm: Path, span: Span) -> tuple[Span, Span]:
    """A stretch in two, cut where it is quietest for 300 ms in its middle half."""
    samples = np.frombuffer(read(pcm, span), "<i2").astype(np.float32)
    size = SAMPLE_RATE * _WINDOW_MS // 1000
    count = len(samples) // size
    if count < 4 * _QUIET_WINDOWS:
        middle = (span.start_ms + span.end_ms) // 2
        return Span(span.start_ms, middle), Span(middle, span.end_ms)
    power = np.square(samples[: count * size].reshape(count, size)).mean(axis=1)
    loudness = np.convolve(power, np.ones(_QUIET_WINDOWS), mode="same")
    first, last = count // 4, count * 3 // 4
    at = span.start_ms + (first + int(np.argmin(loudness[first:last]))) * _WINDOW_MS
    return Span(span.start_ms, at), Span(at, span.end_ms)
