"""Forms with a file (`multipart/form-data`, RFC 7578), read as they come: fields into memory, the file onto disk."""

import asyncio
import email.message
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from cutroom.kit.errors import Detail, Invalid

MOST_PARTS: Final = 64
MOST_FIELD_BYTES: Final = 64 << 10
MOST_FIELDS_BYTES: Final = 256 << 10
MOST_BOUNDARY_CHARS: Final = 70  # RFC 2046, section 5.1.1
SLACK_BYTES: Final = 512 << 10
"""What a form may have besides its file: its fields, and the headers of its parts."""
_NAME_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class SentFile:
    """The file of a form.

    Args:
        path: where its bytes are.
        name: what its sender calls it; never a part of a path.
        content_type: what its sender says that it is; empty when nothing is said.
        size_bytes: how many there are.
    """

    path: Path
    name: str
    content_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form that was read: the texts of each field, in order, and its file."""

    fields: dict[str, list[str]]
    file: SentFile | None


async def read_form(request: Request, folder: Path, *, file: str, most_bytes: int) -> SentForm:
    """Read a form with at most one file.

    Args:
        request: whose body is a form, and has been allowed to be that large.
        folder: where the file is written.
        file: name of the field that is the file.
        most_bytes: how large the file may be.

    Raises:
        Invalid: `unsupported_media_type`, `malformed_form`, `payload_too_large`, `bad_text`.
    """
    reader = _Reader(_boundary(request.headers.get("content-type", "")), folder / "file", file, most_bytes)
    with reader.path.open("wb") as opened:
        async for chunk in request.stream():
            try:
                reader.parser.write(chunk)
            except MultipartParseError as error:
                raise malformed("its parts are not as RFC 7578 has them") from error
            await _flush(reader, opened)
    return reader.finished()


async def _flush(reader: "_Reader", opened: IO[bytes]) -> None:
    if reader.pending:
        data = b"".join(reader.pending)
        reader.pending.clear()
        await asyncio.to_thread(opened.write, data)


def malformed(why: str) -> Invalid:
    """A form that cannot be read; `why` ends the sentence."""
    return Invalid("malformed_form", f"The form cannot be read: {why}.")


def _boundary(content_type: str) -> str:
    header = email.message.Message()
    header["content-type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_type() != "multipart/form-data" or not boundary:
        raise Invalid("unsupported_media_type", "Send a form with a file, as multipart/form-data.")
    if len(boundary) > MOST_BOUNDARY_CHARS or not boundary.isascii():
        raise malformed("its boundary is too long")
    return boundary


@dataclass(slots=True)
class _Part:
    """The part that is being read."""

    headers: dict[str, str] = field(default_factory=dict)
    name: str = ""
    file_name: str | None = None
    data: bytearray = field(default_factory=bytearray)


class _Reader:
    """What the parser calls."""

    def __init__(self, boundary: str, path: Path, file: str, most_bytes: int) -> None:
        self.path, self._file_field, self._most = path, file, most_bytes
        self.pending: list[bytes] = []
        self._fields: dict[str, list[str]] = {}
        self._file: _Part | None = None
        self._size = self._fields_size = self._parts = 0
        self._part = _Part()
        self._header: list[bytearray] = [bytearray(), bytearray()]
        self._ended = False
        self.parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._on_header,
                "on_headers_finished": self._on_headers,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._on_end,
            },
        )

    def finished(self) -> SentForm:
        """The form, once all of it was read."""
        if not self._ended:
            raise malformed("it ends in the middle")
        found = self._file
        if found is None:
            return SentForm(self._fields, None)
        content_type = found.headers.get("content-type", "").partition(";")[0].strip().lower()
        return SentForm(self._fields, SentFile(self.path, found.file_name or "", content_type, self._size))

    def _begin(self) -> None:
        self._part = _Part()
        self._parts += 1
        if self._parts > MOST_PARTS:
            raise malformed(f"it has more than {MOST_PARTS} parts")

    def _on_header(self) -> None:
        name, value = (bytes(part).decode("latin-1") for part in self._header)
        self._part.headers[name.lower()] = value
        self._header = [bytearray(), bytearray()]

    def _on_headers(self) -> None:
        kind, options = parse_options_header(self._part.headers.get("content-disposition", ""))
        name = options.get(b"name")
        if kind != b"form-data" or name is None:
            raise malformed("a part has no name")
        self._part.name = _text(name, "its names")
        if len(self._part.name) > _NAME_CHARS:
            raise malformed("a part has too long a name")
        if self._part.name == self._file_field:
            if self._file is not None:
                raise malformed(f"it has '{self._file_field}' twice")
            self._part.file_name = _text(options.get(b"filename", b""), "its names")
            self._file = self._part
        elif b"filename" in options:
            raise malformed(f"its only file is '{self._file_field}'")

    def _data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        if self._part is self._file:
            self._size += len(piece)
            if self._size > self._most:
                raise Invalid("payload_too_large", f"The file has more than the {self._most} bytes that are taken.")
            self.pending.append(piece)
            return
        self._fields_size += len(piece)
        self._part.data += piece
        if len(self._part.data) > MOST_FIELD_BYTES or self._fields_size > MOST_FIELDS_BYTES:
            raise malformed(f"'{self._part.name}' is too long")

    def _end(self) -> None:
        if self._part is not self._file:
            text = _text(bytes(self._part.data), f"'{self._part.name}'")
            if "\x00" in text:
                message = f"'{self._part.name}' holds a NUL character."
                raise Invalid("bad_text", message, details=[Detail(f"/{self._part.name}", "bad_text", message)])
            self._fields.setdefault(self._part.name, []).append(text)

    def _on_end(self) -> None:
        self._ended = True


def _text(data: bytes, what: str) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise malformed(f"{what} are not UTF-8") from error
