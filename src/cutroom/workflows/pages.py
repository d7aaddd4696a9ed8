"""Pages of a document, drawn by a browser once and kept as pictures."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from cutroom.jobs import Files
from cutroom.media import browser
from cutroom.media.browser import Page
from cutroom.render import families
from cutroom.render.lettering.typefaces import typefaces
from cutroom.timeline import Media
from cutroom.timeline.assets import HtmlAsset
from cutroom.workflows.blobs import adopt, find

WEIGHTS = range(100, 1000, 100)


async def take_page(files: Files, scratch: Path, asset: HtmlAsset) -> Media:
    """Draw a page, unless an earlier render left its picture, and say what came out.

    Raises:
        CutroomError: as `browser.picture`.
    """
    page = page_of(asset)
    key = f"page/{_digest(page)}"
    drawn = await files.find(key)
    if drawn is None:
        out = scratch / "page.png"
        await browser.picture(page, scratch=scratch, out=out)
        await files.keep(key, out)
        drawn = await find(files, key)
    return await adopt(files, scratch, drawn)


def page_of(asset: HtmlAsset) -> Page:
    """The whole page: our fonts, no margins, then the author's style sheet and markup."""
    if asset.width is None or asset.height is None:
        raise ValueError("the page's size is not said")
    faces = _faces()
    rules = [
        f"@font-face{{font-family:'{family}';font-weight:{weight};src:url('/fonts/{path.name}')}}"
        for (family, weight), path in faces.items()
    ]
    reset = f"html{{background:{asset.background}}}body{{margin:0;font-family:Inter}}"
    style = f"<style>{''.join(rules)}{reset}</style><style>{asset.css}</style>"
    return Page(
        html=f'<!doctype html><meta charset="utf-8">{style}{asset.html}',
        width=asset.width,
        height=asset.height,
        fonts={path.name: path for path in faces.values()},
    )


def _faces() -> Mapping[tuple[str, int], Path]:
    """Every file that draws a family, at the heaviest weight that it stands for."""
    best = {(family, typefaces(family, weight)[0].path): weight for family in sorted(families()) for weight in WEIGHTS}
    return {(family, weight): path for (family, path), weight in best.items()}


def _digest(page: Page) -> str:
    """SHA-256 (hex) over the page and the browser that draws it."""
    program = browser.find()
    built = program.stat().st_mtime_ns if program is not None else 0
    facts = [page.html, page.width, page.height, str(program), built]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
