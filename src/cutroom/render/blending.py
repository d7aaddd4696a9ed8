"""How a layer meets what lies below, in a filter graph: the modes that treat each colour on its own.

Formulas: W3C Compositing and Blending 1, section 9.1, in sRGB bytes; `add`, `subtract` and `divide` are b + s, b - s
and b / s, kept between black and white. A table of all pairs of bytes is made once for each graph, so every mode costs
the same. The mixed colour takes the layer's transparency and is then laid over as any other layer, which gives the
specification's result: where nothing of the layer is seen, what lies below is not touched.

The four modes that mix hue, saturation and luminosity need all three colours at once: `paint/meeting.py` does those.
"""

from collections.abc import Callable, Mapping
from typing import Final

from cutroom.media.expression import Expression, Function, Variable, call, var
from cutroom.media.filtergraph import Pad
from cutroom.media.words import Word
from cutroom.render.graph import StreamGraph
from cutroom.timeline.resolved.picture import BlendMode

TOGETHER: Final[frozenset[BlendMode]] = frozenset({"hue", "saturation", "color", "luminosity"})
"""The modes that need all three colours of a pixel at once."""


def mixed(graph: StreamGraph, below: Pad, layer: Pad, mode: BlendMode, *, below_alpha: bool, alpha: bool) -> Pad:
    """The colours of a layer, mixed with those below, in RGB.

    Args:
        graph: the graph.
        below: the part of the picture that lies below.
        layer: the layer, of the same size, in RGB or straight RGBA.
        mode: how they are mixed.
        below_alpha: whether what lies below can be transparent; there, the layer keeps its own colour.
        alpha: whether the layer can be transparent.
    """
    under = _rgb(graph, below, Word.GBRAP if below_alpha else Word.GBRP)
    over = graph.add("format", layer, pix_fmts=Word.GBRAP if alpha else Word.GBRP)
    strength: Pad | None = None
    own: Pad | None = None
    there: Pad | None = None
    if alpha:
        over, second = graph.split(over, 2)
        strength = graph.add("alphaextract", second)
        over = graph.add("format", over, pix_fmts=Word.GBRP)
    if below_alpha:
        under, second = graph.split(under, 2)
        there = graph.add("format", graph.add("alphaextract", second), pix_fmts=Word.GBRP)
        under = graph.add("format", under, pix_fmts=Word.GBRP)
        over, own = graph.split(over, 2)
    table = _table(mode)
    made = graph.add("lut2", under, over, c0=table, c1=table, c2=table)
    if own is not None and there is not None:
        made = graph.add("maskedmerge", own, made, there)
    return made if strength is None else graph.add("alphamerge", made, strength)


def _rgb(graph: StreamGraph, pad: Pad, pixels: Word) -> Pad:
    flags = (Word.BICUBIC, Word.ACCURATE_RND, Word.FULL_CHROMA_INT, Word.BITEXACT)
    whole = {"w": var(Variable.IN_WIDTH), "h": var(Variable.IN_HEIGHT)}
    pad = graph.add("scale", pad, flags=flags, in_color_matrix=Word.BT709, in_range=Word.TV, **whole)
    return graph.add("format", pad, pix_fmts=pixels)


def _table(mode: BlendMode) -> Expression:
    b, s = var(Variable.X) / 255, var(Variable.Y) / 255
    value = call(Function.CLIP, _FORMULAS[mode](b, s), 0, 1)
    return call(Function.FLOOR, value * 255 + 0.5)


def _if(condition: Expression, then: Expression | int, other: Expression | int) -> Expression:
    return call(Function.IF, condition, then, other)


def _less(left: Expression, right: Expression | float) -> Expression:
    return call(Function.LESS_OR_EQUAL, left, right)


def _screen(b: Expression, s: Expression) -> Expression:
    return b + s - b * s


def _hard_light(b: Expression, s: Expression) -> Expression:
    return _if(_less(s, 0.5), b * s * 2, _screen(b, s * 2 - 1))


def _soft_light(b: Expression, s: Expression) -> Expression:
    root = _if(_less(b, 0.25), ((16 * b - 12) * b + 4) * b, call(Function.SQUARE_ROOT, b))
    return _if(_less(s, 0.5), b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (root - b))


def _dodge(b: Expression, s: Expression) -> Expression:
    lightened = call(Function.MIN, 1, b / call(Function.MAX, 1 - s, 1e-9))
    return _if(_less(b, 0.0), 0, lightened)


def _burn(b: Expression, s: Expression) -> Expression:
    darkened = 1 - call(Function.MIN, 1, (1 - b) / call(Function.MAX, s, 1e-9))
    return _if(_less(1 - b, 0.0), 1, darkened)


_FORMULAS: Final[Mapping[BlendMode, Callable[[Expression, Expression], Expression]]] = {
    "multiply": lambda b, s: b * s,
    "screen": _screen,
    "overlay": lambda b, s: _hard_light(s, b),
    "darken": lambda b, s: call(Function.MIN, b, s),
    "lighten": lambda b, s: call(Function.MAX, b, s),
    "color-dodge": _dodge,
    "color-burn": _burn,
    "hard-light": _hard_light,
    "soft-light": _soft_light,
    "difference": lambda b, s: call(Function.ABSOLUTE, b - s),
    "exclusion": lambda b, s: b + s - 2 * b * s,
    "add": lambda b, s: b + s,
    "subtract": lambda b, s: b - s,
    "divide": lambda b, s: _if(_less(s, 0.0), 1, b / call(Function.MAX, s, 1e-9)),
}
