"""The tables tell the truth: no mark without a row, no row without a test or a reason, no stale page."""

from tests.threats.table import PAGE, RELIABILITY, faults, page, proofs, reliability, rows

TRIED = {**rows(), **{name: row for name, row in faults().items() if "fault" in row}}


def test_every_mark_names_a_row() -> None:
    assert proofs().keys() <= rows().keys() | faults().keys()


def test_every_row_has_a_test_or_says_why_not() -> None:
    assert [name for name, row in TRIED.items() if name not in proofs() and "later" not in row] == []


def test_no_row_waits_for_what_is_there() -> None:
    assert [name for name, row in TRIED.items() if name in proofs() and "later" in row] == []


def test_what_promises_rest_on_is_proven() -> None:
    for row in faults().values():
        assert {*row.get("faults", ()), *row.get("attacks", ())} <= proofs().keys()


def test_the_pages_are_fresh() -> None:
    assert PAGE.read_text() == page(), "run: python3 dev run python -m tests.threats.table"
    assert RELIABILITY.read_text() == reliability(), "run: python3 dev run python -m tests.threats.table"
