"""Running ffmpeg for a piece of a plan."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from cutroom.kit.errors import CutroomError, Detail
from cutroom.media.command import Command
from cutroom.media.run import Progress, RunLimits, run_ffmpeg

Tell = Callable[[float], None]
"""Is told how much of a piece is done, from 0 to 1."""

_LIMITS: Final = RunLimits(timeout_s=1800)


async def run_for(
    command: Command,
    scratch: Path,
    pointers: Sequence[str],
    tell: Callable[[Progress], None],
    *,
    in_turn: bool = True,
) -> None:
    """Run ffmpeg; an error that names an input is made to point at the clip that it is for."""
    try:
        await run_ffmpeg(command, scratch=scratch, limits=_LIMITS, progress=tell, in_turn=in_turn)
    except CutroomError as error:
        places = {f"/inputs/{number}": pointer for number, pointer in enumerate(pointers)}
        details = [Detail(places.get(d.pointer, d.pointer), d.code, d.message) for d in error.details]
        if not details:
            raise
        raise type(error)(error.code, error.message, details=details, retryable=error.retryable) from error
