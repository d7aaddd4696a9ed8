"""Writes the documents that show one thing in all its kinds: transitions, easings, blend modes and filters."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
INK, PAPER, CORAL, TEAL, VIOLET, GOLD = "#0f1216", "#f5f1e8", "#ff5a36", "#2ec4b6", "#7a5cff", "#ffd23f"
PHOTOS = ["coffee", "rocket", "cat", "deep-field"]
TRANSITIONS = [
    "fade", "reveal", "wipeLeft", "wipeRight", "wipeUp", "wipeDown", "slideLeft", "slideRight", "slideUp", "slideDown",
    "carouselLeft", "carouselRight", "carouselUp", "carouselDown", "shuffleTopRight", "shuffleRightTop",
    "shuffleRightBottom", "shuffleBottomRight", "shuffleBottomLeft", "shuffleLeftBottom", "shuffleLeftTop",
    "shuffleTopLeft", "zoom", "circle", "iris", "clock", "barnDoor", "blinds", "diagonal", "pixelate", "blur", "spin",
    "flip", "pop", "glitch",
]  # fmt: skip
EASINGS = ["linear", "hold", "ease", "easeIn", "easeOut", "easeInOut"] + [
    f"ease{way}{name}"
    for name in ("Sine", "Quad", "Cubic", "Quart", "Quint", "Expo", "Circ", "Back", "Elastic", "Bounce")
    for way in ("In", "Out", "InOut")
]
BLENDS = [
    "normal", "multiply", "screen", "overlay", "darken", "lighten", "color-dodge", "color-burn", "hard-light",
    "soft-light", "difference", "exclusion", "add", "subtract", "divide", "hue", "saturation", "color", "luminosity",
]  # fmt: skip
FILTERS = [
    "blur", "boost", "contrast", "darken", "greyscale", "lighten", "muted", "negative", "sepia", "sharpen", "vignette",
    "grain", "pixelate", "brightness", "saturation", "hue", "gamma",
]  # fmt: skip
AMOUNTS = {"brightness": 1.4, "saturation": 1.8, "hue": 120, "gamma": 1.6}
"""Of the filters that do nothing unless they are told how much."""
Clip = dict[str, Any]


def label(text: str, size: int = 26, color: str = PAPER) -> Clip:
    return {"type": "text", "text": text, "font": {"size": size, "weight": 600, "color": color}, "shadow": None}


def transitions() -> dict[str, Any]:
    """Photographs that follow each other, each in its own way."""
    step = 1.5
    names: list[Clip] = []
    shown: list[Clip] = [{"asset": photo(PHOTOS[-1]), "start": 0, "length": 1}]
    for number, name in enumerate(TRANSITIONS):
        start = 1 + number * step
        shown.append(
            {
                "asset": photo(PHOTOS[number % len(PHOTOS)]),
                "start": start,
                "length": step,
                "transition": {"in": name, "duration": 0.9, "cross": True},
            }
        )
        names.append(
            {
                "asset": {
                    **label(name, 40),
                    "background": {"color": INK, "opacity": 0.8, "padding": 16, "radius": 14},
                },
                "start": start,
                "length": step,
                "position": "bottom",
            }
        )
    return edit((1280, 720), [names, shown], poster=35.95)


def easings() -> dict[str, Any]:
    """A race: every disc takes the same two seconds."""
    rows, tracks = len(EASINGS) // 3, []
    for number, name in enumerate(EASINGS):
        column, row = divmod(number, rows)
        x, y = 0.06 + column * 0.325, 0.066 + row * 0.0755
        track = {"asset": shape("rectangle", "#262b33", radius=3), "size": {"width": 250, "height": 6}}
        disc = {"asset": shape("ellipse", [CORAL, TEAL, GOLD][column]), "size": {"width": 26, "height": 26}}
        there = round(x + 224 / 1280, 4)
        moves = [
            {"at": 0.4, "value": x, "easing": name},
            {"at": 2.4, "value": there, "easing": "hold"},
            {"at": 3.0, "value": there, "easing": name},
            {"at": 5.0, "value": x},
        ]
        tracks.append([{**disc, **whole(), "position": "top-left", "offset": {"x": moves, "y": round(y + 0.034, 4)}}])
        tracks.append([{**track, **whole(), "position": "top-left", "offset": {"x": x, "y": round(y + 0.048, 4)}}])
        text = {"asset": label(name, 20, "#aab2bd"), **whole(), "position": "top-left"}
        tracks.append([{**text, "offset": {"x": round(x - 0.028, 4), "y": round(y - 0.05, 4)}}])
    discs, lines, words = tracks[0::3], tracks[1::3], tracks[2::3]
    merged = [[clip for group in kind for clip in group] for kind in (discs, words, lines)]
    return edit((1280, 720), merged, seconds=5.4, poster=1.2)


def sheet(names: list[str], columns: int, make: Any, poster: float) -> dict[str, Any]:
    """A grid of small pictures with their names; a last row that is not full stands in the middle."""
    width, height, top = 1280 // columns, 720 // -(-len(names) // columns), 8
    missing = -len(names) % columns
    pictures: list[Clip] = []
    words: list[Clip] = []
    for number, name in enumerate(names):
        row, column = divmod(number, columns)
        shift = missing * width // 2 if row == (len(names) - 1) // columns else 0
        offset = {"x": round((column * width + shift + 6) / 1280, 5), "y": round((row * height + top) / 720, 5)}
        box = {"size": {"width": width - 12, "height": height - 44}, "position": "top-left", "radius": 10}
        pictures += [{**clip, **box, **whole(), "offset": offset} for clip in make(name)]
        place = {"x": offset["x"] - 0.026, "y": round((row * height + height - 36) / 720 - 0.046, 5)}
        words.append({"asset": label(name, 20), **whole(), "position": "top-left", "offset": place})
    return edit((1280, 720), [words, pictures], seconds=3, poster=poster)


def blended(name: str) -> list[Clip]:
    base = {"asset": photo("coffee")}
    top = {"asset": {"type": "gradient", "form": "linear", "angle": 30, "stops": stops(VIOLET, GOLD)}}
    return [base, {**top, "blend": name}]


def filtered(name: str) -> list[Clip]:
    amount = AMOUNTS.get(name)
    return [{"asset": photo("cat"), "filters": [name if amount is None else {"type": name, "amount": amount}]}]


def photo(name: str) -> Clip:
    return {"type": "image", "src": f"media/{name}.jpg"}


def shape(form: str, fill: str, radius: int = 0) -> Clip:
    return {"type": "shape", "form": form, "fill": fill, **({"radius": radius} if radius else {})}


def stops(*colors: str) -> list[Clip]:
    return [{"color": color} for color in colors]


def whole() -> Clip:
    return {"start": 0, "length": "end"}


def edit(
    size: tuple[int, int], tracks: list[list[Clip]], *, seconds: float | None = None, poster: float
) -> dict[str, Any]:
    output = {"format": "mp4", "width": size[0], "height": size[1], "fps": 30, "poster": {"at": poster}}
    timeline: dict[str, Any] = {"background": INK, "tracks": [{"clips": clips} for clips in tracks]}
    timeline["soundtrack"] = {"src": "hello/media/music.m4a", "loop": True, "crossfade": 1}
    return {"output": output, "timeline": timeline if seconds is None else {**timeline, "duration": seconds}}


def documents() -> dict[str, dict[str, Any]]:
    """Every sheet by its name."""
    return {
        "transitions": transitions(),
        "easings": easings(),
        "blends": sheet(BLENDS, 5, blended, 1),
        "filters": sheet(FILTERS, 6, filtered, 1),
    }


if __name__ == "__main__":
    for name, document in documents().items():
        (HERE / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
        print("wrote", name)
