"""The file in which the rows of a batch wait: a line for the form, then a line of JSON for each row.

It is written once, by whoever accepts the batch, and read a window at a time, so that no more than a window of rows is
ever in memory. Its lines:

    {"document": …, "fields": …, "limits": …}
    {"values": {"NAME": "Ann"}}          values with their types
    {"text": {"NAME": "Ann", "AGE": "5"}}  values as text, from CSV
    {"error": {"code": …, "message": …}}   a row that could not be read at all
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import Invalid
from cutroom.timeline import FIELDS, Edit, Form, Limits

WINDOW: Final = 50
"""Rows that are planned together: what they share is made once, and their plans are in memory at the same time."""
_LIMITS: Final[Adapter[Limits]] = Adapter(Limits)


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it was sent; exactly one of `values`, `text` and `error` is set."""

    values: Mapping[str, Any] | None = None
    text: Mapping[str, str] | None = None
    error: Invalid | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A written file: how many rows it holds, and the SHA-256 of its bytes."""

    count: int
    sha256: str


def write_rows(path: Path, form: Form, limits: Limits, rows: Iterable[Row]) -> Written:
    """Write a file of rows; `rows` are taken one by one, and what they raise passes through."""
    digest = hashlib.sha256()
    count = 0
    with path.open("wb") as file:

        def line(data: Any) -> None:
            raw = json.dumps(data, separators=(",", ":")).encode() + b"\n"
            digest.update(raw)
            file.write(raw)

        line(
            {
                "document": form.document,
                "fields": FIELDS.dump_python(dict(form.fields), mode="json", exclude_none=True),
                "limits": _LIMITS.dump_python(limits, mode="json"),
            }
        )
        for row in rows:
            count += 1
            if row.error is not None:
                line({"error": {"code": row.error.code, "message": row.error.message}})
            elif row.text is not None:
                line({"text": row.text})
            else:
                line({"values": row.values})
    return Written(count, digest.hexdigest())


@dataclass(frozen=True, slots=True)
class RowsFile:
    """Reads a file that `write_rows` wrote."""

    path: Path

    def windows(self) -> list[int]:
        """The byte at which each window of `WINDOW` rows starts; the last one may hold fewer."""
        offsets: list[int] = []
        with self.path.open("rb") as file:
            at = len(file.readline())
            for number, line in enumerate(file):
                if number % WINDOW == 0:
                    offsets.append(at)
                at += len(line)
        return offsets

    def rows(self) -> Iterator[Row]:
        """Every row in order, read as it is asked for."""
        with self.path.open("rb") as file:
            file.readline()
            for line in file:
                yield _row(json.loads(line))

    def form(self) -> tuple[Form, Limits]:
        """The form that the rows are for, and the limits under which they were accepted."""
        with self.path.open("rb") as file:
            head = json.loads(file.readline())
        fields = FIELDS.validate_python(head["fields"])
        return Form(head["document"], fields), _LIMITS.validate_json(json.dumps(head["limits"]))

    def read(self, offset: int, most: int = WINDOW) -> list[Row]:
        """Up to `most` rows from a byte on."""
        with self.path.open("rb") as file:
            file.seek(offset)
            lines = [file.readline() for _ in range(most)]
        return [_row(json.loads(line)) for line in lines if line]


def edit_of(form: Form, limits: Limits, row: Row) -> Edit:
    """The checked edit of a row.

    Raises:
        Invalid: with pointers into `/values` or `/document`.
    """
    if row.error is not None:
        raise row.error
    if row.text is not None:
        return form.filled(row.text, limits, from_text=True)
    return form.filled(row.values or {}, limits)


def _row(data: Any) -> Row:
    if "error" in data:
        return Row(error=Invalid(data["error"]["code"], data["error"]["message"]))
    return Row(text=data["text"]) if "text" in data else Row(values=data["values"])
