"""Making the sound of a file: mixed if it is not yet, mastered and encoded in one go."""

import asyncio
import os
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import numpy as np

from cutroom.media.command import Command, Input, Output
from cutroom.media.run import Progress
from cutroom.media.words import Word
from cutroom.render.graph import StreamGraph
from cutroom.render.running import Tell, run_for
from cutroom.render.sound.encode import audio_muxer, audio_options
from cutroom.render.sound.heard import Sound
from cutroom.render.sound.master import decide, mastered
from cutroom.render.sound.mix import mix_span
from cutroom.render.sound.pieces import Reel, Writer
from cutroom.render.sound.plan import AudioPlan
from cutroom.render.sound.w64 import header

_MIXED, _DECIDED = 0.6, 0.8
"""Shares of the work that are done when the sound is mixed, and when it is decided how loud it becomes."""
_HEADROOM_DB: Final = {"aac": 0.6, "mp3": 0.6, "opus": 0.6, "pcm": 0.1}
"""By how much peaks may come out of an encoder higher than they went in, and can be measured higher than by us."""
_POLL_S: Final = 0.005


async def render_audio(
    plan: AudioPlan,
    *,
    inputs: Mapping[str, Path],
    scratch: Path,
    out: Path,
    progress: Tell,
    mixed: Sequence[Path] | None = None,
) -> None:
    """Make the sound of a file.

    Args:
        plan: the sound.
        inputs: a file for each SHA-256 of `plan.inputs`; empty when `mixed` is given.
        scratch: folder for what is needed on the way.
        out: the file to write; `plan.extension` says what it is.
        progress: told how much is done, from 0 to 1.
        mixed: the files of all `pieces` of the mix, in order; None to mix here.

    Raises:
        Invalid: `source_damaged`, with a pointer to the clip; `output_too_large`.
        Unavailable: `out_of_memory`, `disk_full`, `media_timeout`.
        Internal: `ffmpeg_failed`; `mix_incomplete` when a file is not what the plan says.
    """
    paths = mixed if mixed is not None else await _mixed(plan, inputs, scratch, progress)
    reel = Reel(paths, [span.last - span.first for span in plan.spans], plan.mix.bits)

    def tell(done: float) -> None:
        progress(_MIXED + (_DECIDED - _MIXED) * done)

    headroom_db = _HEADROOM_DB[plan.encoder.codec]
    mastering = await asyncio.to_thread(decide, reel, plan.loudness, headroom_db=headroom_db, tell=tell)

    def finish(done: Progress) -> None:
        part = min(float(done.seconds) * plan.encoder.sample_rate / max(plan.samples, 1), 1.0)
        progress(_DECIDED + (1 - _DECIDED) * part)

    graph = StreamGraph()
    coming, scale = graph.input(0, "a"), plan.encoder.scale
    name = graph.output(graph.add("anull", coming) if scale == 1 else graph.add("volume", coming, volume=1 / scale))
    output = Output(out, audio_muxer(plan.encoder), [name], audio_options(plan.encoder))
    pipe = scratch / "mix.w64"
    command = Command([Input(pipe, Word.W64)], [output], graph)
    try:
        async with _Pipe(pipe, mastered(reel, mastering), plan.samples):
            await run_for(command, scratch, (), finish)
    except Exception:
        out.unlink(missing_ok=True)
        raise
    progress(1.0)


async def _mixed(plan: AudioPlan, inputs: Mapping[str, Path], scratch: Path, progress: Tell) -> list[Path]:
    """Mix all spans to files of their own."""
    paths: list[Path] = []
    for number, span in enumerate(plan.spans):
        paths.append(scratch / f"span-{number}.{plan.mix.extension}")

        def tell(done: float, number: int = number) -> None:
            progress(_MIXED * (number + done) / len(plan.spans))

        sound = await mix_span(plan.mix, span, inputs=inputs, scratch=scratch, progress=tell)
        await asyncio.to_thread(_keep, paths[-1], plan.mix.bits, sound)
    return paths


def _keep(path: Path, bits: int, sound: Sound) -> None:
    with Writer(path, bits) as writer:
        writer.write(sound)


class _Pipe:
    """Pours sound into a named pipe from a thread, while ffmpeg reads it: a long mix needs no file of its own."""

    def __init__(self, path: Path, sound: Iterable[Sound], samples: int) -> None:
        self._path = path
        self._sound = sound
        self._samples = samples
        self._over = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="sound", daemon=True)

    async def __aenter__(self) -> Self:
        os.mkfifo(self._path, 0o600)
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await asyncio.to_thread(self._thread.join)
        self._path.unlink(missing_ok=True)
        if self._failure is not None:  # the cause of whatever ffmpeg said
            raise self._failure

    def _run(self) -> None:
        try:
            with suppress(BrokenPipeError):
                self._pour()
        except Exception as error:  # noqa: BLE001 — raised where it is waited for
            self._failure = error

    def _pour(self) -> None:
        target = self._opened()
        if target is None:
            return
        with os.fdopen(target, "wb", buffering=0) as pipe:
            _write(pipe.fileno(), header(self._samples))
            for sound in self._sound:
                _write(pipe.fileno(), np.ascontiguousarray(sound, "<f4").tobytes())

    def _opened(self) -> int | None:
        """The end to write to, as soon as somebody reads; None when nobody will."""
        while not self._over.is_set():
            try:
                target = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                time.sleep(_POLL_S)
                continue
            os.set_blocking(target, True)
            return target
        return None


def _write(target: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(target, view) :]
