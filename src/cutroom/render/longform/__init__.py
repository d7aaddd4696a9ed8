"""Hours of sound over a few pictures: nearly all of it is packets that are written again.

`compile_longform` is pure; `render_longform_piece` makes the pieces, on any machine and in any order; `join_longform`
puts them together and `verify_longform` measures the result.
"""

from cutroom.render.longform.compile import compile_longform, longform_pieces
from cutroom.render.longform.execute import render_longform_piece
from cutroom.render.longform.explain import explain_longform
from cutroom.render.longform.join import join_longform
from cutroom.render.longform.plan import LONGFORM_PLAN, EncodedSound, LongformPiece, LongformPlan
from cutroom.render.longform.verify import verify_longform
from cutroom.render.mux.aac import CopyFacts, copy_facts

__all__ = [
    "LONGFORM_PLAN",
    "CopyFacts",
    "EncodedSound",
    "LongformPiece",
    "LongformPlan",
    "compile_longform",
    "copy_facts",
    "explain_longform",
    "join_longform",
    "longform_pieces",
    "render_longform_piece",
    "verify_longform",
]
