"""Films of people and things on known paths, for what a narrow crop must not miss."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bench.quality.corpus.drawing import SKINS, Picture, noisy, person, room
from bench.quality.corpus.filming import film

WIDTH, HEIGHT = 1280, 720
Box = tuple[float, float, float, float]
"""Left, top, right and bottom of a subject, in pixels."""
Draw = Callable[[int, Picture | None], Box | None]
"""Draws a frame onto the picture that it gets, if any, and says where the subject is."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A shot: what is to be seen at each of its frames, and what must not be missed.

    Args:
        name: for tables.
        frames: how many.
        draw: draws it, and says where the subject is; None when there is none.
        seed: of the room.
        still: whether neither camera nor subject moves, so that a crop must not either.
    """

    name: str
    frames: int
    draw: Draw
    seed: int
    still: bool


def _boxed(x: float, y: float, size: float) -> Box:
    return (x - 0.39 * size, y - 0.5 * size, x + 0.39 * size, y + 0.5 * size)


def _draw(
    onto: Picture | None, center: tuple[float, float], size: int, skin: tuple[int, int, int], mouth: float = 0.0
) -> None:
    if onto is not None:
        person(onto, center, size, skin, mouth)


def _sitting(x: float, y: float, size: int, tone: int = 0) -> Draw:
    """Somebody who talks to the camera, and nods."""

    def draw(number: int, onto: Picture | None) -> Box:
        at = (x + 5 * np.sin(number / 13), y + 4 * np.sin(number / 7))
        _draw(onto, at, size, SKINS[tone], mouth=abs(np.sin(number / 2.2)))
        return _boxed(*at, size)

    return draw


def _walking(first: float, last: float, frames: int, size: int) -> Draw:
    """Somebody who walks through the picture, faster in the middle of the way, and stops."""

    def draw(number: int, onto: Picture | None) -> Box:
        share = min(1.0, max(0.0, (number - 30) / (frames - 60)))
        x = first + (last - first) * (0.5 - 0.5 * np.cos(np.pi * share))
        y = 280 + 6 * np.sin(number / 4)
        _draw(onto, (x, y), size, SKINS[1], mouth=abs(np.sin(number / 3)))
        return _boxed(x, y, size)

    return draw


def _to_and_fro(frames: int) -> Draw:
    """Somebody who walks up and down before a board."""

    def draw(number: int, onto: Picture | None) -> Box:
        x = 640 - 420 * np.cos(2 * np.pi * number / frames)
        _draw(onto, (x, 300), 150, SKINS[2])
        return _boxed(x, 300, 150)

    return draw


def _interview(number: int, onto: Picture | None) -> Box:
    """Two people far apart, of whom the right one speaks, and sits nearer."""
    _draw(onto, (260 + 3 * np.sin(number / 9), 330), 150, SKINS[1])
    at = (980 + 4 * np.sin(number / 11), 310)
    _draw(onto, at, 190, SKINS[0], mouth=abs(np.sin(number / 2)))
    return _boxed(*at, 190)


def _couple(number: int, onto: Picture | None) -> Box:
    """Two people side by side, who fit one crop."""
    _draw(onto, (560, 320), 130, SKINS[0], mouth=abs(np.sin(number / 2)))
    _draw(onto, (735, 330), 130, SKINS[2], mouth=abs(np.sin(number / 3)))
    return 560 - 51, 255, 735 + 51, 395


def _ball(number: int, onto: Picture | None) -> Box:
    """Something that is no face, and moves."""
    x, y = 640 + 380 * np.sin(number / 45), 420 - abs(150 * np.sin(number / 8))
    if onto is not None:
        cv2.circle(onto, (round(x), round(y)), 45, (30, 30, 220), -1, cv2.LINE_AA)
    return x - 45, y - 45, x + 45, y + 45


def _nothing(number: int, onto: Picture | None) -> None:
    """An empty room."""


SCENES = (
    Scene("sits on the left", 120, _sitting(300, 280, 200), 101, still=True),
    Scene("sits on the right", 90, _sitting(1010, 300, 170, 1), 102, still=True),
    Scene("walks through", 240, _walking(180, 1100, 240, 170), 103, still=False),
    Scene("two, far apart", 150, _interview, 104, still=True),
    Scene("two, close", 90, _couple, 105, still=True),
    Scene("walks up and down", 300, _to_and_fro(300), 106, still=False),
    Scene("a ball", 150, _ball, 107, still=False),
    Scene("nothing", 60, _nothing, 108, still=True),
)


@dataclass(frozen=True, slots=True)
class SubjectFilm:
    """A film of all scenes, one after the other, and where the subject is at each frame."""

    path: Path
    scenes: tuple[Scene, ...]
    boxes: tuple[Box | None, ...]


def subject_film(folder: Path, scenes: tuple[Scene, ...] = SCENES, name: str = "subjects.mp4") -> SubjectFilm:
    """The film, made when it is not there."""
    boxes = [scene.draw(number, None) for scene in scenes for number in range(scene.frames)]
    return SubjectFilm(film(folder / name, _pictures(scenes)), scenes, tuple(boxes))


def _pictures(scenes: tuple[Scene, ...]) -> Iterator[Picture]:
    rng = np.random.default_rng(3)
    for scene in scenes:
        behind = room(scene.seed, WIDTH, HEIGHT)
        for number in range(scene.frames):
            picture = behind.copy()
            scene.draw(number, picture)
            yield noisy(picture, rng, 2.0)
