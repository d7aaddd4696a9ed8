"""Drawings: what they say of their size, what they may show, and what is drawn, pixel by pixel."""

import base64
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from cutroom.kit.errors import Invalid
from cutroom.media import develop_child
from cutroom.media.develop import develop
from cutroom.media.probe import probe
from cutroom.media.sniff import sniff
from cutroom.media.svg import LONGEST_PX, SHARP_PX, SvgError, read_svg
from cutroom.render.lettering.typefaces import FOLDER
from tests.media.oracle import Canary

BOX = '<rect width="100%" height="100%" fill="#204060"/>'


def svg(inside: str = BOX, said: str = 'viewBox="0 0 40 20"') -> bytes:
    names = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return f"<svg {names} {said}>{inside}</svg>".encode()


def drawn(data: bytes, folder: Path, fonts: list[str] | None = None) -> Image.Image:
    out = folder / "out.png"
    develop_child.drawn(data, fonts or [], str(out))
    with Image.open(out) as made:
        made.load()
    return made


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ('viewBox="0 0 40 20"', (40, 20)),
        ('viewBox="-5,-5 40,20"', (40, 20)),
        ('width="300" height="90"', (300, 90)),
        ('width="1in" height="2.54cm"', (96, 96)),
        ('width="72pt" height="6pc"', (96, 96)),
        ('width="1e2px" height=" 50 "', (100, 50)),
        ('width="50%" height="100%" viewBox="0 0 40 20"', (20, 20)),
        ('width="400" viewBox="0 0 40 20"', (400, 200)),
        ('height="400" viewBox="0 0 40 20"', (800, 400)),
        ('width="auto" height="auto" viewBox="0 0 40 20"', (40, 20)),
    ],
)
def test_the_size_is_what_the_root_says(said: str, size: tuple[float, float]) -> None:
    found = read_svg(svg(said=said))
    assert (found.width, found.height) == pytest.approx(size)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (svg(said=""), "no_size"),
        (svg(said='width="100%" height="100%"'), "no_size"),
        (svg(said='viewBox="0 0 0 20"'), "no_size"),
        (svg(said='width="0" height="20"'), "no_size"),
        (svg(said='width="1e9" height="20"'), "no_size"),
        (b'<svg viewBox="0 0 4 4"/>', "no_root"),
        (b'<div><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"/></div>', "no_root"),
        (svg("<g>"), "unreadable"),
        (svg("&nbsp;"), "unreadable"),
        (b"", "unreadable"),
        (svg('<image href="logo.png"/>'), "elsewhere"),
        (svg('<image xlink:href="file:///etc/passwd"/>'), "elsewhere"),
        (svg('<use href=" https://example.com/a.svg#b"/>'), "elsewhere"),
        (svg('<filter id="f"><feImage href="../a.png"/></filter>'), "elsewhere"),
        (b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg("<text>&x;</text>"), "elsewhere"),
    ],
)
def test_what_is_not_drawn_says_why(data: bytes, code: str) -> None:
    with pytest.raises(SvgError) as raised:
        read_svg(data)
    assert raised.value.code == code


def test_a_length_without_end_is_no_length_and_takes_no_time() -> None:
    began = time.process_time()
    with pytest.raises(SvgError) as caught:
        read_svg(svg(said=f'width="{"1" * 400_000}x" height="2"'))
    assert caught.value.code == "no_size"
    assert time.process_time() - began < 1


def test_links_that_are_no_part_of_the_picture_are_let_be() -> None:
    inside = '<a href="https://example.com"><rect id="r"/></a><use href="#r"/><script href="a.js"/>'
    doctype = b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">'
    assert read_svg(doctype + svg(inside)).width == 40


def test_entities_of_the_drawing_and_other_letters_are_read(tmp_path: Path) -> None:
    data = b'<?xml version="1.0" encoding="ISO-8859-1"?><!DOCTYPE svg [<!ENTITY c "#204060">]>' + svg(
        '<desc>caf\u00e9</desc><rect width="40" height="20" fill="&c;"/>'
    ).decode().encode("latin-1")
    assert drawn(data, tmp_path).getpixel((5, 5)) == (0x20, 0x40, 0x60)


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ('viewBox="0 0 40 20"', (SHARP_PX, SHARP_PX // 2)),
        ('viewBox="0 0 20 40"', (SHARP_PX // 2, SHARP_PX)),
        ('width="3000" height="1500"', (3000, 1500)),
        ('width="50000" height="25000"', (LONGEST_PX, LONGEST_PX // 2)),
    ],
)
def test_small_ones_are_drawn_large_and_huge_ones_smaller(said: str, size: tuple[int, int], tmp_path: Path) -> None:
    made = drawn(svg(said=said), tmp_path)
    assert (made.size, made.mode) == (size, "RGB")  # nothing shows through


def test_edges_are_sharp_colours_exact_and_the_rest_clear(tmp_path: Path) -> None:
    made = drawn(svg('<rect x="10" width="20" height="20" fill="#ef476f" fill-opacity="0.5"/>'), tmp_path)
    pixels = np.asarray(made)
    assert made.mode == "RGBA"
    left = SHARP_PX // 4
    assert pixels[100, left - 1, 3] == 0
    assert pixels[100, left].tolist() == pytest.approx([0xEF, 0x47, 0x6F, 128], abs=1)  # straight alpha
    assert pixels[100, 3 * left - 1, 3] in {127, 128}
    assert pixels[100, 3 * left, 3] == 0


def test_letters_are_drawn_with_the_bundled_fonts_and_missing_families_as_inter(tmp_path: Path) -> None:
    def written(family: str, text: str = "Hamburg") -> NDArray[np.uint8]:
        inside = f'<rect width="40" height="20" fill="white"/><text y="15" font-size="9" {family}>{text}</text>'
        return np.asarray(drawn(svg(inside), tmp_path, [str(FOLDER)]))

    inter = written('font-family="Inter"')
    assert (inter < 128).mean() > 0.02
    for family in ('font-family="Helvetica Neue"', "font-family=\"'Gill Sans', sans-serif\"", ""):
        assert (written(family) == inter).all(), family
    assert (written('font-family="Playfair Display"') != inter).any()
    assert (written("", "مرحبا") < 128).mean() > 0.005


@pytest.mark.threat("A23")
async def test_a_drawing_inside_of_a_drawing_opens_no_file(tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    with Canary(tmp_path) as canary:
        for target in (str(canary.file), f"file://{canary.file}", f"http://127.0.0.1:{canary.port}/x.png"):
            within = base64.b64encode(svg(f'<image href="{target}" width="40" height="20"/>')).decode()
            path = tmp_path / "a.svg"
            path.write_bytes(svg(f'<image href="data:image/svg+xml;base64,{within}" width="40" height="20"/>'))
            assert (await probe(path)).format == "svg"
            await develop(path, sniff(path), out)
            assert not canary.touched(), target
        with Image.open(out) as made:
            assert made.getchannel("A").getextrema() == (0, 0)


@pytest.mark.threat("A38")
async def test_what_expands_without_bound_is_refused(tmp_path: Path) -> None:
    letters = "abcdefghij"
    entities = f'<!ENTITY a "{"a" * 10}">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in pairwise(letters)
    )
    path = tmp_path / "a.svg"
    path.write_bytes(f"<!DOCTYPE svg [{entities}]>".encode() + svg("<text>&j;</text>"))
    with pytest.raises(Invalid) as raised:
        await probe(path)
    assert raised.value.code == "media_unsupported"
