"""Rows of a batch as they are sent: CSV, or lines of JSON. Read one by one, never held in memory together."""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from cutroom.kit import strict_json
from cutroom.kit.errors import Detail, Invalid
from cutroom.timeline import Form
from cutroom.timeline.form import unknown_names
from cutroom.workflows.rows import Row

MAX_ROW_BYTES: Final = 64 << 10
MAX_COLUMNS: Final = 1_000
_COMMA: Final = re.compile(r"\s*[+-]?[0-9]*,[0-9]+\s*")


def csv_rows(path: Path, form: Form, most: int) -> Iterator[Row]:
    """The rows of a CSV file (RFC 4180, UTF-8); its first line names the fields, and shows what stands between them.

    As spreadsheets write them: lines and last columns in which nothing stands are left out, and where semicolons stand
    between cells a number may have a comma.

    Raises:
        Invalid: `bad_csv`, `unknown_field`, `missing_column`, `duplicate_column` for what concerns all rows;
            `too_many_rows`, `no_rows`. What is wrong with one row is in that row.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        mark = _delimiter(path)
        reader = csv.reader(file, delimiter=mark, strict=True)
        try:
            names = _header(reader, form)
            commas = [mark == ";" and form.fields[name].type in {"number", "numberOrText"} for name in names]
            rows = (cells for cells in reader if len(cells) == 1 or any(map(str.strip, cells)))
            yield from _counted((_cells(names, cells, commas) for cells in rows), most)
        except csv.Error as error:
            raise Invalid("bad_csv", f"Line {reader.line_num} is no CSV: {error}.") from error
        except UnicodeDecodeError as error:
            message = f"The CSV is not UTF-8, near line {reader.line_num + 1}; save it as UTF-8."
            raise Invalid("bad_csv", message) from error


def json_rows(path: Path, most: int) -> Iterator[Row]:
    """The rows of a file with an object of values on each line; empty lines are no rows.

    Raises:
        Invalid: `too_many_rows`, `no_rows`. What is wrong with one row is in that row.
    """
    with path.open("rb") as file:
        yield from _counted((_line(raw) for raw in _lines(file) if raw.strip()), most)


def listed_rows(rows: Sequence[Mapping[str, Any]], most: int) -> Iterator[Row]:
    """The rows of a list. Raises as `json_rows`."""
    yield from _counted((Row(values=row) for row in rows), most)


def _delimiter(path: Path) -> str:
    """Spreadsheets write semicolons where the comma stands in numbers, and copy with tabs."""
    with path.open("rb") as file:
        names = file.readline(MAX_ROW_BYTES)
    return next((mark for mark in ",;\t" if mark.encode() in names), ",")


def _counted(rows: Iterator[Row], most: int) -> Iterator[Row]:
    count = 0
    for count, row in enumerate(rows, start=1):
        if count > most:
            raise Invalid("too_many_rows", f"A batch has {most} rows at most; send the rest as another one.")
        yield row
    if count == 0:
        raise Invalid("no_rows", "There is no row to render; send at least one.")


def _header(reader: Iterator[list[str]], form: Form) -> list[str]:
    names = _trimmed([name.strip() for name in next(reader, [])], 0)
    if not names:
        raise Invalid("bad_csv", "The first line of the CSV names the fields, as NAME,OTHER_NAME; there is none.")
    if len(names) > MAX_COLUMNS:
        raise Invalid("bad_csv", f"The CSV has {len(names)} columns; at most {MAX_COLUMNS} are accepted.")
    problems = unknown_names(names, form.fields)
    doubled = sorted({name for name in names if names.count(name) > 1})
    problems += [Detail("", "duplicate_column", f"'{name}' names two columns.") for name in doubled]
    for name, field in form.fields.items():
        if name not in names and (field.default is None or field.required):
            problems.append(Detail("", "missing_column", f"'{name}' needs a value in every row; add a column for it."))
    if problems:
        codes = {problem.code for problem in problems}
        code = codes.pop() if len(codes) == 1 else "bad_csv"
        # Columns have no JSON pointers.
        details = [Detail("", problem.code, problem.message) for problem in problems[:100]]
        raise Invalid(code, problems[0].message, details=details)
    return names


def _trimmed(cells: list[str], least: int) -> list[str]:
    """The cells without empty ones at the end, as far as there are more than `least`."""
    count = len(cells)
    while count > least and not cells[count - 1]:
        count -= 1
    return cells[:count]


def _cells(names: Sequence[str], cells: list[str], commas: Sequence[bool]) -> Row:
    cells = _trimmed(cells, len(names))
    if len(cells) > len(names):
        message = f"This row has {len(cells)} cells where there are {len(names)} columns; quote cells with commas."
        return Row(error=Invalid("bad_row", message))
    if sum(map(len, cells)) > MAX_ROW_BYTES:
        return Row(error=_too_large())
    said = [
        cell.replace(",", ".") if comma and _COMMA.fullmatch(cell) else cell
        for cell, comma in zip(cells, commas, strict=False)
    ]
    return Row(text=dict(zip(names, said, strict=False)))


def _lines(file: Any) -> Iterator[bytes]:
    """The lines of a file; of one that is too long no more than shows it."""
    while line := file.readline(MAX_ROW_BYTES + 1):
        yield line
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_ROW_BYTES + 1)


def _line(raw: bytes) -> Row:
    if len(raw) > MAX_ROW_BYTES:
        return Row(error=_too_large())
    try:
        values = strict_json.parse(raw)
    except Invalid as error:
        return Row(error=Invalid(error.code, error.message.replace("The body", "This line")))
    if not isinstance(values, dict):
        return Row(error=Invalid("wrong_type", 'A row is an object of values, such as {"NAME": "Ann"}.'))
    return Row(values=values)


def _too_large() -> Invalid:
    return Invalid("row_too_large", f"A row has {MAX_ROW_BYTES} bytes at most.")
