"""What pictures become, pixel by pixel; the program that does it is called as it is, and started where that matters."""

import json
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from PIL.Image import Transpose

from cutroom.kit.errors import Invalid
from cutroom.media import develop_child
from cutroom.media.develop import MOST_PIXELS, develop
from cutroom.media.heif import HeifError
from cutroom.media.info import MAX_PIXELS
from cutroom.media.probe import probe
from cutroom.media.sniff import sniff
from cutroom.media.srgb import TooBright
from tests.media.heics import (
    ALPHA,
    Entry,
    Pixels,
    aperture,
    chart,
    coded,
    dots,
    film,
    grid,
    heif,
    nclx,
    p3_profile,
    size,
)
from tests.media.sources import ffmpeg

WIDE = (200, 100, 50)
"""A colour of sRGB, whose numbers in Display P3 are others."""
WIDE_IN_P3 = (187, 106, 62)


def still(data: bytes, folder: Path) -> Image.Image:
    """What a still picture becomes."""
    out = folder / "out.png"
    develop_child.still(data, MAX_PIXELS, str(out))
    with Image.open(out) as made:
        made.load()
    assert made.format == "PNG"
    return made


def moving(data: bytes, folder: Path) -> tuple[Image.Image, dict[str, Any]]:
    """What a film becomes, and what is said of it."""
    out = folder / "out.png"
    facts = develop_child.moving(data, MAX_PIXELS, MOST_PIXELS, str(out))
    return Image.open(BytesIO(out.read_bytes())), facts


def avif(picture: Image.Image, **options: object) -> bytes:
    """A picture as libavif writes it, with colours for every pixel."""
    file = BytesIO()
    picture.save(file, "AVIF", quality=100, subsampling="4:4:4", **options)
    return file.getvalue()


def plain(rgb: tuple[int, int, int], folder: Path, *properties: tuple[bytes, bytes]) -> bytes:
    """A HEIC of one colour."""
    entry = coded(np.full((64, 64, 3), rgb, np.uint8), folder)
    return heif([Entry(entry.kind, entry.content, [*entry.properties, *properties])])


def off(one: Image.Image | Pixels, other: Image.Image | Pixels) -> int:
    """The largest difference of two pictures of the same size."""
    first, second = np.asarray(one).astype(int), np.asarray(other).astype(int)
    assert first.shape == second.shape
    return int(np.abs(first - second).max())


def test_the_tiles_of_a_phone_become_one_picture(tmp_path: Path) -> None:
    whole = np.zeros((128, 192, 3), np.uint8)
    whole[:100, :150] = chart(150, 100)
    tiles = [coded(whole[top : top + 64, left : left + 64], tmp_path) for top in (0, 64) for left in (0, 64, 128)]
    turned = grid(3, 2, 150, 100, (b"irot", b"\x03"))
    made = still(heif([*tiles, turned], [(b"dimg", 7, range(1, 7))], primary=7), tmp_path)
    assert off(made, Image.fromarray(whole[:100, :150]).transpose(Transpose.ROTATE_270)) == 0


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_as_pillow_shows_them(orientation: int, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = avif(Image.fromarray(chart(80, 48)), exif=exif.tobytes())
    with Image.open(BytesIO(data)) as known:
        shown = ImageOps.exif_transpose(known)
    assert off(still(data, tmp_path), shown) <= 2
    assert off(shown, Image.fromarray(chart(80, 48)).resize(shown.size)) > 50 or orientation == 1


def test_transparency_is_that_of_the_other_picture(tmp_path: Path) -> None:
    pixels = chart(96, 64)
    alpha = np.tile(np.linspace(0, 255, 96).astype(np.uint8), (64, 1))
    of = coded(alpha, tmp_path, pixel_format="gray")
    opacity = Entry(of.kind, of.content, [*of.properties, (b"auxC", bytes(4) + ALPHA + b"\0")])
    thumbnail = coded(chart(32, 32), tmp_path)
    listed = [coded(pixels, tmp_path), opacity, thumbnail]
    made = still(heif(listed, [(b"thmb", 3, [1]), (b"auxl", 2, [1])]), tmp_path)
    assert made.mode == "RGBA"
    assert off(made, np.dstack([pixels, alpha])) == 0
    dimmed = np.round(pixels * (alpha[..., None] / 255)).astype(np.uint8)
    listed[0] = coded(dimmed, tmp_path)
    made = still(heif(listed, [(b"auxl", 2, [1]), (b"prem", 1, [2])]), tmp_path)
    seen = alpha > 128
    assert off(np.asarray(made)[seen][:, :3], pixels[seen]) <= 1


def test_a_transparent_avif_is_what_pillow_makes_of_it(tmp_path: Path) -> None:
    data = avif(dots(1)[0])
    with Image.open(BytesIO(data)) as known:
        assert off(still(data, tmp_path), known.convert("RGBA")) <= 2


def test_only_what_is_to_be_shown_is_left(tmp_path: Path) -> None:
    entry = coded(chart(96, 64), tmp_path)
    shown = Entry(entry.kind, entry.content, [*entry.properties, aperture(40, 30, 8, -5), (b"imir", b"\x01")])
    made = still(heif([shown]), tmp_path)
    assert off(made, np.fliplr(chart(96, 64)[12:42, 36:76])) == 0


def test_of_several_pictures_the_primary_one_is_taken(tmp_path: Path) -> None:
    listed = [coded(chart(64, 64), tmp_path), coded(chart(96, 64)[::-1], tmp_path)]
    assert off(still(heif(listed, primary=2, brand=b"msf1"), tmp_path), chart(96, 64)[::-1]) == 0


def test_ten_bits_become_eight(tmp_path: Path) -> None:
    params = "lossless=1:range=full:colormatrix=bt709:colorprim=bt709:transfer=iec61966-2-1"
    ramp = np.repeat(np.arange(0, 256, 2, dtype=np.uint8)[None, :, None], 3, axis=2).repeat(64, axis=0)
    entry = coded(ramp, tmp_path, pixel_format="yuv420p10le", params=params)
    said = Entry(entry.kind, entry.content, [*entry.properties, nclx(1, 13, 1, full=False)])
    made = still(heif([said]), tmp_path)
    assert off(made, ramp) <= 2


@pytest.mark.parametrize(
    ("properties", "shown"),
    [
        ((), WIDE_IN_P3),
        ((nclx(1, 13, 0),), WIDE_IN_P3),
        ((nclx(12, 13, 0),), WIDE),
        (((b"colr", b"prof" + p3_profile()),), WIDE),
        (((b"colr", b"prof" + b"broken"),), WIDE_IN_P3),
    ],
)
def test_the_colours_of_phones_become_those_of_screens(
    properties: tuple[tuple[bytes, bytes], ...], shown: tuple[int, int, int], tmp_path: Path
) -> None:
    made = still(plain(WIDE_IN_P3, tmp_path, *properties), tmp_path)
    assert off(np.asarray(made)[32, 32], np.array(shown)) <= 2


def test_gray_and_white_have_no_colour_in_any_primaries(tmp_path: Path) -> None:
    for level in (0, 128, 255):
        made = still(plain((level, level, level), tmp_path, nclx(9, 1, 0)), tmp_path)
        assert off(np.asarray(made)[0, 0], np.full(3, level)) <= 1


def test_more_light_than_screens_have_is_refused(tmp_path: Path) -> None:
    for transfer in (16, 18):
        with pytest.raises(TooBright):
            still(plain(WIDE, tmp_path, nclx(9, transfer, 0)), tmp_path)


def test_a_film_keeps_every_picture_its_time_and_its_transparency(tmp_path: Path) -> None:
    frames, lengths = dots(6), [100, 40, 33, 500, 70_000, 10]
    made, facts = moving(film(frames, lengths), tmp_path)
    assert facts == {
        "codec": "webp", "width": 48, "height": 32, "alpha": True, "lengths_ms": [100, 40, 33, 500, 70_000, 100],
    }  # fmt: skip
    assert (made.format, made.n_frames) == ("PNG", 6)  # type: ignore[attr-defined]
    for number, frame in enumerate(frames):
        made.seek(number)
        assert off(made.convert("RGBA"), frame) == 0
        assert made.info["duration"] == facts["lengths_ms"][number]
    said = ffmpeg(
        "-f", "apng", "-i", tmp_path / "out.png", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgba", "-"
    )
    assert said == b"".join(frame.tobytes() for frame in frames)


def test_a_moving_avif_is_what_pillow_makes_of_it(tmp_path: Path) -> None:
    file = BytesIO()
    first, *others = dots(4)
    first.save(file, "AVIF", save_all=True, append_images=others, duration=[100, 40, 33, 500], quality=90)
    made, facts = moving(file.getvalue(), tmp_path)
    assert facts["lengths_ms"] == [100, 40, 33, 500]
    with Image.open(file) as known:
        for number in range(4):
            made.seek(number)
            known.seek(number)
            assert off(made.convert("RGBA"), known.convert("RGBA")) == 0


def test_a_film_that_lies_on_its_side_is_turned_whatever_its_colours(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    made, facts = moving(film(dots(2), [80, 80], exif=exif.tobytes(), icc_profile=p3_profile()), tmp_path)
    plain, _ = moving(film(dots(2), [80, 80], icc_profile=p3_profile()), tmp_path)
    assert (facts["width"], facts["height"]) == made.size == (32, 48)
    assert off(made.convert("RGBA"), plain.convert("RGBA").transpose(Image.Transpose.ROTATE_270)) == 0


def test_a_film_of_one_picture_is_a_picture(tmp_path: Path) -> None:
    data = bytearray(film(dots(2), [50, 50]))
    second = data.index(b"ANMF", data.index(b"ANMF") + 4)
    del data[second:]
    data[4:8] = (len(data) - 8).to_bytes(4, "little")
    made, facts = moving(bytes(data), tmp_path)
    assert facts["lengths_ms"] == [50]
    assert not getattr(made, "is_animated", False)
    assert off(made, dots(1)[0]) == 0


def test_what_is_put_together_in_other_ways_is_told_from_what_is_damaged(tmp_path: Path) -> None:
    entry = coded(chart(64, 64), tmp_path)
    whole = heif([entry])
    wrong = {
        heif([Entry(b"iovl", b"", [size(64, 64)])]): "other_kind",
        heif([Entry(b"jpeg", b"", [size(64, 64)])]): "other_kind",
        whole.replace(b"meta", b"free", 1): "other_kind",
        whole[:-10]: "truncated",
        whole[:200]: "truncated",
        heif([entry], primary=9): "unreadable",
        heif([entry, grid(2, 1, 128, 64)], [(b"dimg", 2, [1])], primary=2): "unreadable",
        heif([entry, grid(1, 1, 400, 64)], [(b"dimg", 2, [1])], primary=2): "unreadable",
        heif([Entry(b"hvc1", b"", entry.properties)]): "unreadable",
        heif([Entry(b"hvc1", entry.content, [*entry.properties, aperture(0, 0)])]): "unreadable",
    }
    for data, code in wrong.items():
        with pytest.raises((HeifError, OSError, ValueError, EOFError)) as raised:
            still(data, tmp_path)
        assert getattr(raised.value, "code", "unreadable") == code


@pytest.mark.parametrize("name", ["a.heic", "a.avif", "moving.webp", "moving.avif", "still.webp"])
async def test_what_is_said_of_a_picture_is_said_of_what_it_becomes(name: str, tmp_path: Path) -> None:
    path, out = tmp_path / name, tmp_path / "out"
    frames = dots(3)
    if name == "a.heic":
        path.write_bytes(heif([coded(chart(64, 96), tmp_path)]))
    elif name == "moving.webp":
        path.write_bytes(film(frames, [80, 80, 80]))
    else:
        options: dict[str, Any] = (
            {"save_all": True, "append_images": frames[1:], "duration": [80, 80, 80]} if "moving" in name else {}
        )
        frames[0].save(path, **options)
    assert sniff(path).developed == (name != "still.webp")
    if name == "still.webp":
        return
    said = await probe(path)
    await develop(path, sniff(path), out)
    made = await probe(out)
    assert (said.kind, said.duration) == (made.kind, made.duration)
    assert (said.format, made.format) == (path.suffix[1:], "apng" if "moving" in name else "png")
    assert said.video is not None
    assert made.video is not None
    for fact in ("width", "height", "frames", "has_alpha", "fps", "duration"):
        assert getattr(said.video, fact) == getattr(made.video, fact), fact
    if "moving" in name:
        assert said.video.fps == Fraction(3 * 1000, 240)


async def test_a_refusal_says_what_to_do_and_leaves_nothing(tmp_path: Path) -> None:
    path, out = tmp_path / "photo.heic", tmp_path / "out"
    whole = heif([coded(chart(64, 64), tmp_path)])
    path.write_bytes(whole[:-10])
    with pytest.raises(Invalid, match="The HEIC file is cut off; send it again, or export it as JPEG") as raised:
        await develop(path, sniff(path), out)
    assert raised.value.code == "media_truncated"
    path.write_bytes(plain(WIDE, tmp_path, nclx(9, 16, 0)))
    with pytest.raises(Invalid, match="in HDR") as raised:
        await develop(path, sniff(path), out)
    assert raised.value.code == "media_unsupported"
    assert not out.exists()


def test_a_picture_that_is_larger_than_it_says_is_not_decoded(tmp_path: Path) -> None:
    of = coded(chart(128, 128), tmp_path)
    liar = Entry(of.kind, of.content, [one for one in of.properties if one[0] != b"ispe"] + [size(8, 8)])
    with pytest.raises(MemoryError):  # which FFmpeg says of more pixels than it may decode
        develop_child.still(heif([liar]), 100 * 100, "")


def test_facts_are_plain_data(tmp_path: Path) -> None:
    facts = develop_child.still(heif([coded(chart(64, 64), tmp_path)]), MAX_PIXELS, "")
    assert json.loads(json.dumps(facts)) == {
        "codec": "hevc", "width": 64, "height": 64, "alpha": False, "lengths_ms": [0],
    }  # fmt: skip
