"""A storyboard: some frames of an edit on one sheet, without making the rest of it."""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import av
from PIL import Image

from cutroom.kit.errors import Internal, Invalid
from cutroom.media.turns import SLOTS
from cutroom.render.compile import segments_at
from cutroom.render.execute import render_segment
from cutroom.render.plan import SegmentPlan
from cutroom.render.scaling import scaled
from cutroom.timeline.resolved import SOUNDS, ResolvedEdit

MOST: Final = 64
WIDTH_PX: Final = 320
_GAP_PX: Final = 8
_PAPER: Final = (16, 20, 24)
_QUALITY: Final = 88


def storyboard_frames(edit: ResolvedEdit, count: int) -> list[int]:
    """The frames of the edit in the middle of `count` equal parts; fewer when it has fewer."""
    first = edit.output.first
    last = edit.frames if edit.output.frames is None else min(edit.frames, first + edit.output.frames)
    length = last - first
    return sorted({first + (2 * place + 1) * length // (2 * count) for place in range(count)})


def storyboard_edit(edit: ResolvedEdit) -> ResolvedEdit:
    """The edit on a small canvas, with nothing that only a film has.

    Raises:
        Invalid: `no_pictures`, for an output that is sound alone.
    """
    if edit.output.format in SOUNDS:
        message = f"An {edit.output.format} has no pictures to show; ask for a storyboard of a video."
        raise Invalid("no_pictures", message)
    small = scaled(edit, WIDTH_PX)
    output = replace(small.output, format="mp4", codec=None, crf=None, transparent=False, first=0, frames=None)
    return replace(small, output=output)


def storyboard_pieces(small: ResolvedEdit, frames: Sequence[int]) -> list[SegmentPlan]:
    """A segment for each of these frames of a `storyboard_edit` alone."""
    edges = sorted({0, small.frames, *frames, *(frame + 1 for frame in frames)})
    wanted = set(frames)
    return [
        segment
        for segment in segments_at(edges, small, "storyboard")
        if isinstance(segment, SegmentPlan) and segment.start in wanted and segment.frames == 1
    ]


async def storyboard(pieces: Sequence[SegmentPlan], *, inputs: Mapping[str, Path], scratch: Path, out: Path) -> None:
    """Draw the frames and lay them on one JPEG, from left to right and from top to bottom.

    Args:
        pieces: what `storyboard_pieces` gave.
        inputs: a file for each SHA-256 of the pieces' inputs.
        scratch: folder for what is needed on the way.
        out: the JPEG to write.

    Raises:
        CutroomError: as `render_segment`.
    """
    pictures: dict[int, Image.Image] = {}
    room = asyncio.Semaphore(SLOTS["light"])

    async def one(place: int, piece: SegmentPlan) -> None:
        folder = scratch / f"frame-{place}"
        async with room:
            await asyncio.to_thread(folder.mkdir)
            made = folder / "frame.mp4"
            await render_segment(piece, inputs=inputs, scratch=folder, out=made, progress=_unheard)
            pictures[place] = await asyncio.to_thread(_picture, made)

    async with asyncio.TaskGroup() as group:
        for place, piece in enumerate(pieces):
            group.create_task(one(place, piece))
    await asyncio.to_thread(_lay_out, [pictures[place] for place in sorted(pictures)], out)


def _unheard(done: float) -> None:
    """One frame is too short to be told of."""


def _picture(path: Path) -> Image.Image:
    with av.open(str(path)) as file:
        for frame in file.decode(video=0):
            return Image.fromarray(frame.to_ndarray(format="rgb24"))
    raise Internal("segment_incomplete", "A frame of the storyboard came out empty.")


def _lay_out(pictures: Sequence[Image.Image], out: Path) -> None:
    """All pictures have one size; there are as many columns as rows, or one more."""
    columns = math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    width, height = pictures[0].size
    size = (columns * (width + _GAP_PX) + _GAP_PX, rows * (height + _GAP_PX) + _GAP_PX)
    sheet = Image.new("RGB", size, _PAPER)
    for place, picture in enumerate(pictures):
        row, column = divmod(place, columns)
        sheet.paste(picture, (_GAP_PX + column * (width + _GAP_PX), _GAP_PX + row * (height + _GAP_PX)))
    sheet.save(out, "JPEG", quality=_QUALITY)
