"""Joining segments and sound into one file, packet by packet: nothing is decoded, nothing is rounded.

Every packet gets its place from counting: frame n of the output is shown at tick n, whatever the segment's own clock
said. Decoding times are counted too, so that they grow by one frame from packet to packet, over every join.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from cutroom.kit.errors import Internal
from cutroom.render.mux.aac import CONFIGS, Packets, find_packets
from cutroom.render.mux.copied import find_copied
from cutroom.render.mux.mp4 import AudioTrack, VideoTrack, write_mp4
from cutroom.render.mux.parameters import merged
from cutroom.render.mux.samples import Pictures, Run, read_pictures, read_sound
from cutroom.render.mux.skip import skipped
from cutroom.render.plan import CopySegment, RenderPlan, RepeatSegment, Segment, SkipSegment
from cutroom.render.sound.plan import AudioPlan


async def join(
    plan: RenderPlan, *, segments: Sequence[Path], audio: Path | None, out: Path, sounds: Sequence[Path] = ()
) -> None:
    """Write the output from its finished parts; memory does not grow with their length.

    Args:
        plan: what the parts were made from.
        segments: a file for each of `plan.segments`, in order: what was encoded for it, or the source of a copy.
        audio: the file for `plan.audio`, if the plan has one that is not copied.
        out: the file to write.
        sounds: the source of each copy of `plan.audio`.

    Raises:
        Internal: `segment_mismatch` when a part is not what the plan says.
    """
    check_parts(plan, segments, audio, sounds)
    copies = [(part, path) for part, path in zip(plan.segments, segments, strict=True) if isinstance(part, CopySegment)]
    copied = await find_copied(copies)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".join-") as scratch:
        await asyncio.to_thread(_join, plan, segments, copied, audio, sounds, out, Path(scratch))


def check_parts(plan: RenderPlan, segments: Sequence[Path], audio: Path | None, sounds: Sequence[Path]) -> None:
    """Whether there is a file for every part of a plan.

    Raises:
        Internal: `segment_mismatch` when there is not.
    """
    copies = plan.audio.copies if plan.audio is not None else ()
    made = plan.audio is not None and not copies
    if len(segments) != len(plan.segments) or (audio is not None) != made or len(sounds) != len(copies):
        raise Internal("segment_mismatch", "The parts to join are not those of the plan.")


def _join(
    plan: RenderPlan,
    segments: Sequence[Path],
    copied: Mapping[int, Pictures],
    audio: Path | None,
    sounds: Sequence[Path],
    out: Path,
    scratch: Path,
) -> None:
    if not segments:
        if audio is not None:
            shutil.copyfile(audio, out)
        return
    parts = [
        copied.get(part.index) or _read(part, path, plan, scratch)
        for part, path in zip(plan.segments, segments, strict=True)
    ]
    encoder = plan.segments[0].encoder
    video = VideoTrack(
        codec="h264",
        config=_config(plan.segments, parts),
        width=plan.output.width,
        height=plan.output.height,
        timescale=encoder.timescale,
        tick=encoder.tick,
        runs=[part.run for part in parts],
    )
    write_mp4(out, video=video, audio=_copied_sound(plan.audio, sounds) if sounds else _sound(plan, audio))


def _read(part: Segment, path: Path, plan: RenderPlan, scratch: Path) -> Pictures:
    try:
        found = read_pictures(path, plan.output.fps)
        if isinstance(part, RepeatSegment):
            found = Pictures(found.run.repeated(part.frames // part.cycle.frames), found.config)
        elif isinstance(part, SkipSegment):
            found = skipped(found, part.frames, plan.output.fps, scratch / f"{part.index}.h264")
    except ValueError as error:
        raise _mismatch(part, str(error)) from error
    if len(found.run) != part.frames:
        raise _mismatch(part, f"has {len(found.run)} frames instead of {part.frames}")
    if not found.run.whole or not found.run.keys[0]:
        raise _mismatch(part, "has its frames in the wrong places")
    return found


def _config(segments: Sequence[Segment], parts: Sequence[Pictures]) -> bytes:
    """One record for the decoder of all parts."""
    known: list[bytes] = []
    for part, found in zip(segments, parts, strict=True):
        if found.config in known:
            continue
        try:
            merged([*known, found.config])
        except ValueError as error:
            raise _mismatch(part, f"was encoded with other parameters than the first: {error}") from error
        known.append(found.config)
    return merged(known)


def _sound(plan: RenderPlan, path: Path | None) -> AudioTrack | None:
    if path is None or plan.audio is None:
        return None
    found = read_sound(path)
    return AudioTrack(
        config=found.config,
        sample_rate=found.sample_rate,
        channels=found.channels,
        runs=[found.run],
        priming=found.priming,
        samples=plan.audio.samples,
    )


def _copied_sound(plan: AudioPlan | None, paths: Sequence[Path]) -> AudioTrack | None:
    if plan is None:
        return None
    found: dict[tuple[Path, int], Packets | None] = {}
    runs: list[Run] = []
    for copy, path in zip(plan.copies, paths, strict=True):
        source, name = copy.source, (path, copy.source.stream)
        if name not in found:
            found[name] = find_packets(path, source.format, source.stream, source.sample_rate, source.channels)
        packets, last = found[name], copy.first + copy.packets
        if packets is None or last > len(packets.run):
            raise Internal("segment_mismatch", f"The sound of {copy.pointer} is no longer there; render it again.")
        runs.append(packets.run.part(copy.first, last))
    source = plan.copies[0].source
    return AudioTrack(
        config=CONFIGS[source.sample_rate, source.channels],
        sample_rate=source.sample_rate,
        channels=source.channels,
        runs=runs,
        priming=plan.priming,
        samples=plan.samples,
    )


def _mismatch(part: Segment, what: str) -> Internal:
    return Internal("segment_mismatch", f"Segment {part.index} of the render {what}; render it again.")
