"""The table of source formats, against what the probe says of a file of each."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cutroom.app.source_formats import FORMATS
from cutroom.assets.verifying import _TYPES
from cutroom.kit.errors import Invalid
from cutroom.media.info import MediaInfo
from cutroom.media.probe import probe, probe_all
from cutroom.media.sniff import FONTS
from tests.media.heics import chart, coded, dots, film, heif
from tests.media.sources import make_audio, make_image, make_video


def files(folder: Path) -> dict[str, list[Path]]:
    """Files of each row, by its title."""
    frames = dots(3)
    moving: dict[str, Any] = {"save_all": True, "append_images": frames[1:], "duration": 100}
    (folder / "a.heic").write_bytes(heif([coded(chart(64, 64), folder)]))
    (folder / "moving.webp").write_bytes(film(frames, [100] * 3))
    frames[0].save(folder / "a.avif")
    (folder / "a.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"/>')
    frames[0].save(folder / "moving.avif", **moving)
    frames[0].save(folder / "moving.png", **moving)
    films = {name: make_video(folder / f"a.{name}", 0.2) for name in ("mp4", "mov", "mkv", "ts", "avi")}
    films["flv"] = make_video(folder / "a.flv", 0.2, options=("-ar", "44100"))
    films["wmv"] = make_video(folder / "a.wmv", 0.2, codec="wmv2", audio_codec="wmav2")
    films["webm"] = make_video(folder / "a.webm", 0.2, codec="libvpx", audio_codec="libopus")
    gif = make_video(folder / "a.gif", 0.4, fps=10, audio=False, codec="gif", pixel_format="rgb8")
    sounds = [make_audio(folder / f"b.{name}", 0.3) for name in ("mp3", "aac", "wav", "flac", "ogg")]
    other = [make_audio(folder / f"b.{name}", 0.3, options=("-f", name)) for name in ("aiff", "caf", "ac3", "eac3")]
    return {
        "MP4, MOV, M4A": [films["mp4"], films["mov"], make_audio(folder / "b.m4a", 0.3)],
        "WebM, Matroska": [films["webm"], films["mkv"]],
        "MPEG-TS, AVI": [films["ts"], films["avi"]],
        "WMV, WMA, FLV": [films["wmv"], films["flv"]],
        "MP3, AAC, WAV, FLAC, Ogg": sounds,
        "AIFF, CAF, AC-3, E-AC-3": other,
        "PNG, JPEG, WebP": [make_image(folder / f"c.{name}") for name in ("png", "jpg", "webp")],
        "GIF, animated PNG": [gif, folder / "moving.png"],
        "animated WebP": [folder / "moving.webp"],
        "HEIC": [folder / "a.heic"],
        "AVIF": [folder / "a.avif"],
        "animated AVIF": [folder / "moving.avif"],
        "SVG": [folder / "a.svg"],
    }


async def test_every_row_is_what_the_probe_says_and_every_format_has_one(tmp_path: Path) -> None:
    made = files(tmp_path)
    assert set(made) == {row.title for row in FORMATS}
    assert {name for row in FORMATS for name in row.names} == set(_TYPES) - FONTS - {"pdf", "text"}
    found = iter(await probe_all([path for row in FORMATS for path in made[row.title]]))
    for row in FORMATS:
        infos = [next(found) for _ in made[row.title]]
        assert all(isinstance(info, MediaInfo) and info.kind in row.clips for info in infos), row.title
        assert {info.format for info in infos if isinstance(info, MediaInfo)} == set(row.names)


@pytest.mark.parametrize("name", ["TIFF", "BMP"])
async def test_other_pictures_are_refused(name: str, tmp_path: Path) -> None:
    file = BytesIO()
    Image.fromarray(chart(20, 20)).save(file, name)
    (tmp_path / "a").write_bytes(file.getvalue())
    with pytest.raises(Invalid) as raised:
        await probe(tmp_path / "a")
    assert raised.value.code == "not_media"
