import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fontTools.ttLib import TTCollection, TTFont
from PIL import features

from cutroom.kit.errors import Invalid, Unavailable
from cutroom.render.lettering import missing, typefaces
from tests.render.edits import style


@pytest.fixture
def bundle_only() -> Iterator[None]:
    yield
    typefaces.use(())


def renamed(source: str, out: Path, family: str) -> TTFont:
    """A bundled font under another name."""
    font = TTFont(typefaces.FOLDER / source)
    for record in font["name"].names:
        if record.nameID in {1, 16}:
            record.string = family
    font.save(out)
    return font


def test_the_fonts_come_with_their_licence_and_their_sources() -> None:
    assert "SIL OPEN FONT LICENSE Version 1.1" in (typefaces.FOLDER / "OFL.txt").read_text()
    sources = (typefaces.FOLDER / "SOURCES.txt").read_text()
    assert all(name in sources for name in (*typefaces.families(), "Noto Sans", "Twemoji", "CC BY 4.0"))
    assert sum(path.stat().st_size for path in typefaces.FOLDER.iterdir()) < 8_000_000


def test_every_file_of_the_folder_is_used() -> None:
    used = {
        face.file
        for family in typefaces.families()
        for weight in range(100, 1000, 100)
        for italic in (False, True)
        for face in typefaces.typefaces(family, weight, italic=italic)
    }
    assert used == {path.name for path in typefaces.FOLDER.iterdir() if path.suffix != ".txt"}


def test_the_nearest_weight_is_taken_and_an_unknown_family_replaced() -> None:
    assert typefaces.typefaces("Inter", 100)[0].file == "Inter-Light.otf"
    assert typefaces.typefaces("inter", 500)[0].file == "Inter-Regular.otf"
    assert typefaces.typefaces("Nowhere", 800)[0].file == "Inter-Black.otf"
    assert all(typefaces.known(name) for name in typefaces.families())
    assert typefaces.known(" INTER ")
    assert not typefaces.known("Nowhere")


def test_fallbacks_follow_the_weight() -> None:
    files = {face.file for face in typefaces.typefaces("Anton", 800)}
    assert {"NotoSansArabic-Bold.ttf", "NotoSansHebrew-Bold.ttf", "NotoSansDevanagari-Bold.ttf"} <= files
    assert "NotoSansThai-Regular.ttf" in {face.file for face in typefaces.typefaces("Anton", 400)}
    assert "Inter-Black.otf" in files  # Greek and Cyrillic


def test_an_italic_is_a_real_one_where_there_is_one() -> None:
    assert typefaces.typefaces("Inter", 700, italic=True)[0].file == "Inter-BoldItalic.otf"
    slanted = typefaces.typefaces("Anton", 400, italic=True)[0]
    assert slanted.slanted
    assert slanted.file == "Anton-Regular.ttf"
    assert not typefaces.typefaces("Anton", 400)[0].slanted


@pytest.mark.usefixtures("bundle_only")
def test_the_fonts_of_a_folder_can_be_added(tmp_path: Path) -> None:
    before = typefaces.digest()
    (tmp_path / "below").mkdir()
    renamed("Anton-Regular.ttf", tmp_path / "below" / "house.ttf", "House Sans")
    (tmp_path / "notes.txt").write_text("no font")
    typefaces.use((tmp_path,))
    assert "House Sans" in typefaces.families()
    assert typefaces.typefaces("house sans", 400)[0].path == tmp_path / "below" / "house.ttf"
    assert typefaces.folders() == (tmp_path,)
    assert typefaces.digest() != before
    typefaces.use(())
    assert "House Sans" not in typefaces.families()
    assert typefaces.digest() == before


@pytest.mark.usefixtures("bundle_only")
def test_an_added_font_is_the_last_fallback(tmp_path: Path) -> None:
    font = TTFont(typefaces.FOLDER / "Anton-Regular.ttf")
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[0x6F22] = table.cmap[0x48]  # 漢 looks like H
    font.save(tmp_path / "han.ttf")
    assert missing(style("漢")) == ["漢"]
    renamed_font = TTFont(tmp_path / "han.ttf")
    for record in renamed_font["name"].names:
        if record.nameID in {1, 16}:
            record.string = "Han"
    renamed_font.save(tmp_path / "han.ttf")
    typefaces.use((tmp_path,))
    assert missing(style("漢")) == []


@pytest.mark.usefixtures("bundle_only")
def test_collections_give_all_their_faces(tmp_path: Path) -> None:
    one = renamed("Montserrat-Medium.ttf", tmp_path / "one.ttf", "Twofold")
    two = renamed("Montserrat-Black.ttf", tmp_path / "two.ttf", "Twofold")
    collection = TTCollection()
    collection.fonts = [one, two]
    collection.save(tmp_path / "both.ttc")
    (tmp_path / "one.ttf").unlink()
    (tmp_path / "two.ttf").unlink()
    typefaces.use((tmp_path,))
    assert [typefaces.typefaces("Twofold", weight)[0].index for weight in (500, 900)] == [0, 1]
    assert typefaces.load(typefaces.typefaces("Twofold", 900)[0], 40).getlength("H") > 20


@pytest.mark.usefixtures("bundle_only")
def test_wrong_folders_and_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="nowhere") as missing_folder:
        typefaces.use((tmp_path / "nowhere",))
    assert missing_folder.value.code == "font_folder_missing"
    (tmp_path / "broken.ttf").write_bytes(b"no font at all")
    with pytest.raises(Invalid, match=r"broken\.ttf") as broken:
        typefaces.use((tmp_path,))
    assert broken.value.code == "font_damaged"
    shutil.rmtree(tmp_path)


def test_a_machine_that_cannot_set_text_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "check", lambda _: False)
    typefaces._shapes.cache_clear()
    try:
        with pytest.raises(Unavailable, match="libfribidi0"):
            typefaces.load(typefaces.typefaces("Inter", 400, italic=False)[0], 20)
    finally:
        typefaces._shapes.cache_clear()
