"""From a resolved longform to a plan. Pure: the same longform gives the same plan, on any machine."""

from collections.abc import Mapping

from cutroom.media.ffmpeg import find
from cutroom.render.compile import ENGINE
from cutroom.render.longform.pictures import picture_segments
from cutroom.render.longform.plan import CopiedSound, LongformPiece, LongformPlan
from cutroom.render.longform.sound import compile_sound
from cutroom.render.mux.aac import CopyFacts
from cutroom.render.plan import PlanOutput
from cutroom.render.repeat import made_for
from cutroom.timeline.resolved import SOUNDS
from cutroom.timeline.resolved.longform import ResolvedLongform


def compile_longform(
    longform: ResolvedLongform, facts: Mapping[str, CopyFacts], *, engine: str | None = None
) -> LongformPlan:
    """Decide everything that is to be done for a longform.

    Args:
        longform: the longform; its sources have been probed.
        facts: what `copy_facts` said of its sounds, by SHA-256; those that it said None of are left out.
        engine: what makes the bytes, mixed into every key; this engine and the ffmpeg at hand when None.
    """
    made_by = engine or f"cutroom {ENGINE}, ffmpeg {find().version_text}"
    output = longform.output
    return LongformPlan(
        output=PlanOutput(output.format, output.width, output.height, output.fps, output.quality),
        frames=longform.frames,
        segments=() if output.format in SOUNDS else picture_segments(longform, made_by),
        sound=compile_sound(longform, facts, made_by),
        warnings=longform.warnings,
        engine=made_by,
    )


def longform_pieces(plan: LongformPlan) -> list[LongformPiece]:
    """What has to be made, each once. Pictures lie spread among the sound's parts, which need far less memory."""
    sounds = {part.key: part for part in plan.sound.parts if not isinstance(part, CopiedSound)}
    pictures = {made.key: made for made in map(made_for, plan.segments)}
    ranked: list[tuple[float, LongformPiece]] = [
        ((number + 0.5) / len(sounds), piece) for number, piece in enumerate(sounds.values())
    ]
    ranked += [((number + 0.5) / len(pictures), piece) for number, piece in enumerate(pictures.values())]
    return [piece for _, piece in sorted(ranked, key=lambda pair: pair[0])]
