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


def test_inputs_that_say_the_same_in_another_order_have_one_digest() -> None:
    texts = {
        payload.accept(Adapter(Order), given)
        for given in ({"sizePx": 3, "color": "red"}, {"color": "red", "sizePx": 3})
    }
    assert len({payload.digest("order", text) for text in texts}) == 1
    assert payload.digest("order", texts.pop()) != payload.digest(
        "order", payload.accept(Adapter(Order), {"sizePx": 3})
    )
