"""What a painter's process is told, as JSON that it can read without loading more than it needs.

Every dataclass is written as an object with its name under "is", and read back by that name from a closed list; a
fraction is "n/d" under the name "Fraction". Pydantic would do it too, but building its readers takes the process longer
than painting a frame.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from cutroom.media import info
from cutroom.render import painting, parts
from cutroom.render.painting import CaptionSubject, PaintedLayer, TextSubject
from cutroom.timeline.resolved import captions, curve, media, picture, shapes, text

_KINDS: Final[Mapping[str, type[Any]]] = {
    name: kind
    for module in (info, parts, painting, captions, curve, media, picture, shapes, text)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and is_dataclass(kind)
}


@dataclass(frozen=True, slots=True)
class Order:
    """A layer to paint, and the named pipe that its frames go into.

    `below` is a film of what lies below the layer in its segment, for the modes that need it; None for others. `alpha`
    says whether that can be transparent.
    """

    layer: PaintedLayer
    pipe: str
    below: str | None = None
    alpha: bool = False


def write(orders: Sequence[Order], paths: Mapping[str, str], fonts: Sequence[Path] = ()) -> bytes:
    """The job as JSON; `paths` has the file of each source by its SHA-256, `fonts` are the operator's folders."""
    told = [
        {"pipe": order.pipe, "below": order.below, "alpha": order.alpha, "layer": _plain(order.layer)}
        for order in orders
    ]
    return json.dumps({"orders": told, "paths": dict(paths), "fonts": [str(folder) for folder in fonts]}).encode()


@dataclass(frozen=True, slots=True)
class Question:
    """Letters to measure, over a clip of so many frames."""

    subject: TextSubject | CaptionSubject
    fps: Fraction
    frames: int


def ask(questions: Sequence[Question], paths: Mapping[str, str], fonts: Sequence[Path] = ()) -> bytes:
    """The questions as JSON; `paths` and `fonts` as of `write`."""
    told = [{"subject": _plain(one.subject), "fps": _plain(one.fps), "frames": one.frames} for one in questions]
    return json.dumps({"questions": told, "paths": dict(paths), "fonts": [str(folder) for folder in fonts]}).encode()


def asked(data: bytes) -> tuple[list[Question], dict[str, str], list[str]]:
    """What `ask` wrote."""
    told = json.loads(data)
    questions = [Question(_made(one["subject"]), _made(one["fps"]), one["frames"]) for one in told["questions"]]
    return questions, told["paths"], told["fonts"]


def read(data: bytes) -> tuple[list[Order], dict[str, str], list[str]]:
    """What `write` wrote."""
    told = json.loads(data)
    orders = [Order(_made(one["layer"]), one["pipe"], one["below"], one["alpha"]) for one in told["orders"]]
    return orders, told["paths"], told["fonts"]


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return {"is": "Fraction", "of": f"{value.numerator}/{value.denominator}"}
    if is_dataclass(value):
        return {"is": type(value).__name__, **{one.name: _plain(getattr(value, one.name)) for one in fields(value)}}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _made(data: Any) -> Any:
    if isinstance(data, list):
        return tuple(_made(item) for item in data)
    if not isinstance(data, dict):
        return data
    if data["is"] == "Fraction":
        return Fraction(data["of"])
    return _KINDS[data["is"]](**{name: _made(value) for name, value in data.items() if name != "is"})
