"""The fonts that come with the engine: Inter, and Noto Sans for scripts and signs that Inter lacks.

Only these are used, never the machine's own, so that a text looks the same wherever it is drawn.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont
from PIL import ImageFont, features

FOLDER: Final = Path(str(files("cutroom.render.lettering").joinpath("fonts")))
DEFAULT_FAMILY: Final = "Inter"


@dataclass(frozen=True, slots=True)
class Typeface:
    """One font file; `joined` scripts (Arabic, Devanagari…) must not be drawn letter by letter."""

    file: str
    joined: bool = False

    @property
    def path(self) -> Path:
        """Where the file lies."""
        return FOLDER / self.file


_FAMILIES: Final[dict[str, dict[int, Typeface]]] = {
    "inter": {
        300: Typeface("Inter-Light.otf"),
        400: Typeface("Inter-Regular.otf"),
        600: Typeface("Inter-SemiBold.otf"),
        700: Typeface("Inter-Bold.otf"),
        900: Typeface("Inter-Black.otf"),
    }
}
_FALLBACKS: Final = (
    Typeface("NotoSansArabic-Regular.ttf", joined=True),
    Typeface("NotoSansHebrew-Regular.ttf"),
    Typeface("NotoSansDevanagari-Regular.ttf", joined=True),
    Typeface("NotoSansBengali-Regular.ttf", joined=True),
    Typeface("NotoSansTamil-Regular.ttf", joined=True),
    Typeface("NotoSansThai-Regular.ttf", joined=True),
    Typeface("NotoSansArmenian-Regular.ttf"),
    Typeface("NotoSansGeorgian-Regular.ttf"),
    Typeface("NotoSansSymbols2-Regular.ttf"),
)


_DRAWN_BY: Final = ("pil", "freetype2", "raqm", "harfbuzz", "fribidi")


def families() -> frozenset[str]:
    """Names of the families that a document may ask for."""
    return frozenset({DEFAULT_FAMILY})


def known(family: str) -> bool:
    """Whether a family of that name comes with the engine."""
    return family.strip().lower() in _FAMILIES


def typefaces(family: str, weight: int) -> tuple[Typeface, ...]:
    """What to draw with, in order of preference: the family's nearest weight, then the fallbacks.

    An unknown family is replaced by the default one. Of two weights equally near, the lighter is taken up to 500 and
    the heavier above, as in CSS Fonts 4, section 5.2.
    """
    weights = _FAMILIES.get(family.strip().lower()) or _FAMILIES[DEFAULT_FAMILY.lower()]
    nearest = min(weights, key=lambda have: (abs(have - weight), have if weight <= 500 else -have))
    return (weights[nearest], *_FALLBACKS)


@lru_cache
def letters(face: Typeface) -> frozenset[int]:
    """The code points that a font can draw."""
    with TTFont(face.path, lazy=True) as font:
        return frozenset(font.getBestCmap())


def load(face: Typeface, size_px: float) -> ImageFont.FreeTypeFont:
    """A font ready to draw, shaped by HarfBuzz. Not cached: FreeType's faces are not for several threads at once."""
    return ImageFont.truetype(face.path, size_px, layout_engine=ImageFont.Layout.RAQM)


@lru_cache
def digest() -> str:
    """SHA-256 (hex) over all the fonts and what draws with them, for content keys."""
    whole = hashlib.sha256(" ".join(f"{name} {features.version(name)}" for name in _DRAWN_BY).encode())
    for path in sorted(path for path in FOLDER.iterdir() if path.suffix in {".otf", ".ttf"}):
        whole.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()
