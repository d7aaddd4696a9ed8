"""How loud finished sounds are, kept: rows of a batch, and renders after a word has changed, have the same sound."""

import asyncio
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from cutroom import render as engine
from cutroom.jobs import Files
from cutroom.render import Level, RenderPlan, RenderReport

MEASURED: Final = 1
"""Raised whenever something else would be measured of the same sound."""


async def verify(files: Files, plan: RenderPlan, out: Path, *, reused: int, scratch: Path) -> RenderReport:
    """Measure a finished file, but for its sound if that of an earlier one had the same packets.

    Args:
        files: where levels are kept.
        plan: what it was made from.
        out: the file.
        reused: how many pieces were found finished.
        scratch: folder for what is to be kept.

    Raises:
        Internal: `render_check_failed`, as `render.verify`.
    """
    name = await asyncio.to_thread(engine.sound_name, plan, out)
    key = f"level/{MEASURED}/{name}"
    known = await _known(files, key) if name is not None else None
    report = await engine.verify(plan, out, reused=reused, level=known)
    if name is not None and known is None and report.level is not None:
        draft = scratch / "level"
        await asyncio.to_thread(draft.write_bytes, engine.LEVEL.dump_json(report.level))
        await files.keep(key, draft)
    return report


async def _known(files: Files, key: str) -> Level | None:
    place = await files.find(key)
    if place is None:
        return None
    try:
        return engine.LEVEL.validate_json(await asyncio.to_thread(place.read_bytes))
    except ValidationError:
        return None
