"""Draws the pictures of the gallery: a frame of every example, and one sheet of many of them for the README.

Run `python3 dev run python examples/make_pictures.py`, with the names of examples to draw only those.
"""

import asyncio
import json
import sys
from pathlib import Path

from PIL import Image

HERE = Path(__file__).parent
IMAGES = HERE.parent / "docs" / "images"
ROWS = [
    ["launch", "audiogram", "green-screen", "menu"],
    ["quote", "news", "short", "split"],
    ["sunday", "brush", "brand"],
    ["world", "page", "everything"],
    ["transitions", "filters", "blends", "easings"],
]
OTHERS = {"hello/timeline": 2.6, "sticker": 0.5, "page": 0}
"""Examples without a poster, and the second to show; a longform has no single pictures."""
SHEET, GAP, SIDE = 1640, 10, 480
PAPER = (15, 18, 22)


async def picture(name: str) -> Path:
    """Render the moment of an example that its poster shows, and keep it small."""
    document = json.loads((HERE / f"{name}.json").read_text("utf-8"))
    output = document["output"]
    at = output["poster"]["at"] if "poster" in output else OTHERS[name]
    shown = {"format": "png", "width": output["width"], "height": output["height"], "at": at}
    alone = {**document, "output": {**shown, "transparent": output.get("transparent", False)}, "outputs": []}
    target = IMAGES / "examples" / f"{name.partition('/')[0]}.jpg"
    large = target.with_suffix(".png")
    command = (sys.executable, "-m", "cutroom.app", "render", "-", "-o", str(large))
    folder = (HERE / f"{name}.json").parent
    child = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.PIPE, cwd=folder)
    await child.communicate(json.dumps(alone).encode())
    with Image.open(large) as found:
        frame = found.convert("RGBA")
    large.unlink()
    frame.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    paper = Image.new("RGBA", frame.size, (*PAPER, 255))
    Image.alpha_composite(paper, frame).convert("RGB").save(target, quality=86, optimize=True)
    return target


def sheet() -> None:
    """Lay the pictures out in rows of one width."""
    rows = []
    for names in ROWS:
        pictures = [Image.open(IMAGES / "examples" / f"{name}.jpg") for name in names]
        wide = sum(one.width / one.height for one in pictures)
        height = round((SHEET - GAP * (len(names) + 1)) / wide)
        rows.append((height, pictures))
    whole = Image.new("RGB", (SHEET, sum(height + GAP for height, _ in rows) + GAP), PAPER)
    top = GAP
    for height, pictures in rows:
        left = GAP
        for number, one in enumerate(pictures):
            last = number == len(pictures) - 1
            width = SHEET - GAP - left if last else round(height * one.width / one.height)
            whole.paste(one.resize((width, height), Image.Resampling.LANCZOS), (left, top))
            left += width + GAP
        top += height + GAP
    whole.save(IMAGES / "examples.jpg", quality=84, optimize=True)


async def main(wanted: list[str]) -> None:
    """Draw all pictures, or those named, and the sheet."""
    (IMAGES / "examples").mkdir(exist_ok=True)
    for name in wanted or dict.fromkeys([*(one for row in ROWS for one in row), *OTHERS]):
        print(await picture(name))
    sheet()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
