"""Making a piece of a longform."""

from collections.abc import Mapping
from pathlib import Path

from cutroom.render.execute import render_segment
from cutroom.render.longform.mix import render_sound_part
from cutroom.render.longform.plan import EncodedSound, LongformPiece
from cutroom.render.running import Tell


async def render_longform_piece(
    piece: LongformPiece, *, inputs: Mapping[str, Path], scratch: Path, out: Path, progress: Tell
) -> None:
    """Make a piece, from its own part of the plan alone; arguments and errors as `render_segment`."""
    if isinstance(piece, EncodedSound):
        await render_sound_part(piece, inputs=inputs, scratch=scratch, out=out, progress=progress)
    else:
        await render_segment(piece, inputs=inputs, scratch=scratch, out=out, progress=progress)
