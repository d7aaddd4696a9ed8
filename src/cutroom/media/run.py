"""Running ffmpeg: in turns, within limits, with progress, and with failures that have names.

What ffmpeg says goes to the process log (`ffmpeg.failed`, `ffmpeg.complained`) and never into an error's message: it
names folders and addresses of ours (threat A92).
"""

import math
import os
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from cutroom.kit import tracing
from cutroom.kit.errors import CutroomError
from cutroom.kit.later import later_log
from cutroom.kit.metrics import counter
from cutroom.kit.process import Limits, TimedOut, run
from cutroom.media.command import Command
from cutroom.media.failures import failure, late
from cutroom.media.ffmpeg import Ffmpeg, find
from cutroom.media.options import HARDWARE
from cutroom.media.sandbox import for_program
from cutroom.media.turns import Kind, turn

RUNS: Final = counter("ffmpeg_runs", "Times that ffmpeg was started.")
FAILURES: Final = counter("ffmpeg_failures", "Runs of ffmpeg that failed, by the code of the error.", ["code"])
_log = later_log()
_LOG_BYTES: Final = 256 << 10
_GRAPH_ARGUMENT_BYTES: Final = 100_000  # Linux takes 131,072 bytes in one argument (MAX_ARG_STRLEN)
_ENV: Final = {
    "MALLOC_ARENA_MAX": "4",  # each arena of glibc reserves 64 MB of address space, up to 8 a processor
    "SVT_LOG": "1",  # SVT-AV1 tells of its settings otherwise; 1 is errors only
}
# 60 inputs of 720p, 2 threads each, need 4 GB of address space with stacks of 8 MB, and 2 GB with these.
_STACK_BYTES: Final = 2 << 20
_FILES: Final = 4096  # one for each input and each library, and some
_HEAD_ROOM: Final = 64 << 20  # between the size at which ffmpeg stops by itself and the one at which it is killed


@dataclass(frozen=True, slots=True)
class RunLimits:
    """What one ffmpeg may use.

    Args:
        timeout_s: wall-clock seconds.
        patience_s: seconds without one more frame or sample. FFmpeg can hang when it lacks memory for a thread.
        memory_bytes: address space. Measured with x264 at `medium`: 720p 0.8 GB, 1080p 0.8 GB and 2160p 2 GB with 2
            threads each; 1080p 2 GB with 16 threads.
    """

    timeout_s: float = 3600.0
    patience_s: float = 120.0
    memory_bytes: int | None = 4 << 30


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is: frames written so far, and the time on the output that they reach, in seconds."""

    frame: int
    seconds: Fraction


@dataclass(frozen=True, slots=True)
class Finished:
    """How far a run came, and the end of what ffmpeg said."""

    progress: Progress
    log: str


async def run_ffmpeg(
    command: Command,
    *,
    scratch: Path,
    limits: RunLimits = RunLimits(),
    progress: Callable[[Progress], None] | None = None,
    ffmpeg: Ffmpeg | None = None,
    in_turn: bool = True,
) -> Finished:
    """Run ffmpeg to its end. When it fails or is cancelled, it leaves no output behind.

    Args:
        command: what to do.
        scratch: folder of this job, to run in.
        limits: what it may use.
        progress: called in the event loop about four times a second.
        ffmpeg: the program; `ffmpeg.find()` when None.
        in_turn: whether it waits for its turn; not when the caller has taken one for it, and for what runs beside it.

    Raises:
        Invalid: `source_damaged`, `source_codec_unsupported`, `source_stream_missing` or `source_too_large`, each with
            a detail that points at `/inputs/N`; `encoder_missing` with one at `/output/codec`; `output_too_large`.
        Unavailable: `out_of_memory`, `disk_full`, `media_timeout` or `media_stalled`.
        Internal: `ffmpeg_failed`, for every other cause.
    """
    program = ffmpeg or find()
    argv = [str(program.path), *_arguments(command, scratch)]
    largest = max(output.max_bytes for output in command.outputs)
    kernel = Limits(
        limits.memory_bytes,
        largest + _HEAD_ROOM,
        # What all processors do in that time: it ends by itself even where we are stopped and cannot end it.
        cpu_s=math.ceil(limits.timeout_s) * (os.cpu_count() or 1),
        stack_bytes=_STACK_BYTES,
        files=_FILES,
    )
    box = for_program(
        program.path,
        [scratch, *command.files()],
        [output.path.parent for output in command.outputs],
        graphics=any(output.options.get("c:v") in HARDWARE for output in command.outputs),
        memory_bytes=limits.memory_bytes,
    )
    watch = _Watch(progress)
    complete = False
    try:
        async with turn(kind_of(command)) if in_turn else nullcontext():
            RUNS.inc()
            with tracing.span("ffmpeg", work=kind_of(command), inputs=len(command.inputs)):
                done = await run(
                    argv,
                    cwd=scratch,
                    timeout_s=limits.timeout_s,
                    env=_ENV,
                    limits=kernel,
                    on_line=watch.hear,
                    patience_s=limits.patience_s,
                    output_cap_bytes=_LOG_BYTES,
                    box=box,
                )
        said = done.stderr.decode("utf-8", "replace")
        if (error := failure(done, said, command)) is not None:
            _tell_failure(error, argv, said, returncode=done.returncode)
            raise error
        if said and not command.talkative:
            _log.warning("ffmpeg.complained", stderr=said[-2000:])
        complete = True
        return Finished(watch.last, said)
    except TimedOut as error:
        said = error.stderr.decode("utf-8", "replace")
        slow = late(error, said, limits.timeout_s)
        _tell_failure(slow, argv, said, cause=error.code)
        raise slow from error
    finally:
        if not complete:
            for output in command.outputs:
                with suppress(OSError):
                    output.path.unlink(missing_ok=True)


def kind_of(command: Command) -> Kind:
    """Whose turn a command takes."""
    films = [output for output in command.outputs if "c:v" in output.options and output.options.get("frames:v") != 1]
    return "film" if films else "light"


def _tell_failure(error: CutroomError, argv: list[str], said: str, **facts: object) -> None:
    """Tell the operator: what ffmpeg said is for the log alone."""
    FAILURES.labels(error.code).inc()
    _log.error("ffmpeg.failed", code=error.code, argv=argv, stderr=said[-8000:], **facts)


def _arguments(command: Command, scratch: Path) -> list[str]:
    if command.graph is None or len(text := command.graph.render()) < _GRAPH_ARGUMENT_BYTES:
        return command.arguments()
    file = scratch / "graph.txt"
    file.write_text(text, encoding="utf-8")
    return command.arguments(graph_file=file.absolute())


class _Watch:
    """Reads the lines of `-progress`: a block of `key=value`, ended by the key `progress`."""

    def __init__(self, tell: Callable[[Progress], None] | None) -> None:
        self.last = Progress(0, Fraction(0))
        self._tell = tell
        self._written = 0
        self._block: dict[str, str] = {}

    def hear(self, line: str) -> bool:
        """Take a line; returns whether it tells of progress."""
        key, _, value = line.partition("=")
        self._block[key] = value.strip()
        if key != "progress":
            return False
        frame, micros, size = self._number("frame"), self._number("out_time_us"), self._number("total_size")
        before, written = self.last, self._written
        self.last = Progress(max(frame, before.frame), max(Fraction(micros, 1_000_000), before.seconds))
        self._written = size
        self._block.clear()
        if self._tell is not None:
            self._tell(self.last)
        return self.last != before or size != written

    def _number(self, key: str) -> int:
        text = self._block.get(key, "0")
        return int(text) if text.isdecimal() else 0  # "N/A", and negative before the first frame
