"""The table of attacks tells the truth: no mark without a row, no row without a test or a reason, no stale page."""

from tests.threats.table import PAGE, page, proofs, rows


def test_every_mark_names_a_row() -> None:
    others = {name for name in proofs() if not name.startswith("A")}  # faults and promises: F01, P4
    assert proofs().keys() - others <= rows().keys()


def test_every_row_has_a_test_or_says_why_not() -> None:
    assert [name for name, row in rows().items() if name not in proofs() and "later" not in row] == []


def test_no_row_waits_for_what_is_there() -> None:
    assert [name for name, row in rows().items() if name in proofs() and "later" in row] == []


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text() == page(), "run: python3 dev run python -m tests.threats.table"
