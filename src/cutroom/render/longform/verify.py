"""A longform proves itself: the finished file is measured like any other render."""

from collections.abc import Mapping
from pathlib import Path

from cutroom.render.encoders import AudioEncoder
from cutroom.render.longform.plan import CopiedSound, LongformPlan
from cutroom.render.plan import RenderPlan
from cutroom.render.report import RenderReport, verify
from cutroom.render.sound.plan import AudioPlan, MixPlan


async def verify_longform(
    plan: LongformPlan, out: Path, *, reused: int = 0, timings: Mapping[str, float] | None = None
) -> RenderReport:
    """Measure a finished file; arguments and errors as `verify`."""
    return await verify(_as_render(plan), out, reused=reused, timings=timings)


def _as_render(plan: LongformPlan) -> RenderPlan:
    """The same film as the plan of an ordinary render, whose sound is one piece."""
    sound = plan.sound
    inputs: set[str] = set()
    bit_rate = 0
    for part in sound.parts:
        if isinstance(part, CopiedSound):
            inputs.add(part.media.sha256)
        else:
            inputs.update(part.inputs)
            bit_rate = part.bit_rate
    encoder = AudioEncoder("aac", bit_rate, sound.sample_rate)
    mix = MixPlan(samples=sound.samples, voices=(), spans=(), bits=0, inputs=tuple(sorted(inputs)), key="")
    audio = AudioPlan(mix=mix, loudness=None, encoder=encoder, apart=False, key="")
    return RenderPlan(plan.output, plan.frames, plan.segments, audio, plan.warnings, plan.engine)
