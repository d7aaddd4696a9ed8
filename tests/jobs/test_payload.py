import json

from cutroom.jobs import payload
from cutroom.kit.adapter import Adapter
from cutroom.kit.schema import Schema


class Order(Schema):
    size_px: int
    color: str = "black"


def test_an_input_is_kept_as_its_author_wrote_it() -> None:
    text = payload.accept(Adapter(Order), {"sizePx": 3})
    assert json.loads(text) == {"sizePx": 3}
    assert payload.load(Adapter(Order), text) == Order(size_px=3)


def test_what_a_result_leaves_to_defaults_is_written_out() -> None:
    assert json.loads(payload.dump(Adapter(Order), Order(size_px=3), "It")) == {"sizePx": 3, "color": "black"}
