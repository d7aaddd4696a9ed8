"""Films whose cuts are known to the frame, and what detectors take for cuts: flashes, pans, fades, night, slides."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from bench.quality.corpus.drawing import Picture, noisy, person, room
from bench.quality.corpus.filming import FPS, film

Scene = Callable[[int], Picture]
"""The picture that a camera sees at a frame of its shot."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The first frame of a shot; within how many frames it counts as found, and whether it comes through black."""

    frame: int
    within: int = 1
    faded: bool = False


@dataclass(slots=True)
class Story:
    """A film being put together: its frames (scene, frame of the scene, light), and where its shots begin."""

    frames: list[tuple[Scene, int, float]] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    grain: float = 2.0

    def shot(self, scene: Scene, frames: int, *, light: Callable[[int], float] = lambda _: 1.0) -> "Story":
        """Cut to a scene."""
        if self.frames:
            self.cuts.append(Cut(len(self.frames)))
        return self.go_on(scene, frames, light=light)

    def go_on(self, scene: Scene, frames: int, *, light: Callable[[int], float] = lambda _: 1.0) -> "Story":
        """The scene without a cut before it; `light` says how bright each frame is."""
        self.frames += [(scene, number, light(number)) for number in range(frames)]
        return self

    def through_black(self, scene: Scene, following: Scene, *, fade: int = 15, black: int = 4) -> "Story":
        """Fade `scene` out and the following one in; the cut is somewhere in the dark."""
        self.go_on(scene, fade, light=lambda n: 1 - n / fade)
        self.cuts.append(Cut(len(self.frames) + black // 2, within=black // 2 + 2, faded=True))
        self.go_on(scene, black, light=lambda _: 0.0)
        return self.go_on(following, fade, light=lambda n: n / fade)

    @property
    def pictures(self) -> Iterator[Picture]:
        """Its pictures, drawn as they are asked for."""
        rng = np.random.default_rng(7)
        for scene, number, bright in self.frames:
            picture = scene(number)
            if bright != 1.0:
                picture = np.asarray(np.clip(picture * bright, 0, 255), np.uint8)
            yield noisy(picture, rng, self.grain if bright else 0.0)


def still(seed: int, light: float = 1.0) -> Scene:
    """A camera on a tripod before an empty room."""
    seen = room(seed, light=light)
    return lambda _: seen


def talk(seed: int, x: float = 320) -> Scene:
    """Somebody who speaks and nods."""
    behind = room(seed)

    def scene(number: int) -> Picture:
        seen = behind.copy()
        nod = (x + 4 * np.sin(number / 9), 140 + 3 * np.sin(number / 5))
        person(seen, nod, 110, mouth=abs(np.sin(number / 2)))
        return seen

    return scene


def pan(seed: int, speed: float, start: int = 0) -> Scene:
    """A camera that turns by `speed` pixels a frame, from frame `start` on, as far as it can."""
    wide = room(seed, 4000)

    def scene(number: int) -> Picture:
        left = min(int(max(0, number - start) * speed), 4000 - 640)
        return wide[:, left : left + 640]

    return scene


def shaken(seed: int, amount: float) -> Scene:
    """A camera in a hand."""
    wide = room(seed, 800, 480)
    path = np.cumsum(np.random.default_rng(seed).normal(0, amount, (400, 2)), axis=0)
    path -= np.linspace(0, 1, 400)[:, None] * path[-1]

    def scene(number: int) -> Picture:
        x, y = (int(value) for value in np.clip(path[number] + (80, 60), 0, (160, 120)))
        return wide[y : y + 360, x : x + 640]

    return scene


def passing(seed: int) -> Scene:
    """Somebody large walks past the camera, close by, within 10 frames."""
    seen = room(seed)

    def scene(number: int) -> Picture:
        picture = seen.copy()
        left = (number - 10) * 100
        picture[:, max(0, left) : max(0, min(640, left + 420))] = (40, 50, 45)
        return picture

    return scene


def flashes(*at: int) -> Callable[[int], float]:
    """Light that goes off at some frames and dies down within three."""
    power = (9.0, 4.0, 1.6)
    return lambda number: max((power[number - one] for one in at if 0 <= number - one < len(power)), default=1.0)


def stories() -> dict[str, Story]:
    """All films by name."""
    hard = Story()
    for number, frames in enumerate((40, 14, 25, 70, 12, 33, 18, 60, 20, 45)):
        hard.shot(talk(number, 200 + 30 * number) if number % 2 else still(number), frames)
    two = Story()
    for number in range(8):
        two.shot(talk(50, 220) if number % 2 else talk(50, 430), 25)
    pans = Story().shot(still(20), 30).shot(pan(21, 45), 50).shot(pan(22, 120, start=15), 40).shot(still(23), 30)
    pans.shot(pan(24, 20), 60).shot(pan(25, 60), 40)
    flash = Story().shot(still(30), 60, light=flashes(12, 20, 41)).shot(talk(31), 60, light=flashes(15, 17, 30))
    flash.shot(still(32), 40, light=flashes(30))
    fades = Story().shot(still(40), 30)
    for seed in (40, 41, 42):
        fades.through_black(still(seed), still(seed + 1)).go_on(still(seed + 1), 40)
    fades.shot(still(45), 30)
    night = Story()
    for seed in range(60, 66):
        night.shot(still(seed, light=0.22), 30)
    slides = Story()
    for seed in range(70, 76):
        slides.shot(still(seed), 45)
    hand = Story().shot(shaken(80, 4), 50).shot(shaken(81, 8), 50).shot(passing(82), 40).shot(shaken(83, 6), 40)
    slow = Story(grain=0.0)  # what is repeated is repeated with its noise
    slow.shot(_repeated(pan(90, 30), 3), 60).shot(_repeated(pan(91, 25), 2), 60)
    slow.shot(_repeated(shaken(92, 12), 5), 60)
    return {
        "hard": hard, "two": two, "pans": pans, "flashes": flash, "fades": fades, "night": night, "slides": slides,
        "hand": hand, "repeats": slow,
    }  # fmt: skip


def _repeated(scene: Scene, times: int) -> Scene:
    return lambda number: scene(number // times * times)


@dataclass(frozen=True, slots=True)
class ShotFilm:
    """A film and where its shots begin; `times` are the milliseconds of its pictures when its rate varies."""

    path: Path
    cuts: tuple[Cut, ...]
    times: tuple[int, ...] | None = None


def shot_films(folder: Path) -> Iterator[ShotFilm]:
    """Every film, made when it is not there; one of them a second time, at a rate that varies."""
    told = stories()
    for name, story in told.items():
        yield ShotFilm(film(folder / f"{name}.mp4", story.pictures), tuple(story.cuts))
    varied = told["hard"]
    rng = np.random.default_rng(5)
    times = tuple(int(time) for time in np.cumsum(rng.integers(12, 90, len(varied.frames))))
    path = film(folder / "varied.mkv", varied.pictures, fps=Fraction(FPS), times=times)
    yield ShotFilm(path, tuple(varied.cuts), times)
