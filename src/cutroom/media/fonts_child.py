"""Reads a font file with fontTools and draws letters with FreeType: a program that `fonts.py` starts and kills.

Run as `python -I fonts_child.py PATH MOST_FACES`; it answers with JSON: `{"faces": […]}`, or `{"error": …}`. Imports
nothing of ours. What a hostile font makes it do ends with its limits of memory and time.
"""

import json
import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any

from fontTools.ttLib import TTCollection, TTFont
from PIL import ImageFont, features

WEIGHTS = range(100, 1000, 100)
LONGEST_NAME = 100
MOST_NAMES = 32
# Family; full name of a face; its PostScript name, as files are named; typographic family; family without design axes.
NAME_IDS = (21, 16, 1, 4, 6)
MOST_LETTERS = 200_000  # Unicode 17 has 160,000 characters; a file has at most 65,535 outlines for them
DRAWN = 64
SIZE_PX = 32
REGULAR = 400


class Unfit(Exception):
    """Ends the program with a code for `fonts.py`."""


def main() -> None:
    """Answer."""
    path, most = sys.argv[1], int(sys.argv[2])
    answer: dict[str, Any]
    try:
        answer = {"faces": list(faces(path, most))}
    except Unfit as unfit:
        answer = {"error": str(unfit)}
    except Exception as error:  # noqa: BLE001 — fontTools raises whatever damaged bytes lead to
        answer = {"error": "damaged", "reason": repr(error)[:300]}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    os._exit(0)  # tearing down a hostile file's state is not our business


def faces(path: str, most: int) -> Iterator[dict[str, Any]]:
    """Every face of the file, as `FontFace` has it."""
    with open(path, "rb") as file:  # noqa: PTH123 — no pathlib: its import costs milliseconds
        head = file.read(12)
        file.seek(0)
        if head[:4] == b"ttcf":
            if int.from_bytes(head[8:12], "big") > most:
                raise Unfit("too_many_faces")
            fonts = TTCollection(file, lazy=True).fonts
        else:
            fonts = [TTFont(file, lazy=True)]
        for index, font in enumerate(fonts):
            yield from cuts(font, path, index)


def cuts(font: Any, path: str, index: int) -> Iterator[dict[str, Any]]:
    """One face at each weight that it can take."""
    letters = [code for code in font.getBestCmap() or () if not 0xD800 <= code < 0xE000]
    if not letters:
        raise Unfit("no_letters")
    if len(letters) > MOST_LETTERS:
        raise Unfit("too_many_letters")
    # Version 0 alone is what FreeType draws for us.
    color = "COLR" in font.reader and font.reader["COLR"][:2] == b"\0\0"
    if not draws(path, index, letters, color=color):
        raise Unfit("nothing_drawn")
    about, slanted = font.get("OS/2"), bool(font["head"].macStyle & 2)
    weight = REGULAR if about is None else int(about.usWeightClass)
    weight = min(max(weight * 100 if weight < 10 else weight, 1), 1000)  # some old fonts count from 1 to 9
    axes = font["fvar"].axes if "fvar" in font else ()
    span = next(((axis.minValue, axis.maxValue) for axis in axes if axis.axisTag == "wght"), None)
    weights: list[tuple[int, int | None]] = [(one, one) for one in WEIGHTS if span and span[0] <= one <= span[1]]
    for named, have in weights or [(weight, None)]:  # the one that it has, or has when nobody asks
        yield {
            "names": names(font),
            "weight": named,
            "italic": slanted or (about is not None and bool(about.fsSelection & 1)),
            "index": index,
            "color": color,
            "axes": [float(have if have and axis.axisTag == "wght" else axis.defaultValue) for axis in axes],
        }


def names(font: Any) -> list[str]:
    """What the font calls itself, its family's name in English first; empty when it does not."""
    if "name" not in font:
        return []
    table = font["name"]
    found = [table.getBestFamilyName(), *(table.getDebugName(number) for number in NAME_IDS)]
    found += [record.toUnicode("replace") for record in table.names if record.nameID in NAME_IDS]
    return list(dict.fromkeys(clean(name) for name in found if name and clean(name)))[:MOST_NAMES]


def clean(name: str) -> str:
    """A name without control characters, composed, and of a sensible length."""
    composed = unicodedata.normalize("NFC", name)
    return "".join(char for char in composed if unicodedata.category(char)[0] != "C").strip()[:LONGEST_NAME].strip()


def draws(path: str, index: int, letters: list[int], *, color: bool) -> bool:
    """Whether any of its letters leaves ink."""
    engine = ImageFont.Layout.RAQM if features.check("raqm") else ImageFont.Layout.BASIC
    pen = ImageFont.truetype(path, SIZE_PX, index=index, layout_engine=engine)
    inked = False
    for code in sample(letters):
        inked = pen.getmask(chr(code), mode="RGBA" if color else "L").getbbox() is not None or inked
    return inked


def sample(letters: list[int]) -> Iterable[int]:
    """Some letters from everywhere in the font, those of English first."""
    seen = [code for code in letters if unicodedata.category(chr(code))[0] in "LNPS"]
    plain = [code for code in seen if code < 0x7F and chr(code).isalnum()]
    return list(dict.fromkeys([*plain, *seen[:: max(1, len(seen) // DRAWN)]]))[: 2 * DRAWN]


if __name__ == "__main__":
    main()
