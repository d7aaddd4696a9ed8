"""Looks, keys, mattes and corners, by their pixels."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from cutroom.render.paint.key import keyed
from cutroom.render.paint.looks import look
from cutroom.timeline.resolved import ChromaKey, Color, Crop, Look, LookName, Matte
from tests.render.edits import clip, edit
from tests.render.paint.gallery import Frame, kept, keys, painted, ramp
from tests.render.studio import HEIGHT, WIDTH, Studio, hashes

NEUTRAL = {"brightness": 1.0, "saturation": 1.0, "gamma": 1.0}
NOISE: Frame = np.random.default_rng(3).integers(0, 256, (90, 160, 3), np.uint8)
GREY: Frame = np.full((90, 160, 3), 128, np.uint8)


def luma(picture: Frame) -> np.ndarray:
    return picture[:, :, :3].astype(float) @ [0.2126, 0.7152, 0.0722]


def spread(picture: Frame) -> float:
    return float((picture[:, :, :3].max(axis=2).astype(float) - picture[:, :, :3].min(axis=2)).mean())


@pytest.mark.parametrize("name", get_args(LookName))
def test_a_look_of_nothing_changes_nothing(name: LookName) -> None:
    for picture in (NOISE, np.dstack([NOISE // 2, np.full((90, 160), 128, np.uint8)])):
        made = look(picture, Look(name, NEUTRAL.get(name, 0.0)), 5)
        assert np.abs(made.astype(int) - picture).max() <= (1 if picture.shape[2] == 4 else 0) + (name == "hue")


@pytest.mark.parametrize("name", get_args(LookName))
def test_a_look_leaves_transparency_and_stays_below_it(name: LookName) -> None:
    alpha = np.broadcast_to(np.linspace(0, 255, 160), (90, 160)).astype(np.uint8)
    picture = np.dstack([(NOISE.astype(float) * alpha[:, :, None] / 255).astype(np.uint8), alpha])
    made = look(picture, Look(name, 0.7), 2)
    if name not in {"blur", "pixelate"}:
        assert np.array_equal(made[:, :, 3], alpha)
    assert (made[:, :, :3].max(axis=2).astype(int) <= made[:, :, 3].astype(int) + 1).all()


def test_tones_change_as_their_names_say() -> None:
    def of(name: LookName, amount: float) -> Frame:
        return look(ramp(), Look(name, amount), 0)

    before = ramp()
    assert np.array_equal(of("negative", 1), 255 - before)
    assert np.allclose(of("brightness", 0.5), before * 0.5, atol=1)
    assert luma(of("lighten", 1)).mean() > luma(before).mean() + 20
    assert luma(of("darken", 1)).mean() < luma(before).mean() - 20
    assert luma(of("contrast", 1)).std() > 1.3 * luma(before).std()
    assert np.allclose(of("gamma", 2), 255 * (before / 255) ** 0.5, atol=1)
    assert spread(of("greyscale", 1)) < 1
    assert np.abs(luma(of("greyscale", 1)) - luma(before)).max() < 2
    assert spread(of("saturation", 0)) < 1
    assert spread(of("saturation", 2)) > 1.3 * spread(before)
    assert spread(of("boost", 1)) > 1.2 * spread(before)
    assert spread(of("muted", 1)) < 0.7 * spread(before)


def test_sepia_and_hue_are_those_of_css() -> None:
    red = np.full((4, 4, 3), (255, 0, 0), np.uint8)
    assert np.allclose(look(red, Look("sepia", 1), 0)[0, 0], (100, 89, 69), atol=1)
    # hue-rotate(120deg) of red: 255 (0.213 + c 0.787 - s 0.213, …), clipped.
    c, s = -0.5, 3**0.5 / 2
    wanted = [0.213 + c * 0.787 - s * 0.213, 0.213 - c * 0.213 + s * 0.143, 0.213 - c * 0.213 - s * 0.787]
    assert np.allclose(look(red, Look("hue", 120), 0)[0, 0], np.clip(np.array(wanted) * 255, 0, 255), atol=1)
    assert np.abs(look(ramp(), Look("hue", 360), 0).astype(int) - ramp()).max() <= 1


@pytest.mark.parametrize("amount", [0.1, 0.5, 1.0])
def test_blur_is_a_gaussian_of_its_sigma(amount: float) -> None:
    picture = np.zeros((360, 640, 3), np.uint8)
    picture[:, :320] = 255
    row = look(picture, Look("blur", amount), 0)[180, :, 0] / 255
    assert row[0] == 1
    assert row[-1] == 0
    weights = -np.diff(row)
    middle = (weights * np.arange(len(weights))).sum() / weights.sum()
    sigma = np.sqrt((weights * (np.arange(len(weights)) - middle) ** 2).sum() / weights.sum())
    assert middle == pytest.approx(319, abs=0.6)
    assert sigma == pytest.approx(0.05 * amount * 360, rel=0.08)


def test_sharpening_undoes_some_softness_and_grain_is_new_every_frame() -> None:
    soft = look(NOISE, Look("blur", 0.1), 0)
    assert luma(look(soft, Look("sharpen", 1), 0)).std() > luma(soft).std()
    one, two = look(GREY, Look("grain", 0.5), 1), look(GREY, Look("grain", 0.5), 2)
    assert np.array_equal(one, look(GREY, Look("grain", 0.5), 1))
    assert not np.array_equal(one, two)
    assert luma(one).std() == pytest.approx(24, rel=0.1)
    assert abs(luma(one).mean() - 128) < 1
    assert spread(one) == 0


def test_a_vignette_darkens_corners_and_pixels_become_blocks() -> None:
    shaded = look(GREY, Look("vignette", 1), 0)
    assert shaded[45, 80, 0] >= 127
    assert shaded[0, 0, 0] < 4
    blocks = look(NOISE, Look("pixelate", 1), 0)
    steps = np.nonzero(np.abs(np.diff(blocks[45, :, 0].astype(int))))[0]
    assert len(steps) <= 19
    assert set(np.diff(steps)) <= {9}
    assert abs(luma(blocks).mean() - luma(NOISE).mean()) < 3


async def test_looks_come_in_the_order_they_are_given(studio: Studio) -> None:
    media = await kept(studio, "ramp.png", ramp())
    there = (Look("negative", 1.0), Look("darken", 1.0))
    (one,), (two,) = (painted(clip(0, 1, media, looks=order), studio) for order in (there, there[::-1]))
    assert np.allclose(one[:, :, :3], (255 - ramp().astype(float)) / 2, atol=2)
    assert np.allclose(two[:, :, :3], 255 - ramp().astype(float) / 2, atol=2)


def green_screen() -> tuple[Frame, np.ndarray]:
    """A person of many colours before a screen with shadows; and where the person is."""
    rng = np.random.default_rng(5)
    light = 0.55 + 0.45 * np.linspace(0, 1, 160)[None, :] * np.ones((90, 1))
    picture = np.dstack([30 * light, 200 * light, 60 * light])
    person = np.zeros((90, 160), bool)
    person[20:80, 50:110] = True
    colors = np.array([(220, 170, 140), (40, 40, 60), (200, 40, 50), (240, 240, 240), (60, 70, 190), (150, 110, 60)])
    tiles = np.kron(rng.integers(0, len(colors), (10, 10)), np.ones((6, 6), int))
    picture[20:80, 50:110] = colors[tiles]
    return picture.astype(np.uint8), person


def test_a_green_screen_vanishes_and_the_rest_stays() -> None:
    picture, person = green_screen()
    made = keyed(picture, ChromaKey(Color(30, 200, 60), 0.28, 0.1, despill=True))
    assert (made[~person][:, 3] == 0).all()
    assert (made[person][:, 3] == 255).all()
    error = made[person][:, :3].astype(float) - picture[person]
    assert 10 * np.log10(255**2 / max((error**2).mean(), 1e-9)) > 40


def test_softness_keeps_a_part_and_spill_is_taken_away() -> None:
    mixture = np.dstack([np.linspace(a, b, 101)[None, :] for a, b in ((30, 200), (200, 180), (60, 190))]).astype(
        np.uint8
    )
    made = keyed(mixture, ChromaKey(Color(30, 200, 60), 0.1, 0.3, despill=False))
    alpha = made[0, :, 3].astype(int)
    assert alpha[0] == 0
    assert alpha[-1] == 255
    assert (np.diff(alpha) >= 0).all()
    assert 20 < ((alpha > 0) & (alpha < 255)).sum() < 90
    tinted = np.full((2, 2, 3), (150, 190, 150), np.uint8)
    freed = keyed(tinted, ChromaKey(Color(30, 200, 60), 0.02, 0.02, despill=True))[0, 0].astype(float)
    assert freed[3] == 255
    assert freed[1] - (freed[0] + freed[2]) / 2 < 12
    assert luma(freed[None, None]) == pytest.approx(luma(tinted)[0, 0], abs=1.5)
    warm = np.full((2, 2, 3), (200, 60, 50), np.uint8)
    assert np.array_equal(keyed(warm, ChromaKey(Color(30, 200, 60), 0.1, 0.1, despill=True))[0, 0, :3], warm[0, 0])


@pytest.mark.parametrize("mode", ["luma", "luma-inverted", "alpha", "alpha-inverted"])
async def test_a_matte_decides_how_opaque_a_clip_is(studio: Studio, mode: str) -> None:
    level = np.broadcast_to(np.arange(320)[None, :, None] * 255 / 319, (180, 320, 1))
    grey = np.concatenate([level] * 3 if mode.startswith("luma") else [level * 0 + 90] * 3 + [level], axis=2)
    media = await kept(studio, f"matte-{mode[:4]}.png", grey)
    (frame,) = painted(clip(0, 1, matte=Matte(media, mode, Fraction(0))), studio)  # type: ignore[arg-type]
    wanted = np.arange(320) * 255 / 319
    found = frame[90, :, 3].astype(float)
    assert np.abs(found - (255 - wanted if mode.endswith("inverted") else wanted)).max() <= 3
    assert (frame[90, 20:300, :3] > 250).all()


async def test_a_moving_matte_plays_with_the_clip_and_stays(studio: Studio) -> None:
    counter = await studio.counter("steady.mp4")
    frames = painted(clip(0, 40, matte=Matte(counter, "luma", Fraction(3))), studio)
    number = [sum(int(f[36, int((bar + 0.5) * 320 / 12), 3] > 128) << bar for bar in range(12)) for f in frames]
    assert number == [*range(90, 120), *[119] * 10]


def test_round_corners_are_smooth_and_of_their_radius() -> None:
    (frame,) = painted(clip(0, 1, radius_px=30, width_px=200, height_px=120))
    alpha = frame[30:150, 60:260, 3].astype(float) / 255
    assert alpha.sum() == pytest.approx(200 * 120 - (4 - np.pi) * 30**2, rel=0.001)
    assert alpha[0, 0] == 0
    assert alpha[60, 0] == 1
    assert alpha[0, 30] > 0.98
    assert 30 < ((alpha > 0) & (alpha < 1)).sum() < 300
    (round_one,) = painted(clip(0, 1, radius_px=500, width_px=100, height_px=100))
    assert round_one[:, :, 3].sum() / 255 == pytest.approx(np.pi * 50**2, rel=0.002)


async def test_a_padded_picture_lies_on_itself_blurred(studio: Studio) -> None:
    tall = np.zeros((200, 100, 3))
    tall[:100] = (255, 0, 0)
    tall[100:] = (0, 0, 255)
    (frame,) = painted(clip(0, 1, await kept(studio, "tall.png", tall), fit="blur"), studio)
    assert frame[:, :, 3].min() == 255
    assert tuple(frame[10, 160, :3]) == (255, 0, 0)
    assert tuple(frame[170, 160, :3]) == (0, 0, 255)
    edge = frame[60:120, 20, 0].astype(int)
    assert edge[0] > edge[30] > edge[-1]
    assert np.abs(np.diff(edge)).max() < 30


async def test_what_was_cropped_is_not_seen_beside_a_padded_picture(studio: Studio) -> None:
    bands = np.zeros((180, 180, 3), np.uint8)
    for number in range(3):
        bands[:, 60 * number : 60 * number + 60, number] = 255
    crop = Crop(Fraction(0), Fraction(1, 3), Fraction(0), Fraction(1, 3))
    (frame,) = painted(clip(0, 1, await kept(studio, "bands.png", bands), fit="blur", crop=crop), studio)
    assert frame[90, 160, 1] == 255
    assert frame[:, :125, :3].argmax(axis=2).min() == frame[:, :125, :3].argmax(axis=2).max() == 1
    assert frame[:, 195:, :3].argmax(axis=2).min() == frame[:, 195:, :3].argmax(axis=2).max() == 1


async def test_a_look_changes_from_frame_to_frame_wherever_the_edit_is_cut(studio: Studio, tmp_path: Path) -> None:
    still = await kept(studio, "ramp.png", ramp())
    looks = (Look("greyscale", 0.0, keys((0, 0), (1, 1))), Look("blur", 0.0, keys((0, 0.4), (1, 0))))
    shown = painted(clip(0, 31, still, looks=looks), studio)
    colorful = [spread(frame) for frame in shown]
    assert all(before > after for before, after in pairwise(colorful))  # less and less colour
    assert colorful[0] > 40
    assert colorful[-1] < 1
    assert np.abs(shown[30][:, :, :3].astype(int) - look(ramp(), Look("greyscale", 1.0), 0)).max() <= 2
    swinging = clip(0, 31, still, looks=(Look("brightness", 1.0, keys((0, 1), (1, 0), easing="easeInOutBack")),))
    assert painted(swinging, studio)[30][:, :, :3].max() == 0
    wanted = edit(40, clip(0, 40, still, looks=looks), size=(WIDTH, HEIGHT))
    whole = hashes(await studio.film(wanted, tmp_path / "whole", edges=[0, 40], lossless=True))
    parts = await studio.film(wanted, tmp_path / "parts", edges=[0, 11, 29, 40], lossless=True)
    assert hashes(parts) == whole
