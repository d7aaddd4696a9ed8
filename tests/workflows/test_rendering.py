"""Which versions make the pieces of a plan."""

import hashlib
import json

import pytest
from pydantic import TypeAdapter

from cutroom.jobs import Registry
from cutroom.render.plan import FORM
from cutroom.workflows import rendering
from cutroom.workflows.longform import LongformItem
from cutroom.workflows.pieces import Piece, render_piece

SAYS = "caf7d276df41e0a8"
"""What can be said in pieces of form 2, as a digest of its schema."""


def test_what_pieces_can_say_has_a_number_that_names_who_makes_them() -> None:
    """Where only descriptions or the schema's library changed: write the new digest. Else raise `FORM` as well."""
    schema = TypeAdapter(tuple[Piece, LongformItem]).json_schema()
    digest = hashlib.sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()[:16]
    assert (FORM, digest) == (2, SAYS)


def test_a_version_before_does_not_know_todays_makers_and_today_knows_those_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def known() -> Registry:
        made = Registry()
        rendering.add_maker(made, "render.piece", render_piece)
        return made

    today = known()
    monkeypatch.setattr(rendering, "FORM", FORM + 1)
    tomorrow = known()
    name = tomorrow.of(render_piece).name
    assert today.find(name) is None
    assert set(today.names()) < set(tomorrow.names())
    assert tomorrow.get("render.piece").function is render_piece
