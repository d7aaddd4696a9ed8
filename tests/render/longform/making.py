"""Longforms in a few words, and what their sound should be."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cutroom.render import RenderReport
from cutroom.render.longform import (
    CopyFacts,
    LongformPlan,
    compile_longform,
    copy_facts,
    join_longform,
    longform_pieces,
    render_longform_piece,
    verify_longform,
)
from cutroom.timeline.resolved import Color, Media, ResolvedOutput
from cutroom.timeline.resolved.longform import ResolvedBackground, ResolvedLongform, ResolvedTrack
from tests.render.studio import HEIGHT, WIDTH, Studio, ignore

FPS = Fraction(30)
Samples = NDArray[np.float64]


def longform(
    backgrounds: Sequence[Media],
    sounds: Sequence[tuple[Media, Fraction | int]],
    *,
    turn: int = 60,
    crossfade: int = 15,
    fade: Fraction | int = Fraction(1, 2),
    trims: Sequence[Fraction | int] = (),
    volumes: Sequence[float] = (),
    **output: Any,
) -> ResolvedLongform:
    """A longform of media and how many seconds of each are heard; `turn` and `crossfade` in frames."""
    tracks: list[ResolvedTrack] = []
    now = Fraction(0)
    for index, (media, seconds) in enumerate(sounds):
        end = now + seconds
        tracks.append(
            ResolvedTrack(
                pointer=f"/longform/audio/{index}",
                src="https://example.com/sound",
                media=media,
                start=now,
                end=end,
                trim=Fraction(trims[index] if trims else 0),
                volume=volumes[index] if volumes else 1.0,
                fade_in=Fraction(fade if index else 0),
                fade_out=Fraction(fade if index < len(sounds) - 1 else 0),
            )
        )
        now = end
    shape = {"format": "mp4", "width": WIDTH, "height": HEIGHT, "fps": FPS, "quality": "medium", **output}
    pictures = tuple(
        ResolvedBackground(
            f"/longform/backgrounds/{index}",
            "https://example.com/picture",
            media,
            "image" if media.info.kind == "image" else "video",
            "cover",
        )
        for index, media in enumerate(backgrounds)
    )
    made = ResolvedOutput(background=Color(0, 0, 0), mute=False, **shape)
    frames = round(now * shape["fps"])
    return ResolvedLongform(made, frames, pictures, turn, crossfade, tuple(tracks), ())


def facts_of(studio: Studio, wanted: ResolvedLongform) -> dict[str, CopyFacts]:
    found: dict[str, CopyFacts] = {}
    for track in wanted.tracks:
        facts = copy_facts(studio.paths[track.media.sha256], track.media.info)
        if facts is not None:
            found[track.media.sha256] = facts
    return found


async def make(
    studio: Studio, wanted: ResolvedLongform, folder: Path, *, copying: bool = True
) -> tuple[Path, LongformPlan, RenderReport]:
    """Render a longform; the result has passed `verify_longform`."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = compile_longform(wanted, facts_of(studio, wanted) if copying else {})
    pieces: dict[str, Path] = {}
    for number, piece in enumerate(longform_pieces(plan)):
        pieces[piece.key] = folder / f"{number}.mp4"
        await render_longform_piece(piece, inputs=studio.paths, scratch=folder, out=pieces[piece.key], progress=ignore)
    out = folder / f"film.{plan.output.format}"
    await join_longform(plan, pieces=pieces, sources=studio.paths, out=out)
    return out, plan, await verify_longform(plan, out)


def level_db(samples: NDArray[Any]) -> float:
    """Root mean square in dB of full scale."""
    return float(20 * np.log10(np.sqrt(np.mean(np.square(samples.astype(float)))) + 1e-9))
