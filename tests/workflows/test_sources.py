"""Sources that have to be developed, in documents, as the command line renders them."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from cutroom.kit.errors import Invalid
from cutroom.media.probe import probe
from tests.media.heics import Entry, chart, coded, dots, film, grid, heif, nclx
from tests.workflows.standing import frames, run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    whole = np.zeros((128, 128, 3), np.uint8)
    whole[:, :64], whole[:, 64:] = (250, 10, 20), (20, 30, 240)
    tiles = [coded(whole[top : top + 64, left : left + 64], tmp_path) for top in (0, 64) for left in (0, 64)]
    turned = grid(2, 2, 128, 128, (b"irot", b"\x01"))
    (tmp_path / "photo.heic").write_bytes(heif([*tiles, turned], [(b"dimg", 5, [1, 2, 3, 4])], primary=5))
    (tmp_path / "sticker.webp").write_bytes(film(dots(4), [200, 100, 200, 100]))
    Image.new("RGB", (64, 64), (20, 200, 30)).save(tmp_path / "green.avif", quality=100)
    return tmp_path


def document(*clips: dict[str, Any], background: str = "#000000") -> dict[str, Any]:
    return {
        "output": {"format": "mp4", "width": 128, "height": 128, "fps": 10, "quality": "highest"},
        "timeline": {"background": background, "tracks": [{"clips": list(clips)}]},
    }


def shown(type_: str, src: str, length: float, **more: Any) -> dict[str, Any]:
    return {"asset": {"type": type_, "src": src}, "start": "auto", "length": length, **more}


async def test_photos_of_phones_are_seen_upright_and_in_their_colours(folder: Path) -> None:
    await run(folder, document(shown("image", "photo.heic", 0.5), shown("image", "green.avif", 0.5)))
    pictures = frames(folder / "out.mp4")
    assert len(pictures) == 10
    expected = [(2, 32, (20, 30, 240)), (2, 96, (250, 10, 20)), (7, 64, (20, 200, 30))]
    for number, row, color in expected:  # turned by a quarter, what was on the right is above
        assert np.abs(pictures[number][row, 64].astype(int) - color).max() <= 12


async def test_a_sticker_plays_once_as_a_video_and_again_and_again_as_an_image(folder: Path) -> None:
    place = {"fit": "none", "position": "center"}
    await run(folder, document(shown("image", "sticker.webp", 1.2, **place), background="#804020"))
    again = frames(folder / "out.mp4")
    await run(folder, document(shown("video", "sticker.webp", 0.6, **place), background="#804020"), "once.mp4")
    once = frames(folder / "once.mp4")
    assert (len(once), len(again)) == (6, 12)
    ground = np.array([0x80, 0x40, 0x20])
    for number in range(12):
        dot = [0, 0, 1, 2, 2, 3][number % 6]
        expected = np.tile(ground.astype(float), (32, 48, 1))
        pixels = np.asarray(dots(4)[dot]).astype(float)
        alpha = pixels[..., 3:] / 255
        expected = expected * (1 - alpha) + pixels[..., :3] * alpha
        for picture in (again[number], *([once[number]] if number < 6 else [])):
            assert np.abs(picture[48:80, 40:88].astype(float) - expected).mean() < 9, number


async def test_a_picture_is_developed_once_and_again_when_it_was_swept(folder: Path) -> None:
    await run(folder, document(shown("image", "photo.heic", 0.2)))
    made = sorted((folder / "cache" / "src").iterdir())
    assert [(await probe(path)).format for path in made] == ["png"]
    before = made[0].stat().st_ino
    await run(folder, document(shown("image", "photo.heic", 0.3)))
    assert made[0].stat().st_ino == before
    made[0].unlink()
    await run(folder, document(shown("image", "photo.heic", 0.4)))
    assert sorted((folder / "cache" / "src").iterdir()) == made
    assert (await probe(folder / "out.mp4")).duration is not None


async def test_a_picture_that_cannot_be_developed_is_named_and_pointed_at(folder: Path) -> None:
    entry = coded(chart(64, 64), folder)
    hdr = Entry(entry.kind, entry.content, [*entry.properties, nclx(9, 16, 0)])
    (folder / "bright.heic").write_bytes(heif([hdr]))
    with pytest.raises(Invalid, match=r"bright\.heic.*HDR.*export it as JPEG") as raised:
        await run(folder, document(shown("image", "photo.heic", 0.2), shown("image", "bright.heic", 0.2)))
    assert (raised.value.code, raised.value.details[0].pointer) == (
        "media_unsupported",
        "/timeline/tracks/0/clips/1/asset/src",
    )


async def test_drawings_are_sharp_at_any_size_in_files_and_in_the_document(folder: Path) -> None:
    corner = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path d="M0 0H4V8H0Z" fill="#{}"/></svg>'
    (folder / "mark.svg").write_text(corner.format("fa0a14"))
    written = {"asset": {"type": "svg", "svg": corner.format("141ef0")}, "start": "auto", "length": 0.5}
    await run(folder, document(shown("image", "mark.svg", 0.5), written, background="#208040"))
    pictures = frames(folder / "out.mp4")
    assert len(pictures) == 10
    for number, color in ((2, (250, 10, 20)), (7, (20, 30, 240))):
        row = pictures[number][64].astype(int)  # eight units of the drawing are 128 pixels of the picture
        assert np.abs(row[8:62] - color).max() <= 12, number
        assert np.abs(row[66:120] - (0x20, 0x80, 0x40)).max() <= 12, number


async def test_a_drawing_that_shows_other_files_is_named_and_pointed_at(folder: Path) -> None:
    image = '<image href="photo.heic" width="8" height="8"/>'
    (folder / "mark.svg").write_text(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8">{image}</svg>')
    with pytest.raises(Invalid, match=r"mark\.svg.*shows another file") as raised:
        await run(folder, document(shown("image", "mark.svg", 0.2)))
    assert raised.value.details[0].pointer == "/timeline/tracks/0/clips/0/asset/src"
