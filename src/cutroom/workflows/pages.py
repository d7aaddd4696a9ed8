"""Pages of a document, drawn by a browser once and kept as pictures."""

import asyncio
import hashlib
import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cutroom.jobs import Files
from cutroom.media import browser
from cutroom.media.browser import Page
from cutroom.render import families
from cutroom.render.lettering.typefaces import typefaces
from cutroom.timeline import CueSheet, FontFile, Media
from cutroom.timeline.assets import HtmlAsset
from cutroom.workflows.blobs import adopt, blob_key, find

WEIGHTS = range(100, 1000, 100)
DRAWN = 3
"""Raised whenever the same page would give another picture."""


@dataclass(frozen=True, slots=True)
class PageFont:
    """A face of a font that the document brings, as a page knows it."""

    family: str
    weight: int
    italic: bool
    sha256: str


def page_fonts(fonts: Sequence[FontFile], known: Mapping[str, Media | CueSheet]) -> list[PageFont]:
    """The faces that a page may use of fonts which are at hand; what is no font is left for `resolve` to refuse."""
    found: list[PageFont] = []
    for font in fonts:
        media = known[font.src]
        if isinstance(media, Media):
            # A page names a file, never one of several in it.
            faces = [face for face in media.info.faces if face.index == 0]
            found += [
                PageFont(name.strip(), face.weight, face.italic, media.sha256)
                for face in faces
                for name in ([font.family] if font.family else face.names)
            ]
    return found


async def take_page(files: Files, scratch: Path, asset: HtmlAsset, fonts: Sequence[PageFont] = ()) -> Media:
    """Draw a page, unless an earlier render left its picture, and say what came out.

    Raises:
        CutroomError: as `browser.picture`.
    """
    page = page_of(asset, [(font, await find(files, blob_key(font.sha256))) for font in fonts])
    key = f"page/{_digest(page)}"
    drawn = await files.find(key)
    if drawn is None:
        own = scratch / f"page-{secrets.token_hex(8)}"  # several are drawn at once
        own.mkdir()
        await browser.picture(page, scratch=own, out=own / "page.png")
        await files.keep(key, own / "page.png")
        await asyncio.to_thread(shutil.rmtree, own, ignore_errors=True)
        drawn = await find(files, key)
    return await adopt(files, scratch, drawn)


def page_of(asset: HtmlAsset, fonts: Sequence[tuple[PageFont, Path]] = ()) -> Page:
    """The whole page: our fonts and the document's, no margins, then the author's style sheet and markup."""
    if asset.width is None or asset.height is None:
        raise ValueError("the page's size is not said")
    faces = _faces()
    rules = [
        f"@font-face{{font-family:'{family}';font-weight:{weight};src:url('/fonts/{path.name}')}}"
        for (family, weight), path in faces.items()
    ]
    rules += [
        f"@font-face{{font-family:'{_escaped(font.family)}';font-weight:{font.weight};"
        f"font-style:{'italic' if font.italic else 'normal'};src:url('/fonts/{font.sha256}')}}"
        for font, _ in fonts
    ]
    reset = f"html{{background:{asset.background}}}body{{margin:0;font-family:Inter}}"
    style = f"<style>{''.join(rules)}{reset}</style><style>{asset.css}</style>"
    return Page(
        html=f'<!doctype html><meta charset="utf-8">{style}{asset.html}',
        width=asset.width,
        height=asset.height,
        fonts={path.name: path for path in faces.values()} | {font.sha256: path for font, path in fonts},
    )


def _escaped(name: str) -> str:
    """A name in a CSS string, from which no character of it gets out (CSS Syntax 3, 4.3.7)."""
    return "".join(char if char.isascii() and char.isalnum() else f"\\{ord(char):x} " for char in name)


def _faces() -> Mapping[tuple[str, int], Path]:
    """Every file that draws a family, at the heaviest weight that it stands for."""
    best = {(family, typefaces(family, weight)[0].path): weight for family in sorted(families()) for weight in WEIGHTS}
    return {(family, weight): path for (family, path), weight in best.items()}


def _digest(page: Page) -> str:
    """SHA-256 (hex) over the page and the browser that draws it."""
    program = browser.find()
    built = program.stat().st_mtime_ns if program is not None else 0
    facts = [DRAWN, page.html, page.width, page.height, str(program), built]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
