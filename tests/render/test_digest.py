"""What a piece is named after: all that determines its bytes, and nothing that does not."""

import types
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from fractions import Fraction
from itertools import cycle, islice
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import TypeAdapter

from cutroom.render.digest import digest
from cutroom.render.longform.plan import EncodedSound
from cutroom.render.plan import CopySegment, SegmentPlan
from cutroom.render.sound.plan import AudioPlan, MixPlan

PIECES = (SegmentPlan, CopySegment, MixPlan, AudioPlan, EncodedSound)
"""Everything whose key comes from its digest."""
EXAMPLES: dict[Any, Any] = {int: 1, float: 0.5, str: "text", bool: True, Fraction: Fraction(1, 3), type(None): None}
PLACE = {"key", "index", "start"}


def examples(kind: Any) -> list[Any]:
    """Values of a type that between them have every variant of every field."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return examples(inner[0])
    if origin in {Union, types.UnionType}:
        return [value for one in inner for value in examples(one)]
    if origin is tuple and inner[-1] is Ellipsis:
        return [(value,) for value in examples(inner[0])]
    if origin is tuple:
        return [tuple(examples(one)[0] for one in inner)]
    if not is_dataclass(kind):
        return [inner[0] if origin is Literal else EXAMPLES[kind]]
    hints = get_type_hints(kind, include_extras=True)
    variants = {field.name: examples(hints[field.name]) for field in fields(kind)}
    most = max(map(len, variants.values()))
    columns = [list(islice(cycle(values), most)) for values in variants.values()]
    return [kind(**dict(zip(variants, row, strict=True))) for row in zip(*columns, strict=True)]  # type: ignore[operator]


def changed(data: Any, trail: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The data with one value changed, for each value in it, and the names that lead there."""
    if isinstance(data, dict):
        for name, value in data.items():
            for place, other in changed(value, (*trail, name)):
                yield place, {**data, name: other}
    elif isinstance(data, list):
        for number, value in enumerate(data):
            for place, other in changed(value, (*trail, str(number))):
                yield place, [*data[:number], other, *data[number + 1 :]]
    else:
        yield trail, f"not {data}"


@pytest.mark.parametrize("kind", PIECES)
def test_everything_in_a_piece_but_its_place_moves_its_key(kind: type) -> None:
    for piece in examples(kind):
        data = TypeAdapter(kind).dump_python(piece, mode="json")
        usual = digest(data, "test")
        for trail, other in changed(data):
            same = trail[-1] == "pointer" or (len(trail) == 1 and trail[0] in PLACE)
            assert (digest(other, "test") == usual) is same, trail
