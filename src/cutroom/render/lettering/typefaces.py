"""The fonts that text is drawn with: those that come with the engine, an operator's, and a document's own.

A machine's own fonts are never used unasked, so that a text looks the same wherever it is drawn. What a family lacks
comes from the fallbacks: Noto Sans for the scripts of the world, Twemoji for emoji, then the operator's families.

The operator's lie in folders that the whole process knows. A document's own belong to its texts alone, which name the
files by SHA-256; they are strangers', and only a child in a box opens them.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from PIL import ImageFont, features

from cutroom.kit.errors import Invalid, Unavailable
from cutroom.kit.later import later
from cutroom.media.info import nearest
from cutroom.timeline.resolved import TextStyle

if TYPE_CHECKING:
    from fontTools import ttLib
else:
    ttLib = later("fontTools.ttLib")  # noqa: N816 — its name

FOLDER: Final = Path(str(files("cutroom.render.lettering").joinpath("fonts")))
DEFAULT_FAMILY: Final = "Inter"
_KINDS: Final = frozenset({".ttf", ".otf", ".ttc"})
_DRAWN_BY: Final = ("pil", "freetype2", "raqm", "harfbuzz", "fribidi")
_NAMED_WEIGHTS: Final = range(100, 1000, 100)


@dataclass(frozen=True, slots=True)
class Typeface:
    """One face of one font file.

    Args:
        path: where the file lies.
        index: which face of a collection.
        color: whether it holds coloured pictures (COLR), drawn as they are.
        slanted: to be slanted when drawn, because the family has no italic.
        axes: values of a variable font's axes, in the font's order; empty for any other font.
    """

    path: Path
    index: int = 0
    color: bool = False
    slanted: bool = False
    axes: tuple[float, ...] = ()

    @property
    def file(self) -> str:
        """Name of the file."""
        return self.path.name


Faces = Mapping[tuple[int, bool], Typeface]
"""The faces of a family by weight and whether it is the italic."""


@dataclass(frozen=True, slots=True)
class Family:
    """A family by the name that a document gives it."""

    name: str
    faces: Faces

    def nearest(self, weight: int, *, italic: bool) -> Typeface:
        """The face that is nearest; without an italic near the weight the upright one, slanted."""
        key = nearest(self.faces, weight, italic=italic)
        face = self.faces[key]
        if italic and not key[1]:
            return Typeface(face.path, face.index, face.color, slanted=True, axes=face.axes)
        return face


@dataclass(frozen=True, slots=True)
class _Catalogue:
    families: Mapping[str, Family]
    folders: tuple[Path, ...] = ()
    added: tuple[Family, ...] = field(default=())


def _bundled(name: str, **weights: int) -> Family:
    """A family of files `NameStyle`: `Regular=400`; a style that ends with Italic is one."""
    stem = name.replace(" ", "")
    faces: dict[tuple[int, bool], Typeface] = {}
    for style, weight in weights.items():
        path = next(FOLDER / f"{stem}-{style}{kind}" for kind in (".otf", ".ttf") if _lies(f"{stem}-{style}{kind}"))
        faces[weight, style.endswith("Italic")] = Typeface(path)
    return Family(name, MappingProxyType(faces))


def _lies(file: str) -> bool:
    return (FOLDER / file).is_file()


_OWN: Final = (
    _bundled("Inter", Light=300, Regular=400, SemiBold=600, Bold=700, Black=900, Italic=400, BoldItalic=700),
    _bundled("Anton", Regular=400),
    _bundled("Caveat", Bold=700),
    _bundled("Fredoka", Regular=400, SemiBold=600),
    _bundled("JetBrains Mono", Regular=400, Bold=700),
    _bundled("Montserrat", Medium=500, Bold=700, Black=900),
    _bundled("Playfair Display", Regular=400, Black=900, Italic=400),
)
_SCRIPTS: Final = (
    *(
        _bundled(f"Noto Sans {script}", Regular=400, Bold=700)
        for script in ("Arabic", "Hebrew", "Devanagari", "Bengali", "Tamil", "Thai", "Armenian", "Georgian")
    ),
    *(
        _bundled(f"Noto Sans {script}", Regular=400)
        for script in (
            "Gujarati",
            "Gurmukhi",
            "Telugu",
            "Kannada",
            "Malayalam",
            "Sinhala",
            "Khmer",
            "Lao",
            "Myanmar",
            "Ethiopic",
            "Symbols2",
        )
    ),
)
EMOJI: Final = Typeface(FOLDER / "TwemojiColor.ttf", color=True)
_BUNDLE: Final = _Catalogue(MappingProxyType({family.name.casefold(): family for family in _OWN}))
NO_FILES: Final[Mapping[str, str]] = MappingProxyType({})
_now: list[_Catalogue] = [_BUNDLE]  # the operator's choice, made once when a process starts


def use(folders: Iterable[Path]) -> None:
    """Add the families of all fonts in some folders, and below them, for the whole process.

    They may be named in documents, and are the last fallback for letters that no bundled font has. Calling it again
    replaces the folders; a bundled family is never replaced. Every process that lays out or draws text must be told
    the same folders: `folders()` gives them.

    Raises:
        Invalid: `font_folder_missing` for a folder that cannot be read, `font_damaged` for a file that is no font.
    """
    chosen = tuple(Path(folder).absolute() for folder in folders)
    found: dict[str, dict[tuple[int, bool], Typeface]] = {}
    names: dict[str, str] = {}
    for path in _fonts(chosen):
        for name, weight, italic, face in _read(path):
            names.setdefault(name.casefold(), name)
            found.setdefault(name.casefold(), {}).setdefault((weight, italic), face)
    added = tuple(
        Family(names[key], MappingProxyType(faces))
        for key, faces in sorted(found.items())
        if key not in _BUNDLE.families
    )
    families = {**{family.name.casefold(): family for family in added}, **_BUNDLE.families}
    _now[0] = _Catalogue(MappingProxyType(families), chosen, added)
    digest.cache_clear()


def folders() -> tuple[Path, ...]:
    """The folders that `use` was given."""
    return _now[0].folders


def families() -> frozenset[str]:
    """Names of the families that a document may ask for."""
    return frozenset(family.name for family in _now[0].families.values())


def known(family: str) -> bool:
    """Whether there is a family of that name."""
    return family.strip().casefold() in _now[0].families


def faces_of(style: TextStyle, files: Mapping[str, str]) -> tuple[Typeface, ...]:
    """What to draw a text with, in order of preference.

    Args:
        style: of the text.
        files: where the fonts lie that the document brings, by SHA-256; a process without them opens none.
    """
    own = [Typeface(Path(files[one.sha256]), one.index, one.color, one.slanted, one.axes) for one in style.faces]
    return (*own, *typefaces(style.family, style.weight, italic=style.italic))


def typefaces(family: str, weight: int, *, italic: bool = False) -> tuple[Typeface, ...]:
    """What to draw with, in order of preference: the family's nearest face, then the fallbacks in that weight.

    An unknown family is replaced by the default one. Fallbacks are not slanted: no script but Latin, Greek and Cyrillic
    has that custom.
    """
    catalogue = _now[0]
    first = catalogue.families.get(family.strip().casefold()) or catalogue.families[DEFAULT_FAMILY.casefold()]
    default = catalogue.families[DEFAULT_FAMILY.casefold()]
    own = [one.nearest(weight, italic=italic) for one in (first, default)]
    scripts = [script.nearest(weight, italic=False) for script in _SCRIPTS]
    added = [family.nearest(weight, italic=False) for family in catalogue.added]
    return tuple(dict.fromkeys((*own, *scripts, EMOJI, *added)))


@lru_cache(maxsize=512)
def letters(face: Typeface) -> frozenset[int]:
    """The code points that a font can draw."""
    with ttLib.TTFont(face.path, fontNumber=face.index, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


def load(face: Typeface, size_px: float) -> ImageFont.FreeTypeFont:
    """A font ready to draw, shaped by HarfBuzz. Not cached: FreeType's faces are not for several threads at once.

    Raises:
        Unavailable: `no_text_shaping`: Pillow brings HarfBuzz, but finds the library for right-to-left at run time.
    """
    if not _shapes():
        raise Unavailable("no_text_shaping", "No text can be set here: install libfribidi (Debian: libfribidi0).")
    font = ImageFont.truetype(face.path, size_px, index=face.index, layout_engine=ImageFont.Layout.RAQM)
    if face.axes:
        font.set_variation_by_axes(list(face.axes))
    return font


@lru_cache
def _shapes() -> bool:
    return bool(features.check("raqm"))


@lru_cache
def digest() -> str:
    """SHA-256 (hex) over all the fonts and what draws with them, for content keys."""
    whole = hashlib.sha256(" ".join(f"{name} {features.version(name)}" for name in _DRAWN_BY).encode())
    for path in _fonts((FOLDER, *_now[0].folders)):
        with path.open("rb") as file:
            whole.update(path.name.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()


def _fonts(places: Iterable[Path]) -> Iterator[Path]:
    for place in places:
        if not place.is_dir():
            raise Invalid(
                "font_folder_missing", f"There is no folder {place} to take fonts from; make it or leave it out."
            )
        yield from sorted(path for path in place.rglob("*") if path.suffix.lower() in _KINDS and path.is_file())


def _read(path: Path) -> Iterator[tuple[str, int, bool, Typeface]]:
    """Family, weight, whether italic, and face of everything in one file."""
    try:
        with path.open("rb") as file:
            if path.suffix.lower() == ".ttc":
                for index, font in enumerate(ttLib.TTCollection(file, lazy=True).fonts):
                    yield from _faces(font, path, index)
            else:
                yield from _faces(ttLib.TTFont(file, lazy=True), path, 0)
    except (ttLib.TTLibError, KeyError, OSError, AssertionError) as error:
        raise Invalid("font_damaged", f"{path} is no font that can be read; replace it or take it away.") from error


def _faces(font: Any, path: Path, index: int) -> Iterator[tuple[str, int, bool, Typeface]]:
    name = font["name"].getBestFamilyName() or path.stem
    weight, italic = int(font["OS/2"].usWeightClass), bool(font["head"].macStyle & 2)
    color = "COLR" in font or "CBDT" in font
    axes = font["fvar"].axes if "fvar" in font else ()
    span = next(((axis.minValue, axis.maxValue) for axis in axes if axis.axisTag == "wght"), None)
    weights = [have for have in _NAMED_WEIGHTS if span[0] <= have <= span[1]] if span is not None else [weight]
    for have in weights:
        values = tuple(float(have if axis.axisTag == "wght" else axis.defaultValue) for axis in axes)
        yield name, have, italic, Typeface(path, index, color, axes=values)
