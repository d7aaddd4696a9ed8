"""Starting the painter of a segment beside its ffmpeg, and ending both together."""

import asyncio
import json
import os
import sys
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from cutroom.kit.errors import CutroomError, Detail, Internal, Invalid, Unavailable, ungrouped
from cutroom.kit.later import later_log
from cutroom.kit.process import Limits, run
from cutroom.media.sandbox import for_python
from cutroom.render.lettering import typefaces
from cutroom.render.paint import job
from cutroom.render.paint.job import Order
from cutroom.render.painting import PaintedLayer, sources

_log = later_log()
_CHILD: Final = Path(__file__).with_name("child.py")
_TIMEOUT_S: Final = 1800.0
_LIMITS: Final = Limits(memory_bytes=4 << 30, file_bytes=0, stack_bytes=2 << 20)
_ENV: Final = {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_HEARING_S: Final = 5.0
"""How long one of the two may take to end, and to say why, after the other has ended."""


@contextmanager
def pipes(layers: Mapping[int, PaintedLayer], scratch: Path) -> Iterator[dict[int, Path]]:
    """A named pipe for each layer, by the same number; gone afterwards."""
    made: dict[int, Path] = {}
    try:
        for number in layers:
            made[number] = scratch / f"painted-{number}.pipe"
            made[number].unlink(missing_ok=True)
            os.mkfifo(made[number], 0o600)
        yield made
    finally:
        for path in made.values():
            path.unlink(missing_ok=True)


async def paint(orders: Sequence[Order], inputs: Mapping[str, Path], scratch: Path) -> None:
    """Paint layers into their pipes, until all frames are written or nobody reads them any more.

    Raises:
        Invalid: `source_damaged`, with a pointer to the clip.
        Unavailable: `out_of_memory`; `media_timeout`.
        Internal: `paint_failed`.
    """
    needed = {sha256 for order in orders for sha256 in sources(order.layer.painting)}
    paths = {sha256: str(inputs[sha256].absolute()) for sha256 in needed}
    told = job.write(orders, paths, typefaces.folders())
    argv = [sys.executable, "-I", str(_CHILD)]
    try:
        box = for_python(
            [*map(Path, paths.values()), *(Path(one.below) for one in orders if one.below), *typefaces.folders()],
            [Path(order.pipe) for order in orders],
            memory_bytes=_LIMITS.memory_bytes,
        )
        done = await run(argv, cwd=scratch, timeout_s=_TIMEOUT_S, env=_ENV, limits=_LIMITS, stdin=told, box=box)
    except Unavailable as error:
        sentence = f"This did not finish within {_TIMEOUT_S:g} seconds; make it shorter or smaller."
        raise Unavailable("media_timeout", sentence, retryable=False) from error
    if done.returncode == 0:
        return
    said = done.stderr[-4000:].decode("utf-8", "replace")
    report = _report(done.stdout)
    _log.error("paint.failed", returncode=done.returncode, report=report, stderr=said)
    raise _failure(report, orders, done.returncode)


async def together(painting: Coroutine[Any, Any, None], drawing: Coroutine[Any, Any, None]) -> None:
    """Run a painter and the ffmpeg that reads from it; when one fails the other is ended.

    A painter that fails makes ffmpeg fail too, or stop early: so the painter's error is the one that is raised.
    """
    with ungrouped():
        async with asyncio.TaskGroup() as group:
            painter = group.create_task(painting)
            group.create_task(_drawn(drawing, painter))


async def _drawn(drawing: Coroutine[Any, Any, None], painter: "asyncio.Task[None]") -> None:
    try:
        await drawing
    except CutroomError:
        await asyncio.wait({painter}, timeout=_HEARING_S)
        if painter.done() and not painter.cancelled() and painter.exception() is not None:
            return  # the group raises that
        painter.cancel()
        raise
    await asyncio.wait({painter}, timeout=_HEARING_S)
    painter.cancel()


def _report(stdout: bytes) -> dict[str, Any]:
    try:
        report = json.loads(stdout.splitlines()[0])
    except (IndexError, ValueError):
        return {}
    return report if isinstance(report, dict) else {}


def _failure(report: dict[str, Any], orders: Sequence[Order], returncode: int) -> CutroomError:
    code = report.get("error")
    pointer = orders[report["order"]].layer.pointer if "order" in report else None
    if code == "out_of_memory":
        sentence = "This needs more memory than one render may have; use smaller pictures or fewer at a time."
        return Unavailable("out_of_memory", sentence, retryable=False, details=_at(pointer, "out_of_memory", sentence))
    if code == "source_damaged":
        sentence = "A source could not be decoded; it is damaged or not what it was."
        return Invalid("source_damaged", sentence, details=_at(pointer, "source_damaged", sentence))
    if not report and returncode == -9:  # not by us: by the kernel, for want of memory on the machine
        return Unavailable("out_of_memory", "The machine ran out of memory; try again later.")
    sentence = f"The painter stopped with status {returncode}; its log has the cause."
    return Internal("paint_failed", sentence, details=_at(pointer or orders[0].layer.pointer, "paint_failed", sentence))


def _at(pointer: str | None, code: str, sentence: str) -> list[Detail]:
    return [] if pointer is None else [Detail(pointer, code, sentence)]
