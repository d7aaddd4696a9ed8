from pathlib import Path

import pytest

from cutroom.kit.errors import Invalid
from cutroom.media.formats import FORMATS, demuxer, format_named
from cutroom.media.options import DEMUXERS, MUXERS, OUTPUT_OPTIONS
from cutroom.media.probe import probe
from tests.media.sources import make_audio, make_image, make_video


def test_formats_are_found_by_name() -> None:
    made = format_named("mp4")
    assert (made.content_type, made.extension, made.kind) == ("video/mp4", "mp4", "video")
    with pytest.raises(Invalid, match=r"'exe' is not one of mp4, mov") as raised:
        format_named("exe")
    assert raised.value.code == "unknown_format"


def test_every_format_can_be_written() -> None:
    for made in FORMATS.values():
        assert made.muxer in MUXERS
        for option, word in (("c:v", made.video), ("c:a", made.audio)):
            if word is not None:
                assert OUTPUT_OPTIONS[option].write(word) == word.value


async def test_every_probed_format_has_its_demuxer(tmp_path: Path) -> None:
    files = [
        make_video(tmp_path / "a.mp4", 0.2),
        make_video(tmp_path / "a.mkv", 0.2),
        make_audio(tmp_path / "a.mp3", 0.2),
        make_audio(tmp_path / "a.m4a", 0.2),
        make_image(tmp_path / "a.png"),
    ]
    for path in files:
        assert demuxer((await probe(path)).format) in DEMUXERS
    with pytest.raises(Invalid, match="cannot be read"):
        demuxer("hls")
