"""From finished parts to finished files: the film in its container, and the pictures that stand beside it."""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Final

from cutroom.kit.errors import Internal
from cutroom.render import mux
from cutroom.render.encoders import VideoEncoder
from cutroom.render.output import animate, hls, packets, stills
from cutroom.render.output.made import Made
from cutroom.render.output.reel import Reel
from cutroom.render.plan import CopySegment, RenderPlan, RepeatSegment, Segment, SkipSegment
from cutroom.timeline.resolved import SOUNDS, Format, Poster

TYPES: Final[Mapping[Format, str]] = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mov": "video/quicktime",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "wav": "audio/wav",
    "png": "image/png",
    "jpg": "image/jpeg",
    "hls": "application/vnd.apple.mpegurl",
}
_MUXERS: Final[Mapping[Format, str]] = {"mp4": "mp4", "webm": "webm", "mov": "mov", "hls": "mp4", "m4a": "ipod"}
_FIRST: Final = Poster(frame=0, scale=Fraction(1), format="jpg")


async def finish(
    plan: RenderPlan,
    *,
    parts: Sequence[Path],
    audio: Path | None,
    scratch: Path,
    out: Path,
    sounds: Sequence[Path] = (),
) -> list[Made]:
    """Write the output and what stands beside it, from finished parts.

    Args:
        plan: what the parts were made from.
        parts: a file for each of `plan.segments`, in order.
        audio: the file for `plan.audio`, if the plan has one that is not copied.
        scratch: folder for what is needed on the way, and for the files beside the output.
        out: the file to write; for HLS the playlist, whose media goes beside it under the name that it says.
        sounds: the source of each copy of `plan.audio`.

    Returns:
        The output first, then its media (HLS), posters, sheets and their map.

    Raises:
        Internal: `segment_mismatch` when a part is not what the plan says.
        Unavailable: as `media.run.run_ffmpeg`.
    """
    mux.check_parts(plan, parts, audio, sounds)
    kind = plan.output.format
    name = hls.PLAYLIST if kind == "hls" else f"render.{kind}"
    made = [Made(out, "render", name, TYPES[kind])]
    if kind in SOUNDS:
        await asyncio.to_thread(_sound, plan, audio, out)
        return made
    film = await _film(plan, parts, audio, sounds, scratch, out)
    if kind == "hls":
        playlist, media = await asyncio.to_thread(hls.package, film, scratch)
        await asyncio.to_thread(shutil.move, playlist, out)
        if media.parent != out.parent:
            media = Path(await asyncio.to_thread(shutil.move, media, out.parent / media.name))
        made.append(Made(media, "media", media.name, "video/mp4"))
    return [*made, *await asyncio.to_thread(_beside, plan, film, scratch)]


async def _film(
    plan: RenderPlan, parts: Sequence[Path], audio: Path | None, sounds: Sequence[Path], scratch: Path, out: Path
) -> Path:
    """Write the output; returns the file that its single frames are to be taken from."""
    kind, encoder = plan.output.format, _encoder(plan)
    if encoder.codec == "ffv1":
        film = scratch / "frames.nut"
        await asyncio.to_thread(_join, plan, parts, None, film, "nut")
        if kind == "gif":
            await animate.gif(plan.output, film, scratch=scratch, out=out)
        elif kind == "webp":
            await animate.webp(plan.output, film, scratch=scratch, out=out)
        elif kind in {"png", "jpg"}:
            still: stills.StillFormat = "png" if kind == "png" else "jpg"
            await asyncio.to_thread(stills.still, _reel(plan, film), still, plan.output.quality, out)
        return film
    film = out if kind != "hls" else scratch / "film.mp4"
    if encoder.codec != "h264":
        await asyncio.to_thread(_join, plan, parts, audio, film, _MUXERS[kind])
    elif kind == "mov":
        joined = scratch / "film.mp4"
        await mux.join(plan, segments=parts, audio=audio, out=joined)
        await asyncio.to_thread(packets.rewrap, joined, film, packets.Container("mov"))
    else:
        await mux.join(plan, segments=parts, audio=audio, out=film, sounds=sounds)
    return film


def _join(plan: RenderPlan, parts: Sequence[Path], audio: Path | None, out: Path, muxer: str) -> None:
    listed = [part for segment, path in zip(plan.segments, parts, strict=True) for part in _parts(segment, path)]
    packets.write(out, packets.Container(muxer), parts=listed, encoder=_encoder(plan), audio=audio)


def _parts(segment: Segment, path: Path) -> list[packets.Part]:
    """The file of a segment, as often as it is shown."""
    if isinstance(segment, CopySegment):
        raise packets.mismatch(packets.Part(path, segment.start, segment.frames), "cannot be copied into this format")
    length = segment.frames
    if isinstance(segment, RepeatSegment):
        length = segment.cycle.frames
    elif isinstance(segment, SkipSegment):
        length = segment.still.frames
    return [packets.Part(path, segment.start + first, length) for first in range(0, segment.frames, length)]


def _sound(plan: RenderPlan, audio: Path | None, out: Path) -> None:
    if audio is None:
        raise Internal("segment_mismatch", "The sound of this render is missing.")
    if plan.output.format == "m4a":
        packets.write(out, packets.Container(_MUXERS["m4a"]), parts=(), encoder=None, audio=audio)
    else:
        shutil.copyfile(audio, out)


def _beside(plan: RenderPlan, film: Path, scratch: Path) -> list[Made]:
    """Posters, sheets and their map; a stream always has a poster."""
    output, reel = plan.output, _reel(plan, film)
    wanted = output.posters or ((_FIRST,) if output.format == "hls" else ())
    last = plan.frames - 1
    wanted = tuple(replace(poster, frame=min(poster.frame, last)) for poster in wanted)
    made = list(stills.posters(reel, wanted, scratch)) if wanted else []
    if output.sprites is not None:
        made += stills.sprites(reel, output.sprites, plan.frames, scratch)
    return made


def _reel(plan: RenderPlan, film: Path) -> Reel:
    return Reel(film, plan.output.fps, alpha=_encoder(plan).alpha)


def _encoder(plan: RenderPlan) -> VideoEncoder:
    return plan.segments[0].encoder
