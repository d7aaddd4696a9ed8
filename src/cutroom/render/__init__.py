"""Floor 4, an engine: a resolved edit becomes a plan, and the plan becomes a file.

`compile_plan` is pure; what may be copied from sources is listed before, by `index_copies`, and letters in fonts that a
document brings are measured before, by `measure_letters`. `render_segment` and
`render_audio` make the pieces, each from its own part of the plan, on any machine and in any order; `finish` puts them
together and `verify` measures the result.
"""

from cutroom.render.blame import blame, sources_of
from cutroom.render.compile import compile_plan, copy_sources, index_copies, index_keys, index_sounds, key_sources
from cutroom.render.execute import render_segment
from cutroom.render.explain import explain
from cutroom.render.lettering.typefaces import families
from cutroom.render.mux import join
from cutroom.render.output.finish import finish
from cutroom.render.output.hardware import Hardware, hardware
from cutroom.render.output.hasten import hasten
from cutroom.render.output.made import Made
from cutroom.render.paint.measure import letter_sources, measure_letters
from cutroom.render.plan import PLAN, RenderPlan, SegmentPlan
from cutroom.render.report import LEVEL, REPORT, Level, RenderReport, sound_name, starts_fast, verify, write_report
from cutroom.render.sound.execute import render_audio
from cutroom.render.sound.mix import render_mix
from cutroom.render.sound.plan import AudioPlan, MixPlan, pieces

__all__ = [
    "LEVEL",
    "PLAN",
    "REPORT",
    "AudioPlan",
    "Hardware",
    "Level",
    "Made",
    "MixPlan",
    "RenderPlan",
    "RenderReport",
    "SegmentPlan",
    "blame",
    "compile_plan",
    "copy_sources",
    "explain",
    "families",
    "finish",
    "hardware",
    "hasten",
    "index_copies",
    "index_keys",
    "index_sounds",
    "join",
    "key_sources",
    "letter_sources",
    "measure_letters",
    "pieces",
    "render_audio",
    "render_mix",
    "render_segment",
    "sound_name",
    "sources_of",
    "starts_fast",
    "verify",
    "write_report",
]
