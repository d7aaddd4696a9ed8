"""The files to make, decided: which frames go into each, which codec, which pictures beside it."""

import math
from fractions import Fraction
from typing import Final

from cutroom.media.timebase import frame_showing, nearest_frame
from cutroom.timeline.colors import read_color
from cutroom.timeline.fields import exact
from cutroom.timeline.model import Edit
from cutroom.timeline.notes import Notes
from cutroom.timeline.output import Output
from cutroom.timeline.resolved import STILLS, ResolvedOutput
from cutroom.timeline.resolved import Poster as ResolvedPoster
from cutroom.timeline.resolved import Sprites as ResolvedSprites

BLACK: Final = "#000000"
MAX_SPRITES: Final = 2500
"""Pictures of one sprite sheet: 50 by 50 of the smallest player thumbnails."""


def resolve_output(edit: Edit, output: Output, place: str, frames: int, notes: Notes) -> ResolvedOutput:
    """Decide one output, at the JSON pointer `place`, of an edit of `frames` frames at that output's rate."""
    first, count = _span(output, place, frames, notes)
    width, height = output.size
    shown = frames - first if count is None else count
    return ResolvedOutput(
        format=output.format,
        width=width,
        height=height,
        fps=output.rate,
        quality=output.quality,
        background=read_color(edit.timeline.background or BLACK),
        mute=output.mute,
        codec=output.coded,
        crf=output.crf,
        first=first,
        frames=count,
        repeat=output.repeat,
        transparent=output.transparent,
        posters=_posters(output, place, shown, notes),
        sprites=_sprites(output, place, shown, notes),
        hardware=output.hardware == "auto",
    )


def _span(output: Output, place: str, frames: int, notes: Notes) -> tuple[int, int | None]:
    """First frame of the file and how many it has; None for all that follow."""
    fps = output.rate
    if output.format in STILLS:
        first = frames // 2 if output.at is None else _shown(output.at, fps, frames, f"{place}/at", "timeline", notes)
        return first, 1
    part = output.range
    if part is None:
        return 0, None
    first = nearest_frame(exact(part.start), fps)
    if first >= frames:
        sentence = f"The timeline has ended by then: it lasts {float(frames / fps):.3f} seconds."
        notes.refuse(f"{place}/range/start", "beyond_end", sentence)
        return 0, None
    if part.length is None:
        return first, None
    end = nearest_frame(exact(part.start) + exact(part.length), fps)
    if end > frames:
        missing = float((end - frames) / fps)
        sentence = f"The timeline ends {missing:.3f} seconds before this range does; the file ends with the timeline."
        notes.warn(f"{place}/range/length", "range_beyond_end", sentence)
    if end == first:
        notes.refuse(f"{place}/range/length", "too_short", "This range is shorter than one frame.")
    return first, min(end, frames) - first


def _shown(seconds: float, fps: Fraction, frames: int, place: str, what: str, notes: Notes) -> int:
    """The frame on the screen at a second; one that is there just before the end when somebody names the end itself."""
    at = exact(seconds)
    if at * fps > frames:
        notes.refuse(place, "beyond_end", f"The {what} has ended by then: it lasts {float(frames / fps):.3f} seconds.")
    return max(0, min(frame_showing(at, fps), frames - 1))


def _posters(output: Output, place: str, frames: int, notes: Notes) -> tuple[ResolvedPoster, ...]:
    several = isinstance(output.poster, tuple)
    found = []
    for index, poster in enumerate(output.posters):
        at = f"{place}/poster/{index}/at" if several else f"{place}/poster/at"
        frame = frames // 2 if poster.at is None else _shown(poster.at, output.rate, frames, at, "file", notes)
        found.append(ResolvedPoster(frame, exact(poster.scale), poster.format))
    return tuple(found)


def _sprites(output: Output, place: str, frames: int, notes: Notes) -> ResolvedSprites | None:
    sprites = output.sprites
    if sprites is None:
        return None
    every = exact(sprites.every)
    count = math.ceil(frames / output.rate / every)
    if count > MAX_SPRITES:
        sentence = f"That would be {count} pictures; at most {MAX_SPRITES} are accepted, so take them less often."
        notes.refuse(f"{place}/sprites/every", "too_many", sentence)
    return ResolvedSprites(every, sprites.columns, sprites.width)
