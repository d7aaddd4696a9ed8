"""Wrong documents, each with the code and the JSON pointer that the refusal must name.

Used by the tests of `parse` and, over HTTP, by the tests of the API. A document of bytes is refused before it is a
document: there the code is the error's own, and `pointer` is "".
"""

import copy
from dataclasses import dataclass
from typing import Any

Document = Any


@dataclass(frozen=True)
class Wrong:
    """One wrong document (JSON data, or the raw body) and what is said about it."""

    name: str
    document: Document | bytes
    code: str
    pointer: str


GOOD: Document = {
    "output": {"format": "mp4", "width": 640, "height": 360, "fps": 30, "quality": "low"},
    "timeline": {
        "background": "#101418",
        "tracks": [
            {"clips": [{"asset": {"type": "text", "text": "Hello"}, "start": 0.5, "length": 2, "position": "center"}]},
            {
                "clips": [
                    {"asset": {"type": "video", "src": "https://media.example/a.mp4"}, "trim": 1.5, "length": 3},
                    {"asset": {"type": "image", "src": "asset:ast_1"}, "start": "auto", "transition": {"in": "fade"}},
                    {"asset": {"type": "color", "color": "#fff"}, "length": 1},
                ]
            },
            {"clips": [{"asset": {"type": "audio", "src": "https://media.example/a.mp3"}, "length": 2, "fadeIn": 1}]},
        ],
        "soundtrack": {"src": "https://media.example/m.mp3", "volume": 0.5, "loop": True},
    },
}
"""A document that is accepted; the wrong ones are this one with something changed."""

TEXT, VIDEO, IMAGE, COLOR, AUDIO = (
    "/timeline/tracks/0/clips/0",
    "/timeline/tracks/1/clips/0",
    "/timeline/tracks/1/clips/1",
    "/timeline/tracks/1/clips/2",
    "/timeline/tracks/2/clips/0",
)
REMOVED = object()


def changed(pointer: str, value: Any) -> Document:
    """The good document with another value at `pointer`, which may be new there."""
    document = copy.deepcopy(GOOD)
    *path, last = pointer.removeprefix("/").split("/")
    here = document
    for part in path:
        here = here[int(part)] if isinstance(here, list) else here[part]
    key: Any = int(last) if isinstance(here, list) else last
    if value is REMOVED:
        del here[key]
    else:
        here[key] = value
    return document


def wrong(name: str, pointer: str, value: Any, code: str, says: str | None = None) -> Wrong:
    return Wrong(name, changed(pointer, value), code, pointer if says is None else says)


def track(*clips: Any) -> Document:
    return {"timeline": {"tracks": [{"clips": list(clips)}]}}


STILL = {"asset": {"type": "color", "color": "#fff"}}
