"""Adding up voices, span by span: FFmpeg decodes, we multiply and add, to the sample."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from cutroom.render.running import Tell, run_for
from cutroom.render.sound.ducking import STEP, ducked, reach, spoken
from cutroom.render.sound.gain import gain
from cutroom.render.sound.heard import Heard, Sound, filled, heard, needed
from cutroom.render.sound.pieces import Writer
from cutroom.render.sound.plan import AudioSpan, MixPlan
from cutroom.render.sound.stretch import stretched
from cutroom.render.sound.take import Take, takes

_FILES_AT_ONCE: Final = 24
"""Files that one ffmpeg decodes: each takes two threads and their stacks. More are decoded in groups."""


async def render_mix(plan: MixPlan, *, inputs: Mapping[str, Path], scratch: Path, out: Path, progress: Tell) -> None:
    """Make a mix, or a piece of one.

    Memory is bounded by the length of a span, the room in `scratch` by the files that are decoded at once.

    Args:
        plan: the mix.
        inputs: a file for each SHA-256 of `plan.inputs`.
        scratch: folder for what is needed on the way.
        out: the FLAC to write.
        progress: told how much is done, from 0 to 1.

    Raises:
        Invalid: `source_damaged`, with a pointer to the clip.
        Unavailable: `out_of_memory`, `disk_full`, `media_timeout`.
        Internal: `ffmpeg_failed`.
    """
    with Writer(out, plan.bits) as writer:
        for span in plan.spans:

            def tell(done: float, span: AudioSpan = span) -> None:
                progress((span.first + done * (span.last - span.first)) / max(plan.samples, 1))

            sound = await mix_span(plan, span, inputs=inputs, scratch=scratch, progress=tell)
            await asyncio.to_thread(writer.write, sound)
    progress(1.0)


async def mix_span(
    plan: MixPlan, span: AudioSpan, *, inputs: Mapping[str, Path], scratch: Path, progress: Tell
) -> Sound:
    """The sum of the voices of a span; arguments and errors as `render_mix`."""
    voices = [plan.voices[index] for index in span.voices]
    speech = [voice for voice in voices if voice.ducking is None]
    music = [voice for voice in voices if voice.ducking is not None]
    before, after = reach(voice.ducking for voice in music if voice.ducking is not None) if music else (0, 0)
    first = span.first - before
    last = span.last + after + (-(span.last - span.first) % STEP if music else 0)
    parts = [part for voice in speech if (part := heard(voice, first, last)) is not None]
    under = [part for voice in music if (part := heard(voice, span.first, span.last)) is not None]
    work = _Work(inputs, scratch, progress, len(parts) + len(under))
    wide = np.zeros((last - first, 2), np.float32)
    async for part, sound in work.done(parts):
        wide[part.first - first : part.last - first] += sound
    mixed = wide[before : before + span.last - span.first].copy()
    if not under:
        return mixed
    there = await asyncio.to_thread(spoken, wide)
    async for part, sound in work.done(under):
        if part.voice.ducking is not None:
            room = ducked(part.voice.ducking, there)[part.first - first : part.last - first]
            mixed[part.first - span.first : part.last - span.first] += sound * room[:, None]
    return mixed


class _Work:
    """Decodes the takes of parts, a group at a time."""

    def __init__(self, inputs: Mapping[str, Path], scratch: Path, progress: Tell, parts: int) -> None:
        self._inputs = inputs
        self._scratch = scratch
        self._progress = progress
        self._parts = max(parts, 1)
        self._done = 0

    async def done(self, parts: Sequence[Heard]) -> AsyncIterator[tuple[Heard, Sound]]:
        """Each part with its sound at the volume that it has."""
        for group in _groups(parts):
            files = await self._decode(group)
            try:
                for part in group:
                    yield part, await asyncio.to_thread(_sounding, part, files)
                    self._done += 1
                    self._progress(self._done / self._parts)
            finally:
                for file in files.values():
                    file.unlink(missing_ok=True)

    async def _decode(self, group: Sequence[Heard]) -> dict[Take, Path]:
        wanted = needed(group)
        files = {take: self._scratch / f"take-{number}.f32" for number, take in enumerate(wanted)}
        pointers = [next(part.voice.pointer for part in group if take in part.takes) for take in wanted]
        command = takes(wanted, self._inputs, list(files.values()))
        await run_for(command, self._scratch, pointers, lambda _: None)
        return files


def _groups(parts: Sequence[Heard]) -> Iterator[list[Heard]]:
    """Parts whose takes are few enough to be decoded at once."""
    group: list[Heard] = []
    for part in parts:
        if group and len(needed([*group, part])) > _FILES_AT_ONCE:
            yield group
            group = []
        group.append(part)
    if group:
        yield group


def _sounding(part: Heard, files: Mapping[Take, Path]) -> Sound:
    taken = {take: _made(take, _read(files[take])) for take in part.takes}
    level = gain(part.voice, part.first, part.last)
    sound = part.sound(taken)
    return sound * (level[:, None] if isinstance(level, np.ndarray) else np.float32(level))


def _made(take: Take, sound: Sound) -> Sound:
    """What a take becomes; what is fast was made so as it was decoded."""
    return sound if take.speed >= 1 else stretched(filled(sound, take.needed), take.speed, take.length)


def _read(path: Path) -> Sound:
    """The samples of a take; a source of floating point can hold what is no number, and that is silence."""
    sound: Sound = np.fromfile(path, np.float32).reshape(-1, 2)
    return sound if np.isfinite(sound).all() else np.nan_to_num(sound, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
