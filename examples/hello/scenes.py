"""Four scenes of one day; each is a function of the second that answers a picture."""

from collections.abc import Callable

import numpy as np
from landscape import (
    COLUMNS,
    HEIGHT,
    ROWS,
    WIDTH,
    Field,
    Picture,
    Ridge,
    Strip,
    chain,
    clouds,
    cover,
    disk,
    drifted,
    glow,
    pines,
    rgb,
    rolling,
    sky,
    smooth,
)

Scene = Callable[[float], Picture]


def wooded(
    seed: int, ground: Strip, spacing: float, height: float, base: float, colors: tuple[str, str], drift: float
) -> Ridge:
    """A hill with pines on it."""
    return Ridge(ground, base, colors[0], colors[1], 150, drift, pines(seed, ground, spacing, height))


def dawn() -> Scene:
    """Mountains in layers of mist; the sun comes up behind them."""
    air = sky(
        [(0, "#1b2750"), (0.28, "#43417a"), (0.47, "#99638f"), (0.62, "#ef9c84"), (0.74, "#ffd3a1"), (1, "#ffd3a1")]
    )
    haze = clouds(3, 7, 1.5)
    far = [
        Ridge(chain(11, 190, 420, 0.46), 520, "#b98aa0", "#f3b596", 190, 5),
        Ridge(chain(12, 200, 330, 0.47), 590, "#8a6b93", "#dd9d95", 190, 10),
        Ridge(chain(13, 190, 300, 0.46), 650, "#5d5282", "#b98093", 200, 18),
    ]
    near = [
        wooded(4, rolling(14, 90, (900, 410)), 15, 44, 640, ("#3a3a68", "#7f6287"), 32),
        wooded(5, rolling(15, 110, (1100, 380)), 22, 96, 740, ("#1b2044", "#2b2a52"), 54),
    ]

    def at(seconds: float) -> Picture:
        picture = air.copy()
        x, y = 842.0, 470 - 26 * seconds
        streaks = smooth(drifted(haze, 9 * seconds) * 1.5 - 0.25) * smooth(1 - np.abs(ROWS - 250) / 190)
        cover(picture, 0.3 * streaks, rgb("#ffb39c"))
        glow(picture, x, y, 270, "#ff9a6a", 0.75, 1.3)
        glow(picture, x, y, 90, "#ffe2b0", 0.9)
        disk(picture, x, y, 46, "#ffedc4")
        for ridge in far:
            ridge.paint(picture, seconds)
            glow(picture, x, y, 210, "#ff9e72", 0.22, 1.2)
        low = smooth(drifted(haze, 22 * seconds + 600) * 0.9 + 0.3) * smooth(1 - np.abs(ROWS - 560) / 95)
        cover(picture, 0.4 * low, rgb("#f7c3a8"))
        for ridge in near:
            ridge.paint(picture, seconds)
        return picture

    return at


def noon() -> Scene:
    """Green hills under travelling clouds."""
    air = sky([(0, "#2f83c0"), (0.35, "#6fb6dc"), (0.62, "#bfe3ea"), (0.75, "#e9f3e4"), (1, "#e9f3e4")])
    wisps = clouds(22, 6, 1.5)
    heap = clouds(24, 1.9, 1.62)
    hills = [
        Ridge(rolling(31, 60, (900, 430, 170)), 520, "#a8cfc4", "#cfe6d4", 120, 5),
        Ridge(rolling(32, 90, (820, 370)), 575, "#79b5a0", "#a9d3b4", 130, 11),
        Ridge(rolling(33, 110, (1000, 460)), 640, "#4d967c", "#86bd96", 150, 20),
        wooded(6, rolling(34, 120, (1200, 520)), 26, 46, 690, ("#2b6d59", "#4f9474"), 34),
        wooded(7, rolling(35, 90, (1300, 450)), 24, 90, 745, ("#123e3a", "#1d5549"), 56),
    ]

    def at(seconds: float) -> Picture:
        picture = air.copy()
        veil = smooth(drifted(wisps, 14 * seconds) * 1.2) * smooth(1 - np.abs(ROWS - 160) / 230)
        cover(picture, 0.45 * veil, rgb("#ffffff"))
        band = smooth(1 - np.abs(ROWS - 265) / 215)
        mass = drifted(heap, 26 * seconds + 300)
        body = smooth((mass + 0.42 * band - 0.36) * 2.2) * band
        above = drifted(np.roll(heap, 30, axis=0), 26 * seconds + 300)
        lit = smooth(0.72 + 0.9 * (mass - above))
        color = rgb("#9dbfda") + (rgb("#ffffff") - rgb("#9dbfda")) * lit[:, :, None]
        cover(picture, 0.95 * body, color)
        for hill in hills:
            hill.paint(picture, seconds)
        return picture

    return at


def dusk() -> Scene:
    """The sun goes down over the sea; birds cross it."""
    air = sky(
        [(0, "#231a4a"), (0.22, "#5b2a66"), (0.42, "#b8415f"), (0.56, "#f37a4a"), (0.645, "#ffc766"), (1, "#ffc766")]
    )
    streaks, ripple = clouds(41, 9, 1.5), clouds(42, 16, 0.9)
    horizon = 464
    coast = np.arange(2400, dtype=np.float32)
    away = smooth((coast - 1010) / 420)
    lands = [
        Ridge(chain(51, 120, 330, 0.45) * away + 2, 466, "#b34a62", "#e06a55", 90, 3),
        Ridge(chain(52, 210, 420, 0.46) * smooth((430 - coast) / 330) + 1, 466, "#6a2c5c", "#a23f5c", 120, 6),
    ]
    shore = wooded(8, rolling(53, 130, (2100, 800)) - 40, 21, 92, 742, ("#150f30", "#150f30"), 40)

    def at(seconds: float) -> Picture:
        picture = air.copy()
        x, y = 560.0, 396 + 11 * seconds
        bands = smooth(drifted(streaks, 10 * seconds) * 1.5 - 0.1) * smooth(1 - np.abs(ROWS - 230) / 190)
        cover(picture, 0.55 * bands, rgb("#ff9a6b"))
        glow(picture, x, y, 300, "#ff8a4a", 0.8, 1.4)
        for land in lands:
            land.paint(picture, seconds)
        water = _sea(picture, x, horizon, drifted(ripple, 30 * seconds), drifted(ripple, 700 - 46 * seconds))
        disk(picture, x, y, 74, "#ffe9b0")
        glow(picture, x, y, 80, "#ffdf95", 0.5)
        picture[horizon:] = water
        _birds(picture, seconds)
        shore.paint(picture, seconds)
        return picture

    return at


def _sea(picture: Picture, x: float, horizon: int, first: Field, second: Field) -> Picture:
    """Water below the horizon: the sky upside down, broken by ripples, and the path of the sun."""
    depth = (ROWS[horizon:] - horizon) / (HEIGHT - horizon)
    wave = (first + second)[horizon:] * (0.25 + 0.75 * depth)
    rows = horizon - 2 - (ROWS[horizon:] - horizon) * 1.25 + 60 * wave * depth
    mirror = picture[np.clip(rows, 0, horizon - 2).astype(int), COLUMNS.astype(int)]
    water = mirror * (0.86 - 0.46 * depth[:, :, None]) * np.array([0.98, 0.80, 0.92], np.float32)
    water += wave[:, :, None] * np.array([0.06, 0.03, 0.05], np.float32)
    spread = 52 + 150 * depth
    path = np.exp(-(((COLUMNS - x) / spread) ** 2))
    glints = smooth(wave * 2.4 + 0.25) * path * (0.95 - 0.45 * depth)
    water += (1 - water) * glints[:, :, None] * rgb("#ffd07a")
    return np.clip(water, 0, 1)


def _birds(picture: Picture, seconds: float) -> None:
    for number, (right, down, size) in enumerate(
        ((0, 0, 17), (46, 20, 14), (-34, 27, 13), (86, 44, 12), (-72, 50, 12), (30, 62, 10))
    ):
        x, y = 905 + 44 * seconds + right, 268 - 9 * seconds + down
        beat = 0.42 + 0.28 * np.sin(2 * np.pi * (1.1 * seconds + 0.23 * number))
        left, top = int(x) - 24, int(y) - 24
        part = (slice(top, top + 48), slice(left, left + 48))
        across = np.abs(COLUMNS[:, left : left + 48] - x) / size
        wing = -size * beat * across * (1.9 - across)
        thick = 2.0 - 1.3 * across
        mask = np.clip(thick - np.abs(ROWS[top : top + 48] - y - wing) + 0.3, 0, 1) * (across < 1)
        picture[part] += (rgb("#2a1338") - picture[part]) * (0.9 * mask)[:, :, None]


def night() -> Scene:
    """Stars, and northern lights over a dark wood: room for a name."""
    air = sky([(0, "#050a1c"), (0.4, "#0a1a38"), (0.72, "#133a55"), (0.86, "#1f5a68"), (1, "#1f5a68")])
    rng = np.random.default_rng(61)
    stars = np.zeros((HEIGHT, WIDTH), np.float32)
    twinkle = np.zeros((HEIGHT, WIDTH), np.float32)
    for _ in range(520):
        x, y = rng.uniform(2, WIDTH - 3), rng.uniform(2, 520)
        size, bright = rng.uniform(0.55, 1.35), rng.uniform(0.15, 1.0) ** 1.6
        part = (slice(int(y) - 2, int(y) + 4), slice(int(x) - 2, int(x) + 4))
        spot = bright * np.exp(-(((COLUMNS[:, part[1]] - x) ** 2 + (ROWS[part[0]] - y) ** 2) / size**2))
        stars[part] = np.maximum(stars[part], spot)
        twinkle[part] = rng.uniform(0, 2 * np.pi)
    folds = clouds(62, 1, 1.6)
    woods = [
        Ridge(chain(63, 120, 380, 0.46), 640, "#123347", "#1b4a58", 130, 4),
        wooded(9, rolling(64, 60, (1000, 420)), 14, 46, 664, ("#0a2032", "#0d2a3a"), 10),
        wooded(10, rolling(65, 70, (1300, 500)), 22, 112, 742, ("#030914", "#030914"), 20),
    ]

    def at(seconds: float) -> Picture:
        picture = air.copy()
        picture += (1 - picture) * (stars * (0.72 + 0.28 * np.sin(twinkle + 4.2 * seconds)))[:, :, None]
        for number, (color, base, strength) in enumerate(
            (("#35e0a1", 420, 0.62), ("#2bb7c9", 330, 0.42), ("#8a6bff", 250, 0.30))
        ):
            bend = drifted(folds, 16 * seconds * (1 + 0.4 * number) + 410 * number)[200 + 90 * number]
            foot = base + 62 * bend + 34 * np.sin(COLUMNS[0] / (190 + 70 * number) + 0.35 * seconds + 2.1 * number)
            rays = 0.62 + 0.5 * drifted(folds, 40 * seconds + 900 * number)[60 + number]
            up = foot[None, :] - ROWS
            curtain = np.where(up > 0, np.exp(-np.abs(up) / 120), np.exp(-np.abs(up) / 16))
            light = (
                strength
                * curtain
                * np.clip(rays, 0.08, 1.2)[None, :]
                * smooth(COLUMNS / 260)
                * smooth((WIDTH - COLUMNS) / 260)
            )
            picture += (1 - picture) * light[:, :, None] * rgb(color)
        for wood in woods:
            wood.paint(picture, seconds)
        return picture

    return at


SCENES: dict[str, tuple[Callable[[], Scene], float]] = {
    "dawn": (dawn, 6.0),
    "noon": (noon, 4.75),
    "dusk": (dusk, 3.5),
    "night": (night, 3.75),
}
"""Every scene with the seconds that the film needs of it, tails of dissolves included."""
