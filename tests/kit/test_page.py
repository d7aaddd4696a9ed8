import pytest

from cutroom.kit.errors import Invalid
from cutroom.kit.page import MAX_CURSOR_CHARS, Cursors

CURSORS = Cursors(b"a secret of enough bytes")


@pytest.mark.parametrize("position", ["job_01", 42])
def test_a_cursor_gives_back_its_position(position: str | int) -> None:
    cursor = CURSORS.seal(position, "ws_a", "jobs")
    assert CURSORS.open(cursor, "ws_a", "jobs") == position


@pytest.mark.threat("A48")
@pytest.mark.parametrize(
    "scope", [("ws_b", "jobs"), ("ws_a", "assets"), ("ws_a",), ("ws_a", "jobs", "more"), ()], ids=str
)
def test_a_cursor_opens_only_in_the_scope_it_was_made_for(scope: tuple[str, ...]) -> None:
    cursor = CURSORS.seal("job_01", "ws_a", "jobs")
    with pytest.raises(Invalid) as caught:
        CURSORS.open(cursor, *scope)
    assert caught.value.code == "bad_cursor"
    assert caught.value.details[0].pointer == "?cursor"


def test_a_cursor_of_another_secret_is_refused() -> None:
    cursor = Cursors(b"another secret, long enough").seal("job_01", "ws_a", "jobs")
    with pytest.raises(Invalid):
        CURSORS.open(cursor, "ws_a", "jobs")


@pytest.mark.threat("A74")
@pytest.mark.parametrize(
    "cursor", ["", ".", "a", "a.b", "\x00", "é.é", "=.=", "x" * (MAX_CURSOR_CHARS + 1), "'; drop table jobs; --"]
)
def test_a_made_up_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid):
        CURSORS.open(cursor, "ws_a", "jobs")


def test_every_changed_character_of_a_cursor_is_noticed() -> None:
    cursor = CURSORS.seal("job_01", "ws_a", "jobs")
    for index, character in enumerate(cursor):
        changed = cursor[:index] + ("A" if character != "A" else "B") + cursor[index + 1 :]
        with pytest.raises(Invalid):
            CURSORS.open(changed, "ws_a", "jobs")
