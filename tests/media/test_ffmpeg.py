from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from cutroom.kit.errors import Unavailable
from cutroom.media import ffmpeg
from cutroom.media.filters import FILTERS
from cutroom.media.formats import FORMATS


def script(path: Path, says: str) -> Path:
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


async def test_the_one_in_the_wheel_is_found_from_inside_a_loop() -> None:
    found = ffmpeg.find()
    assert found.path == Path(get_ffmpeg_exe())
    assert found.version >= (9, 0)
    assert found.version_text.startswith("n9.")
    assert ffmpeg.find() is found


def test_it_can_do_all_that_we_ask_of_it() -> None:
    found = ffmpeg.find()
    assert {"libx264", "aac", "libmp3lame"} <= found.encoders()
    assert "no_such_encoder" not in found.encoders()
    wanted = {word.value for made in FORMATS.values() for word in (made.video, made.audio) if word is not None}
    assert wanted <= found.encoders()
    assert FILTERS.keys() <= found.filters()


def test_another_one_can_be_chosen_and_taken_back(tmp_path: Path) -> None:
    mine = script(tmp_path / "mine", "ffmpeg version n8.1.2-custom Copyright")
    assert ffmpeg.find(mine).version == (8, 1, 2)
    assert ffmpeg.find().path != mine
    try:
        assert ffmpeg.use(mine).path == mine
        assert ffmpeg.find().version_text == "n8.1.2-custom"
    finally:
        ffmpeg.use(None)
    assert ffmpeg.find().path == Path(get_ffmpeg_exe())


def test_a_build_between_releases_is_accepted(tmp_path: Path) -> None:
    assert ffmpeg.find(script(tmp_path / "git", "ffmpeg version N-123-gabc Copyright")).version == ()


@pytest.mark.parametrize(
    ("says", "code"),
    [("ffmpeg version 5.1.9-0+deb12u1 Copyright", "ffmpeg_too_old"), ("I am a teapot", "ffmpeg_missing")],
)
@pytest.mark.threat("A97")
def test_one_that_is_too_old_or_none_is_refused(says: str, code: str, tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as raised:
        ffmpeg.find(script(tmp_path / "other", says))
    assert raised.value.code == code
    assert not raised.value.retryable


def test_a_missing_one_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="There is no ffmpeg at") as raised:
        ffmpeg.find(tmp_path / "missing")
    assert raised.value.code == "ffmpeg_missing"
