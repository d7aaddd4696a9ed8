"""Fonts for tests: a bundled one under another name, and such as wear a reader out or lead it astray."""

import struct
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.fontBuilder import FontBuilder
from fontTools.misc.psCharStrings import T2CharString
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont, newTable
from fontTools.ttLib.tables.ttProgram import Program

BUNDLE: Final = Path(__file__).parents[2] / "src/cutroom/render/lettering/fonts"


def cast(path: Path, family: str, *, source: str = "Anton-Regular.ttf", style: str = "Regular", **changes: Any) -> Path:
    """A bundled font under another name: `flavor` packs it, `weight` and `letters` (what it keeps) change it."""
    font = TTFont(BUNDLE / source)
    for record in font["name"].names:
        new = {1: family, 16: family, 4: f"{family} {style}", 6: f"{family.replace(' ', '')}-{style}", 17: style}
        record.string = new.get(record.nameID, record.toUnicode())
    if "weight" in changes:
        font["OS/2"].usWeightClass = changes["weight"]
    if "letters" in changes:
        for table in font["cmap"].tables:
            table.cmap = {code: name for code, name in table.cmap.items() if chr(code) in changes["letters"]}
    font.flavor = changes.get("flavor")
    font.save(path)
    return path


def collection(path: Path, family: str, weights: Mapping[int, str]) -> Path:
    """A TTC of bundled fonts, by weight."""
    made = TTCollection()
    for weight, source in weights.items():
        cast(path.with_suffix(".part"), family, source=source, weight=weight)
        made.fonts.append(TTFont(path.with_suffix(".part")))
    made.save(path)
    path.with_suffix(".part").unlink()
    return path


def _square(size: int = 500) -> Any:
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, size), (size, size), (size, 0)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()


def _built(path: Path, glyphs: Mapping[str, Any], cmap: Mapping[int, str], change: Callable[[TTFont], None]) -> Path:
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap(dict(cmap))
    builder.setupGlyf(dict(glyphs))
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (600, 0)))
    _finished(builder, path, change)
    return path


def _finished(builder: FontBuilder, path: Path, change: Callable[[TTFont], None]) -> None:
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": "Hostile", "styleName": "Regular"})
    builder.setupOS2()
    builder.setupPost()
    change(builder.font)
    builder.save(path)


def _letters(change: Callable[[TTFont], None], path: Path) -> Path:
    names = ("A", "B", "C")
    glyphs = {".notdef": _square(), **{name: _square() for name in names}}
    return _built(path, glyphs, {ord(name): name for name in names}, change)


def _nothing(font: TTFont) -> None:
    """A font that is in order."""


def many_letters(path: Path) -> Path:
    """A character map of twelve bytes for four thousand million letters, a hundred times."""
    groups = b"".join(struct.pack(">III", 0, 0xFFFFFFFF, 1) for _ in range(100))
    subtable = struct.pack(">HHIII", 12, 0, 16 + len(groups), 0, 100) + groups
    table = newTable("cmap")
    table.data = struct.pack(">HHHHI", 0, 1, 3, 10, 12) + subtable

    _letters(_nothing, path)
    return _with_raw(path, b"cmap", table.data)


def _with_raw(path: Path, tag: bytes, data: bytes) -> Path:
    """The font with the bytes of one table replaced."""
    raw = bytearray(path.read_bytes())
    (count,) = struct.unpack_from(">H", raw, 4)
    for number in range(count):
        place = 12 + 16 * number
        if raw[place : place + 4] == tag:
            struct.pack_into(">II", raw, place + 8, len(raw), len(data))
    path.write_bytes(bytes(raw) + data)
    return path


def composites(path: Path) -> Path:
    """Letters made of ten letters each, twenty-four deep: 10^24 squares."""
    names = [f"g{level}" for level in range(25)]
    glyphs: dict[str, Any] = {".notdef": _square(), names[0]: _square()}
    for below, name in pairwise(names):
        pen = TTGlyphPen(dict.fromkeys(glyphs))
        for number in range(10):
            pen.addComponent(below, (1, 0, 0, 1, number, number))
        glyphs[name] = pen.glyph()

    def deep(font: TTFont) -> None:
        font["maxp"].recalc = lambda _: None  # counting would take as long as drawing
        font["maxp"].maxComponentDepth = 65535

    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(glyphs))
    builder.setupCharacterMap({ord("A"): names[-1]})
    builder.setupGlyf(glyphs, calcGlyphBounds=False)
    for glyph in glyphs.values():
        glyph.xMin = glyph.yMin = 0
        glyph.xMax = glyph.yMax = 500
    builder.setupHorizontalMetrics(dict.fromkeys(glyphs, (600, 0)))
    builder.font.recalcBBoxes = False
    _finished(builder, path, deep)
    return path


def growing(path: Path) -> Path:
    """Letters that become ten letters, sixteen times over."""
    lookups = "".join(f"lookup L{n} {{ sub A by {'A ' * 10}; }} L{n};\n" for n in range(16))
    used = "".join(f"lookup L{n};\n" for n in range(16))
    return _letters(_features(f"{lookups}feature ccmp {{\n{used}}} ccmp;"), path)


def circling(path: Path) -> Path:
    """A substitution that calls itself for what follows, without end."""

    def change(font: TTFont) -> None:
        _features(
            "lookup L1 { sub A by B; } L1; lookup L0 { sub A' lookup L1 A'; } L0; feature ccmp { lookup L0; } ccmp;"
        )(font)
        for lookup in font["GSUB"].table.LookupList.Lookup:
            for subtable in lookup.SubTable:
                for record in getattr(subtable, "SubstLookupRecord", []):
                    record.LookupListIndex = 1

    return _letters(change, path)


def _features(text: str) -> Callable[[TTFont], None]:
    return lambda font: addOpenTypeFeaturesFromString(font, text)


def endless(path: Path) -> Path:
    """A program for hinting that jumps back to its start."""

    def change(font: TTFont) -> None:
        font["prep"] = prep = newTable("prep")
        prep.program = Program()
        prep.program.fromBytecode(bytes([0xB8, 0xFF, 0xFD, 0x1C]))  # PUSHW[] -3, JMPR[]
        font["maxp"].maxStackElements = 100

    return _letters(change, path)


def subroutines(path: Path) -> Path:
    """Outlines of subroutines that call each other ten deep, three hundred times each."""
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder([".notdef", "A"])
    builder.setupCharacterMap({ord("A"): "A"})
    pen = T2CharStringPen(600, None)
    pen.moveTo((0, 0))
    pen.lineTo((500, 500))
    pen.closePath()
    box = pen.getCharString()
    builder.setupCFF(
        "Hostile-Regular", {}, {".notdef": box, "A": T2CharString(program=[-107, "callgsubr", "endchar"])}, {}
    )
    builder.setupHorizontalMetrics({".notdef": (600, 0), "A": (600, 0)})

    def change(font: TTFont) -> None:
        gsubrs = font["CFF "].cff.GlobalSubrs
        for level in range(9):
            gsubrs.append(T2CharString(program=[*([level - 106, "callgsubr"] * 300), "return"]))
        gsubrs.append(T2CharString(program=[*([1, 1, "rlineto"] * 300), "return"]))

    builder.font.recalcBBoxes = False  # which takes as long as drawing
    _finished(builder, path, change)
    return path


def crowded(path: Path) -> Path:
    """A collection that claims to hold four thousand million fonts."""
    path.write_bytes(b"ttcf" + struct.pack(">HHI", 1, 0, 0xFFFFFFFF) + bytes(4096))
    return path


def voiceless(path: Path) -> Path:
    """A font without a map from letters to outlines."""
    return _built(path, {".notdef": _square()}, {}, _nothing)


def inkless(path: Path) -> Path:
    """A font whose letters have no outlines."""
    glyphs = {".notdef": TTGlyphPen(None).glyph(), "A": TTGlyphPen(None).glyph()}
    return _built(path, glyphs, {65: "A"}, _nothing)


def nameless(path: Path) -> Path:
    """A font that does not say what it is called."""
    return _letters(lambda font: font["name"].names.clear(), path)


def rude(path: Path, name: str) -> Path:
    """A font that calls itself what it likes."""

    def change(font: TTFont) -> None:
        font["name"].names = [record for record in font["name"].names if record.platformID == 3]
        for record in font["name"].names:
            record.string = name

    return _letters(change, path)


def cut_off(path: Path) -> Path:
    """Half of a font."""
    whole = (BUNDLE / "Anton-Regular.ttf").read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    return path
