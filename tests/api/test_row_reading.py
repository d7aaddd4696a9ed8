"""Rows as spreadsheets write them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from cutroom.api.row_reading import MAX_ROW_BYTES, csv_rows
from cutroom.kit.errors import Invalid
from cutroom.timeline import FormField, Limits, make_form

DOCUMENT = {
    "timeline": {
        "tracks": [{"clips": [{"asset": {"type": "text", "text": "{{NAME}}"}, "start": 0, "length": "{{SECONDS}}"}]}]
    }
}
FORM = make_form(DOCUMENT, None, Limits())


def rows(path: Path, text: str, encoding: str = "utf-8") -> list[Mapping[str, str] | str | None]:
    path.write_text(text, encoding, newline="")
    return [row.error.code if row.error is not None else row.text for row in csv_rows(path, FORM, 100)]


ANN = {"NAME": "Ann", "SECONDS": "2"}


@pytest.mark.parametrize(
    "text",
    [
        "NAME,SECONDS\nAnn,2\n",
        "\ufeffNAME,SECONDS\r\nAnn,2\r\n",
        "NAME;SECONDS\r\nAnn;2\r\n",
        'NAME\tSECONDS\n"Ann"\t2',
        "NAME,SECONDS\nAnn,2\n,\n , \n\n",
        "NAME,SECONDS\nAnn,2,,\n",
        "NAME,SECONDS,,\nAnn,2,,\n",
    ],
)
def test_a_row_is_read_however_a_spreadsheet_has_written_it(text: str, tmp_path: Path) -> None:
    assert rows(tmp_path / "rows.csv", text) == [ANN]


def test_numbers_have_commas_where_semicolons_stand_between_cells(tmp_path: Path) -> None:
    semicolons = "NAME;SECONDS\n1,5;2,5\nBob;1,000,5\n"
    assert rows(tmp_path / "rows.csv", semicolons) == [
        {"NAME": "1,5", "SECONDS": "2.5"},
        {"NAME": "Bob", "SECONDS": "1,000,5"},
    ]
    assert rows(tmp_path / "rows.csv", 'NAME,SECONDS\nAnn,"2,5"\n') == [{"NAME": "Ann", "SECONDS": "2,5"}]


def test_what_stands_beside_the_columns_is_told(tmp_path: Path) -> None:
    assert rows(tmp_path / "rows.csv", "NAME,SECONDS\nAnn,2,x\nAnn,2\n") == ["bad_row", ANN]
    with pytest.raises(Invalid) as caught:
        rows(tmp_path / "rows.csv", "NAME,,SECONDS\nAnn,,2\n")
    assert caught.value.code == "unknown_field"
    assert rows(tmp_path / "rows.csv", f"NAME,SECONDS\nAnn,2{',' * (MAX_ROW_BYTES * 4)}\n") == [ANN]


def test_a_default_stands_where_a_cell_is_empty(tmp_path: Path) -> None:
    form = make_form(DOCUMENT, {"SECONDS": FormField(type="number", default=3)}, Limits())
    path = tmp_path / "rows.csv"
    path.write_text("NAME,SECONDS\nAnn,\n", "utf-8")
    (row,) = csv_rows(path, form, 100)
    assert row.text is not None
    assert form.filled(row.text, Limits(), from_text=True).timeline.tracks[0].clips[0].length == 3
