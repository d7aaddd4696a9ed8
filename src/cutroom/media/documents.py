"""Files that are for reading: text, and PDF, whose text is taken out by a child process."""

import asyncio
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.later import later_log
from cutroom.kit.process import Limits, run
from cutroom.media.info import MediaInfo
from cutroom.media.sandbox import for_python
from cutroom.media.sniff import HEAD_BYTES, sniff
from cutroom.media.turns import turn

DocumentKind = Literal["text", "pdf"]

MOST_CHARS: Final = 4_000_000
"""Of text that is taken from a file: some 2,000 pages, more than any model reads."""
MOST_TEXT_BYTES: Final = 4 * MOST_CHARS
"""UTF-8 has at most four for a character (RFC 3629)."""
MOST_PDF_BYTES: Final = 256 << 20
_CHILD: Final = Path(__file__).with_name("pdf_child.py")
_MOST_ANSWER_BYTES: Final = 12 * MOST_CHARS + 4096
"""In JSON, a character is up to twelve bytes."""
_TIMEOUT_S: Final = 120.0
_LIMITS: Final = Limits(memory_bytes=1 << 30, file_bytes=0, cpu_s=120, files=256)
_PDF: Final = b"%PDF-"
_PDF_HEAD: Final = 1024
"""Within which readers look for a PDF's first line (ISO 32000-1, Annex H, implementation note 13)."""
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffe\uffff]")
"""Characters that no text has; NEL, form feed and the like end lines."""
_ENDS: Final = re.compile(r"\r\n|[\r\f\v\x85\u2028\u2029]")
_log = later_log()


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says.

    Args:
        text: with line feeds at the ends of lines, and no other control character but tabs.
        title: that it gives itself; empty for none.
        pages: how many it has; 0 where there is no such thing.
        unread: how many of them are damaged, and missing in the text.
    """

    text: str
    title: str = ""
    pages: int = 0
    unread: int = 0


def document_kind(path: Path) -> DocumentKind | None:
    """Whether a file is for reading, by its first bytes; None for media, and for what is neither.

    A file of text is known by what it has not: bytes that are no UTF-8 or UTF-16, and control characters.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head or _is_media(path):
        return None
    if _PDF in head[:_PDF_HEAD]:
        return "pdf"
    if head[:2] in _UTF16:
        return "text"
    try:
        beginning = head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(head) < HEAD_BYTES or error.start < HEAD_BYTES - 3:  # not a character that is cut off
            return None
        beginning = head[: error.start].decode("utf-8-sig")
    return "text" if _CONTROLS.search(beginning) is None else None


def document_info(kind: DocumentKind, size_bytes: int) -> MediaInfo:
    """What is known of a document, in the form of what is known of media."""
    return MediaInfo("document", kind, None, size_bytes, None, None)


async def read_document(path: Path, kind: DocumentKind) -> Document:
    """Read what a file says.

    Raises:
        Invalid: `input_too_large`, `input_not_text`, `input_empty`; `pdf_encrypted`, `pdf_damaged`, `pdf_without_text`.
        Unavailable: `process_timeout`.
    """
    if kind == "pdf":
        return await _read_pdf(path)
    return Document(await asyncio.to_thread(_read_text, path))


def clean_text(text: str) -> str:
    """A stranger's text with one kind of line end, and without control characters.

    Raises:
        Invalid: `input_too_large`, `input_empty`.
    """
    cleaned = _CONTROLS.sub("", _ENDS.sub("\n", text)).strip()
    if len(cleaned) > MOST_CHARS:
        raise _too_large()
    if not cleaned:
        raise Invalid("input_empty", "There is no text in this input; give one that has some.")
    return cleaned


def _is_media(path: Path) -> bool:
    try:
        sniff(path)
    except CutroomError as error:
        return error.code != "not_media"
    return True


def _read_text(path: Path) -> str:
    if path.stat().st_size > MOST_TEXT_BYTES:
        raise _too_large()
    data = path.read_bytes()
    try:
        text = data.decode("utf-16" if data[:2] in _UTF16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise Invalid("input_not_text", "The file is not text in UTF-8 or UTF-16; convert it.") from error
    return clean_text(text)


async def _read_pdf(path: Path) -> Document:
    if path.stat().st_size > MOST_PDF_BYTES:
        message = f"The PDF is larger than {MOST_PDF_BYTES >> 20} MiB; split it, or make its pictures smaller."
        raise Invalid("input_too_large", message)
    async with turn("probe"):
        done = await run(
            [sys.executable, "-I", str(_CHILD), str(path.absolute()), str(MOST_CHARS)],
            cwd=path.absolute().parent,
            timeout_s=_TIMEOUT_S,
            limits=_LIMITS,
            output_cap_bytes=_MOST_ANSWER_BYTES,
            box=for_python([_CHILD, path], memory_bytes=_LIMITS.memory_bytes),
        )
    try:
        told = json.loads(done.stdout)
    except ValueError:  # it died
        told = {"error": "damaged"}
    if "error" in told:
        stderr = done.stderr[-2000:].decode("utf-8", "replace")
        _log.info("pdf.refused", returncode=done.returncode, reason=told, stderr=stderr)
        raise _refusal(told["error"])
    try:
        return Document(clean_text(told["text"]), _one_line(told["title"]), told["pages"], told["unread"])
    except Invalid as error:
        raise _refusal("no_text") if error.code == "input_empty" else error from None


def _refusal(error: str) -> Invalid:
    if error == "encrypted":
        return Invalid("pdf_encrypted", "The PDF is encrypted; save a copy of it without a password.")
    if error == "no_text":
        message = "The PDF has pictures of pages and no text in it; run it through text recognition first."
        return Invalid("pdf_without_text", message)
    if error == "too_large":
        return Invalid("input_too_large", f"The PDF has more than {MOST_CHARS:,} characters; split it.")
    return Invalid("pdf_damaged", "The PDF cannot be read: it is damaged, or made to do harm.")


def _too_large() -> Invalid:
    return Invalid("input_too_large", f"The text has more than {MOST_CHARS:,} characters; split it.")


def _one_line(text: str) -> str:
    return " ".join(_CONTROLS.sub("", text).split())[:200]
