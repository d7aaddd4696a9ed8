"""Floor 4, an engine: a resolved edit becomes a plan, and the plan becomes a file.

`compile_plan` is pure; `render_segment` and `render_audio` make the pieces, each from its own part of the plan, on any
machine and in any order; `finish` puts them together and
`verify` measures the result.
"""

from cutroom.render.compile import compile_plan
from cutroom.render.execute import render_segment
from cutroom.render.explain import explain
from cutroom.render.lettering.typefaces import families
from cutroom.render.mux import join
from cutroom.render.output.finish import finish
from cutroom.render.output.made import Made
from cutroom.render.plan import PLAN, RenderPlan, SegmentPlan
from cutroom.render.report import REPORT, RenderReport, starts_fast, verify, write_report
from cutroom.render.sound.execute import render_audio
from cutroom.render.sound.plan import AudioPlan

__all__ = [
    "PLAN",
    "REPORT",
    "AudioPlan",
    "Made",
    "RenderPlan",
    "RenderReport",
    "SegmentPlan",
    "compile_plan",
    "explain",
    "families",
    "finish",
    "join",
    "render_audio",
    "render_segment",
    "starts_fast",
    "verify",
    "write_report",
]
