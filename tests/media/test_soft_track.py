"""A track of subtitles beside pictures and sound that stay as they are."""

import subprocess
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av.packet import Packet
from imageio_ffmpeg import get_ffmpeg_exe

from cutroom.kit.errors import Invalid
from cutroom.media.kinds import Language, LanguageTag
from cutroom.media.languages import language_of
from cutroom.media.probe import probe
from cutroom.media.soft_track import add_soft_track, soft_track_of
from tests.media.sources import make_audio

VTT = """WEBVTT

00:00:00.500 --> 00:00:01.250
Hello &lt;b&gt; &amp; you
there

00:00:01.330 --> 00:00:02.500
مرحبا 世界
"""
KINDS = {
    "mp4": ("-c:v", "libx264", "-bf", "2", "-c:a", "aac"),
    "mov": ("-c:v", "libx264", "-bf", "2", "-c:a", "pcm_s16le"),
    "mkv": ("-c:v", "libx264", "-bf", "2", "-c:a", "flac"),
    "webm": ("-c:v", "libvpx-vp9", "-c:a", "libopus", "-cpu-used", "8", "-deadline", "realtime"),
}


def film(path: Path, *options: str) -> Path:
    sources = ["-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=3", "-f", "lavfi", "-i", "sine=d=3"]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", "-y", *sources, *options, str(path)], check=True)
    return path


def packets(path: Path, kind: str) -> list[bytes]:
    with av.open(str(path)) as file:
        [stream] = [stream for stream in file.streams if stream.type == kind]
        return [bytes(packet) for packet in file.demux(stream) if packet.size]


def seconds(packet: "Packet[Any]") -> float:
    assert packet.pts is not None
    return float(packet.pts * packet.time_base)


def frames(path: Path) -> list[tuple[float, bytes]]:
    with av.open(str(path)) as file:
        return [(float(frame.time), frame.to_ndarray().tobytes()) for frame in file.decode(video=0)]


@pytest.mark.parametrize("extension", KINDS)
async def test_pictures_and_sound_are_the_same_bytes_and_subtitles_are_there(extension: str, tmp_path: Path) -> None:
    source = film(tmp_path / f"a.{extension}", *KINDS[extension])
    (tmp_path / "a.vtt").write_text(VTT, "utf-8")
    out, info = tmp_path / f"out.{extension}", await probe(source)
    await add_soft_track(source, info, tmp_path / "a.vtt", out, zero=info.start, language="pt-BR", scratch=tmp_path)
    assert soft_track_of(info).extension == extension
    for kind in ("video", "audio"):
        assert packets(out, kind) == packets(source, kind)
    before, after = frames(source), frames(out)
    shift = after[0][0] - before[0][0]
    assert [picture for _, picture in before] == [picture for _, picture in after]
    assert all(abs(two - one - shift) < 0.002 for (one, _), (two, _) in zip(before, after, strict=True))
    with av.open(str(out)) as file:
        [track] = file.streams.subtitles
        assert track.language == "por"
        assert track.disposition & av.stream.Disposition.default
        cues = [packet for packet in file.demux(track) if packet.size > 2]
        times = [seconds(packet) for packet in cues]
        assert times == [pytest.approx(0.5 + shift, abs=0.03), pytest.approx(1.33 + shift, abs=0.03)]
        text = b" ".join(bytes(packet) for packet in cues).decode()
    assert "مرحبا 世界" in text
    assert ("Hello <b> & you\nthere" if extension in {"mp4", "mov"} else "Hello &lt;b&gt; &amp; you\nthere") in text


async def test_a_container_that_holds_no_subtitles_is_refused(tmp_path: Path) -> None:
    info = await probe(make_audio(tmp_path / "a.mp3", 0.3))
    with pytest.raises(Invalid, match="Burn them in") as raised:
        soft_track_of(info)
    assert raised.value.code == "soft_track_unsupported"


def test_languages_have_codes_of_three_letters() -> None:
    assert [language_of(tag).code for tag in ("en", "pt-BR", "zh_Hant", "yue", "x-klingon", "english")] == [
        "eng", "por", "zho", "yue", "und", "und",
    ]  # fmt: skip


@pytest.mark.threat("A34")
@pytest.mark.parametrize("code", ["", "en", "english", "en\n", "a=b", "-y ", "ENG", "e:g"])
def test_a_language_that_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(ValueError, match="three letters"):
        LanguageTag().write(Language(code))
    with pytest.raises(TypeError):
        LanguageTag().write(code)  # type: ignore[arg-type]


async def test_subtitles_keep_time_where_sound_starts_before_pictures(tmp_path: Path) -> None:
    source = film(tmp_path / "a.mkv", "-c:v", "libx264", "-c:a", "flac", "-output_ts_offset", "0")
    (tmp_path / "a.vtt").write_text(VTT, "utf-8")
    info = await probe(source)
    out = tmp_path / "out.mkv"
    zero = info.start + Fraction(1, 10)
    await add_soft_track(source, info, tmp_path / "a.vtt", out, zero=zero, language="en", scratch=tmp_path)
    with av.open(str(out)) as file:
        first = next(packet for packet in file.demux(file.streams.subtitles[0]) if packet.size > 2)
        assert seconds(first) == pytest.approx(0.6, abs=0.02)
