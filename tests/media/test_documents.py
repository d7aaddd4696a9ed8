import io
from pathlib import Path

import pytest
from PIL import Image

from cutroom.kit.errors import Invalid
from cutroom.media import documents
from cutroom.media.documents import MOST_CHARS, clean_text, document_kind, read_document
from tests.media.papers import bomb, encrypted, pdf
from tests.media.sources import make_audio, make_image

PAGES = ("The first page\nhas two lines (and brackets).", "Straße, café: the second page.")


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "file"
    path.write_bytes(content)
    return path


def picture_of_a_page() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (60, 80), "white").save(out, "PDF")
    return out.getvalue()


async def refused(path: Path) -> str:
    kind = document_kind(path)
    assert kind is not None
    with pytest.raises(Invalid) as caught:
        await read_document(path, kind)
    return caught.value.code


async def test_the_text_of_a_pdf_is_read_page_by_page(tmp_path: Path) -> None:
    path = written(tmp_path, pdf(PAGES, "A\ttitle"))
    assert document_kind(path) == "pdf"
    found = await read_document(path, "pdf")
    assert found.text == "\n\n".join(PAGES)
    assert (found.title, found.pages) == ("A title", 2)


async def test_a_pdf_without_a_password_opens_though_it_is_encrypted(tmp_path: Path) -> None:
    path = written(tmp_path, encrypted(pdf(PAGES), ""))
    assert (await read_document(path, "pdf")).text.startswith("The first page")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (encrypted(pdf(PAGES), "secret"), "pdf_encrypted"),
        (b"%PDF-1.7\n" + b"rubbish " * 100, "pdf_damaged"),
        (pdf(PAGES)[:200], "pdf_damaged"),
        (picture_of_a_page(), "pdf_without_text"),
        (pdf([" "]), "pdf_without_text"),
    ],
    ids=["encrypted", "rubbish", "cut", "scan", "blank"],
)
async def test_a_pdf_that_has_no_text_for_us_says_why(tmp_path: Path, content: bytes, code: str) -> None:
    assert await refused(written(tmp_path, content)) == code


async def test_a_pdf_that_unpacks_without_end_is_stopped(tmp_path: Path) -> None:
    content = bomb(100)
    assert len(content) < 1 << 19
    assert await refused(written(tmp_path, content)) in {"input_too_large", "pdf_damaged"}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"plain\r\ntext\r", "plain\ntext"),
        ("﻿mit BOM: Straße".encode(), "mit BOM: Straße"),
        ("UTF-16: ½ 漢字".encode("utf-16"), "UTF-16: ½ 漢字"),
        (("é" * 3000).encode(), "é" * 3000),
        (b"#EXTM3U\nfile:///etc/passwd\n", "#EXTM3U\nfile:///etc/passwd"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nHello.\n", "1\n00:00:01,000 --> 00:00:02,000\nHello."),
    ],
)
async def test_a_text_file_is_read_in_the_usual_encodings(tmp_path: Path, content: bytes, text: str) -> None:
    path = written(tmp_path, content)
    assert document_kind(path) == "text"
    assert (await read_document(path, "text")).text == text


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"PK\x03\x04" + bytes(100), b"caf\xe9", b"a\x1b[31mred", b"GIF89a, he said"]
)
def test_what_is_neither_text_nor_pdf_is_no_document(tmp_path: Path, content: bytes) -> None:
    assert document_kind(written(tmp_path, content)) is None


def test_media_are_no_documents(tmp_path: Path) -> None:
    assert document_kind(make_audio(tmp_path / "a.mp3", 0.2)) is None
    assert document_kind(make_image(tmp_path / "a.png")) is None


async def test_bytes_that_are_no_text_further_on_are_refused(tmp_path: Path) -> None:
    assert await refused(written(tmp_path, b"x" * 5000 + b"\xff\xfe\xfd")) == "input_not_text"


async def test_a_text_that_is_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(clean_text("x" * MOST_CHARS)) == MOST_CHARS
    with pytest.raises(Invalid, match="4,000,000"):
        clean_text("x" * (MOST_CHARS + 1))
    monkeypatch.setattr(documents, "MOST_CHARS", 100)
    assert await refused(written(tmp_path, pdf(["many words " * 20]))) == "input_too_large"
    monkeypatch.setattr(documents, "MOST_TEXT_BYTES", 10)
    assert await refused(written(tmp_path, b"more than ten bytes")) == "input_too_large"


def test_text_loses_what_no_text_has() -> None:
    assert clean_text("  a\x00b\x1b[0m\u2028c\x85d\te\x9d ") == "ab[0m\nc\nd\te"
    with pytest.raises(Invalid) as caught:
        clean_text(" \x00\n")
    assert caught.value.code == "input_empty"
