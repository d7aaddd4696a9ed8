import json

from pydantic import TypeAdapter

from cutroom.jobs import payload
from cutroom.kit.schema import Schema


class Order(Schema):
    size_px: int
    color: str = "black"


def test_an_input_is_kept_as_its_author_wrote_it() -> None:
    text = payload.accept(TypeAdapter(Order), {"sizePx": 3})
    assert json.loads(text) == {"sizePx": 3}
    assert payload.load(TypeAdapter(Order), text) == Order(size_px=3)


def test_what_a_result_leaves_to_defaults_is_written_out() -> None:
    assert json.loads(payload.dump(TypeAdapter(Order), Order(size_px=3), "It")) == {"sizePx": 3, "color": "black"}
