"""Takes the text out of a PDF with pypdf: a program that `documents.py` starts and kills.

Run as `python -I pdf_child.py PATH MOST_CHARS`; it answers with one JSON object: `text`, `title`, `pages` and how
many of them are `unread`, or an `error`. Nothing but text is asked of the file: no picture, form, script or attachment
of it is looked at. Imports nothing of ours.
"""

import json
import logging
import sys
from typing import Any

from pypdf import PdfReader
from pypdf.errors import PyPdfError

MOST_PAGES = 10_000
DAMAGE = (PyPdfError, ValueError, TypeError, KeyError, IndexError, AttributeError, ArithmeticError, RecursionError)
"""What pypdf raises on damaged files: its own errors, and whatever its parser trips over."""


def main() -> None:
    """Read, and tell."""
    logging.disable()  # pypdf warns of every oddity in a file
    path, most = sys.argv[1], int(sys.argv[2])
    try:
        told = read(path, most)
    except DAMAGE as error:
        told = {"error": "damaged", "reason": f"{type(error).__name__}: {error}"[:500]}
    except MemoryError:
        told = {"error": "damaged", "reason": "memory"}
    json.dump(told, sys.stdout)


def read(path: str, most: int) -> dict[str, Any]:
    """The text of all pages, a blank line between two, and how many could not be read."""
    with open(path, "rb") as file:  # noqa: PTH123 — the only file of this program
        reader = PdfReader(file)
        if reader.is_encrypted and not reader.decrypt(""):
            return {"error": "encrypted"}
        pages: list[str] = []
        length = unread = 0
        for number, page in enumerate(reader.pages):
            try:
                text = page.extract_text().strip()
            except DAMAGE:  # one page that cannot be read is no reason to lose the others
                text = ""
                unread += 1
            length += len(text)
            if length > most or number >= MOST_PAGES:
                return {"error": "too_large"}
            pages.append(text)
        if unread and unread == len(pages):
            return {"error": "damaged", "reason": f"none of {unread} pages"}
        title = reader.metadata.title if reader.metadata is not None else None
        text = "\n\n".join(page for page in pages if page)
        return {
            "text": text.encode("utf-8", "replace").decode(),
            "title": str(title or ""),
            "pages": len(pages),
            "unread": unread,
        }


if __name__ == "__main__":
    main()
