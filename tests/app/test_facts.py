from fractions import Fraction
from pathlib import Path

from cutroom.app.facts import facts
from cutroom.media.probe import AudioStream, MediaInfo, VideoStream


def test_facts_name_what_a_person_asks_first(tmp_path: Path) -> None:
    video = VideoStream(
        index=0, codec="h264", profile="High", pixel_format="yuv420p", width=1280, height=720, coded_width=1280,
        coded_height=720, rotation=0, sample_aspect=Fraction(1), fps=Fraction(30000, 1001),
        time_base=Fraction(1, 30000), start=Fraction(0), duration=Fraction(2), frames=60, has_alpha=False,
    )  # fmt: skip
    audio = AudioStream(
        index=1, codec="aac", sample_rate=48_000, channels=2, layout="stereo", time_base=Fraction(1, 48_000),
        start=Fraction(0), duration=Fraction(2),
    )  # fmt: skip
    info = MediaInfo(
        kind="video", format="mp4", duration=Fraction(2002, 1000), size_bytes=1_500_000, video=video, audio=audio
    )
    film = tmp_path / "out.mp4"
    film.write_bytes(b"\0\0\0\x08ftyp\0\0\0\x08moov\0\0\0\x08mdat")
    found = facts(info, film)
    assert found["faststart"] == "yes"
    assert found["duration"] == "2.002 s"
    assert found["video"] == "h264 1280x720, 29.970 fps, yuv420p"
    assert found["audio"] == "aac 48000 Hz, stereo"
    assert found["size"] == "1.50 MB"
