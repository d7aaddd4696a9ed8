"""PDF files of the tests' own, written by hand, so that what is in them is known to the byte."""

import io
import zlib
from collections.abc import Sequence

import pypdf


def pdf(pages: Sequence[str], title: str = "") -> bytes:
    """A PDF whose pages say these texts, line by line, in Helvetica."""
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, page in enumerate(pages):
        lines = " T* ".join(f"({_escaped(line)}) Tj" for line in page.split("\n"))
        content = zlib.compress(f"BT /F1 12 Tf 14 TL 40 780 Td {lines} ET".encode("cp1252"))
        parts += [
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode(),
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    parts.append(f"<< /Title ({_escaped(title)}) >>".encode("cp1252"))
    return _written(parts)


def encrypted(data: bytes, password: str) -> bytes:
    """The same PDF, to be opened with a password."""
    writer = pypdf.PdfWriter(io.BytesIO(data))
    writer.encrypt(password, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def bomb(megabytes: int) -> bytes:
    """A small PDF whose only page unpacks to many megabytes of text."""
    raw = b"BT /F1 12 Tf " + b"(all work and no play) Tj " * (megabytes * 40_330) + b"ET"
    content = zlib.compress(raw, 9)
    return _written(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 5 0 R /Resources << /Font <</F1 3 0 R>> >> >>",
            b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(content), content),
            b"<< >>",
        ]
    )


def _written(parts: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(parts) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info %d 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(parts) + 1,
        len(parts),
        table,
    )
    return bytes(out)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
