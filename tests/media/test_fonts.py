"""Fonts as sources: what they are called, and what becomes of those that are made to do harm."""

from collections.abc import Callable
from pathlib import Path

import pytest

from cutroom.kit.errors import Invalid
from cutroom.media.fonts import MOST_FONT_BYTES
from cutroom.media.info import FontFace, nearest
from cutroom.media.probe import probe, probe_all
from tests.media import foundry
from tests.media.foundry import BUNDLE, cast


@pytest.mark.parametrize(
    ("source", "flavor", "format_"),
    [
        ("Anton-Regular.ttf", None, "ttf"),
        ("Inter-Regular.otf", None, "otf"),
        ("Anton-Regular.ttf", "woff", "woff"),
        ("Inter-Regular.otf", "woff2", "woff2"),
    ],
)
async def test_a_font_says_what_it_is_called(source: str, flavor: str | None, format_: str, tmp_path: Path) -> None:
    path = cast(tmp_path / "no name of a font", "Brand Sans", source=source, style="Bold", weight=700, flavor=flavor)
    info = await probe(path)
    assert (info.kind, info.format, info.duration, info.video, info.audio) == ("font", format_, None, None, None)
    assert info.size_bytes == path.stat().st_size
    assert info.faces == (FontFace(("Brand Sans", "Brand Sans Bold", "BrandSans-Bold"), 700, italic=False),)


async def test_a_collection_has_all_its_faces_and_an_italic_is_one(tmp_path: Path) -> None:
    weights = {500: "Montserrat-Medium.ttf", 900: "Montserrat-Black.ttf"}
    both, slanted = await probe_all(
        [foundry.collection(tmp_path / "a.ttc", "Twofold", weights), BUNDLE / "Inter-BoldItalic.otf"]
    )
    assert not isinstance(both, Exception)
    assert not isinstance(slanted, Exception)
    assert [(face.names[0], face.weight, face.index) for face in both.faces] == [
        ("Twofold", 500, 0),
        ("Twofold", 900, 1),
    ]
    assert [(face.weight, face.italic) for face in slanted.faces] == [(700, True)]


async def test_coloured_letters_are_known(tmp_path: Path) -> None:
    assert [face.color for face in (await probe(BUNDLE / "TwemojiColor.ttf")).faces] == [True]


async def test_a_name_is_only_what_can_be_written(tmp_path: Path) -> None:
    info = await probe(foundry.rude(tmp_path / "a.ttf", "\x07Bra\u202end\n " + "x" * 500))
    (name,) = info.faces[0].names
    assert name.startswith("Brand x")
    assert len(name) <= 100
    assert (await probe(foundry.nameless(tmp_path / "b.ttf"))).faces[0].names == ()


@pytest.mark.threat("A98")
@pytest.mark.parametrize(
    ("forge", "code"),
    [
        (foundry.many_letters, "font_unsupported"),
        (foundry.composites, "font_damaged"),
        (foundry.subroutines, "font_damaged"),
        (foundry.crowded, "font_unsupported"),
        (foundry.voiceless, "font_unsupported"),
        (foundry.inkless, "font_unsupported"),
        (foundry.cut_off, "font_damaged"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
async def test_a_font_that_is_made_to_do_harm_is_refused(
    forge: Callable[[Path], Path], code: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid) as caught:
        await probe(forge(tmp_path / "a.ttf"))
    assert caught.value.code == code
    assert "traceback" not in caught.value.message.lower()


@pytest.mark.threat("A98")
@pytest.mark.parametrize("forge", [foundry.growing, foundry.circling, foundry.endless])
async def test_rules_without_end_come_to_one(forge: Callable[[Path], Path], tmp_path: Path) -> None:
    assert (await probe(forge(tmp_path / "a.ttf"))).kind == "font"  # HarfBuzz and FreeType count what they do


@pytest.mark.threat("A98")
async def test_damage_anywhere_is_an_answer(tmp_path: Path) -> None:
    whole = bytearray((BUNDLE / "Anton-Regular.ttf").read_bytes())
    tables = 12 + 16 * int.from_bytes(whole[4:6], "big")
    places = [*range(12, tables, 61), *range(tables, len(whole), len(whole) // 12)]
    paths = [tmp_path / f"{place}.ttf" for place in places]
    for path, place in zip(paths, places, strict=True):
        path.write_bytes(whole[:place] + bytes(byte ^ 0xFF for byte in whole[place : place + 8]) + whole[place + 8 :])
    for found in await probe_all(paths):
        assert not isinstance(found, Exception) or found.code in {"font_damaged", "font_unsupported"}


async def test_a_font_is_not_larger_than_fonts_are(tmp_path: Path) -> None:
    path = cast(tmp_path / "a.ttf", "Large")
    with path.open("r+b") as file:
        file.truncate(MOST_FONT_BYTES + 1)
    with pytest.raises(Invalid) as caught:
        await probe(path)
    assert caught.value.code == "font_too_large"


@pytest.mark.parametrize(
    "text", [b"true story: there was a film", b"OTTO was here, and wOFF was the dog", b"ttcfoo bar"]
)
async def test_text_that_begins_like_a_font_is_none(text: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(text * 20)
    with pytest.raises(Invalid) as caught:
        await probe(tmp_path / "a")
    assert caught.value.code == "not_media"


def test_the_nearest_weight_and_slant_are_taken() -> None:
    faces = [(300, False), (400, False), (700, False), (400, True)]
    assert nearest(faces, 500, italic=False) == (400, False)
    assert nearest(faces, 350, italic=False) == (300, False)
    assert nearest(faces, 900, italic=False) == (700, False)
    assert nearest(faces, 700, italic=True) == (400, True)
    assert nearest(faces[:3], 700, italic=True) == (700, False)
