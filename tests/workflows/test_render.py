"""The render workflow as the command line runs it: real media, real ffmpeg, no server."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from cutroom.kit.errors import CutroomError, Invalid
from cutroom.media.probe import probe
from tests.media.sources import count_frames, make_audio, make_image, make_video
from tests.workflows.standing import frames, run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_video(tmp_path / "a.mp4", 2, (160, 90), 25)
    make_image(tmp_path / "b.png", (320, 180), color="red")
    make_audio(tmp_path / "m.wav", 1)
    return tmp_path


def document(**output: Any) -> dict[str, Any]:
    return {
        "output": {"format": "mp4", "width": 160, "height": 90, "fps": 10, **output},
        "timeline": {
            "tracks": [
                {"clips": [{"asset": {"type": "text", "text": "Hi"}, "start": 0.5, "length": 1}]},
                {
                    "clips": [
                        {"asset": {"type": "video", "src": "a.mp4"}, "start": 0, "length": 1.5},
                        {"asset": {"type": "image", "src": "b.png"}, "start": "auto", "length": 1.5},
                    ]
                },
            ],
            "soundtrack": {"src": "m.wav", "volume": 0.5, "loop": True},
        },
    }


async def test_an_edit_becomes_the_file_it_describes(folder: Path) -> None:
    result, _ = await run(folder, document())
    info = await probe(folder / "out.mp4")
    assert info.video is not None
    assert info.audio is not None
    assert (info.video.codec, info.video.width, info.video.height, float(info.video.fps)) == ("h264", 160, 90, 10.0)
    assert count_frames(folder / "out.mp4") == 30 == result.frames
    assert abs(float(info.video.duration or 0) - 3) <= 0.1
    assert info.audio.codec == "aac"
    assert result.size_bytes == (folder / "out.mp4").stat().st_size


async def test_progress_reaches_the_end_and_never_goes_back(folder: Path) -> None:
    _, seen = await run(folder, document())
    progress = [event["progress"] for event in seen if event["kind"] == "progress"]
    assert progress == sorted(progress)
    assert progress[-1] == 100


async def test_a_second_run_makes_only_what_changed(folder: Path) -> None:
    first, _ = await run(folder, document(), "one.mp4")
    again, _ = await run(folder, document(), "two.mp4")
    assert (folder / "one.mp4").read_bytes() == (folder / "two.mp4").read_bytes()
    assert first.reused_segments == 0
    assert again.reused_segments > 0


async def test_pieces_that_are_swept_before_they_are_joined_are_made_again(folder: Path) -> None:
    swept: list[Path] = []

    def sweep(event: dict[str, Any]) -> None:
        if event.get("stage") == "joining" and not swept:
            swept.extend(path for path in (folder / "cache").iterdir() if len(path.name) == 64)
            for path in swept:
                path.unlink()

    result, seen = await run(folder, document(), meanwhile=sweep)
    assert len(swept) == 2, "the pictures and the sound"
    assert [event["code"] for event in seen if event["kind"] == "log" and event["level"] == "warning"] == [
        "blob_missing"
    ]
    again, _ = await run(folder, document(), "again.mp4")
    assert (folder / "again.mp4").read_bytes() == (folder / "out.mp4").read_bytes()
    assert result.frames == again.frames == 30


async def test_sound_alone_becomes_an_mp3(folder: Path) -> None:
    edit = {
        "output": {"format": "mp3"},
        "timeline": {"tracks": [{"clips": [{"asset": {"type": "audio", "src": "m.wav"}, "start": 0, "length": 1}]}]},
    }
    await run(folder, edit, "out.mp3")
    info = await probe(folder / "out.mp3")
    assert info.video is None
    assert info.audio is not None
    assert info.audio.codec == "mp3"


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("a.mp4", b"this is no film", "not_media"), ("b.png", b"", "not_media"), ("m.wav", None, "source_not_found")],
)
async def test_a_bad_source_is_named_and_pointed_at(folder: Path, name: str, content: bytes | None, code: str) -> None:
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(CutroomError) as caught:
        await run(folder, document())
    assert caught.value.code == code
    assert caught.value.details[0].pointer.startswith("/timeline/")
    assert isinstance(caught.value, Invalid)
    assert not (folder / "out.mp4").exists()


async def test_a_source_that_is_cut_off_is_called_truncated(folder: Path) -> None:
    whole = (folder / "a.mp4").read_bytes()
    (folder / "a.mp4").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Invalid) as caught:
        await run(folder, document())
    assert caught.value.code in {"media_truncated", "not_media"}


async def test_nothing_unfinished_is_left_beside_the_result(folder: Path) -> None:
    before = set(folder.iterdir())
    await run(folder, document())
    assert {path.name for path in set(folder.iterdir()) - before} == {"cache", "scratch", "out.mp4"}
    assert list((folder / "cache" / ".cutroom-parts").iterdir()) == []


async def test_several_outputs_come_from_one_timeline(folder: Path) -> None:
    edit = document(poster={"at": 1})
    edit["outputs"] = [
        {"format": "webm", "width": 160, "height": 90, "fps": 10},
        {"format": "jpg", "width": 80, "height": 46, "at": 2},
        {"format": "mp3"},
    ]
    result, _ = await run(folder, edit)
    assert [file.format for file in result.outputs] == ["mp4", "webm", "jpg", "mp3"]
    assert [(file.width, file.height) for file in result.outputs] == [(160, 90), (160, 90), (80, 46), (None, None)]
    assert {path.name for path in folder.glob("out.*")} == {
        "out.mp4", "out.poster.jpg", "out.2.render.webm", "out.3.render.jpg", "out.4.render.mp3",
    }  # fmt: skip
    poster, still = frames(folder / "out.poster.jpg")[0], frames(folder / "out.3.render.jpg")[0]
    assert (poster.shape, still.shape) == ((90, 160, 3), (46, 80, 3))
    assert still[23, 10, 0] > 200  # the red image, which is there at second 2
    assert still[23, 10, 1] < 60


async def test_a_stream_names_its_media_where_it_lies(folder: Path) -> None:
    await run(folder, document(format="hls"), "out.m3u8")
    playlist = (folder / "out.m3u8").read_text()
    media = next(path for path in folder.glob("out.*.mp4"))
    assert playlist.count(media.name) >= 2
    assert "media.mp4" not in playlist.replace(media.name, "")
    assert len(frames(folder / "out.m3u8")) == 30


async def test_captions_come_from_a_file(folder: Path) -> None:
    (folder / "words.srt").write_text("1\n00:00:00,500 --> 00:00:01,000\nHello there\n")
    edit = {
        "output": {"format": "mp4", "width": 320, "height": 180, "fps": 10},
        "timeline": {
            "duration": 1.5,
            "tracks": [{"clips": [{"asset": {"type": "captions", "src": "words.srt"}, "start": 0}]}],
        },
    }
    await run(folder, edit)
    bright = [int((frame.max(axis=2) > 200).sum()) for frame in frames(folder / "out.mp4")]
    assert max(bright[:5]) == 0
    assert min(bright[5:10]) > 50
    assert max(bright[10:]) == 0


async def test_wrong_captions_are_pointed_at(folder: Path) -> None:
    (folder / "words.srt").write_bytes(b"\xff\xfe\x00 no text")
    clip = {"asset": {"type": "captions", "src": "words.srt"}, "start": 0, "length": 1}
    with pytest.raises(Invalid) as caught:
        await run(folder, {"timeline": {"tracks": [{"clips": [clip]}]}})
    assert caught.value.code == "bad_captions"
    assert caught.value.details[0].pointer == "/timeline/tracks/0/clips/0/asset/src"


async def test_loudness_is_reached_by_sound_and_video_from_one_mix(folder: Path) -> None:
    edit = document()
    edit["timeline"]["loudness"] = -16
    edit["outputs"] = [{"format": "wav"}]
    result, _ = await run(folder, edit)
    assert [file.format for file in result.outputs] == ["mp4", "wav"]
    command = [get_ffmpeg_exe(), "-i", str(folder / "out.2.render.wav"), "-af", "ebur128", "-f", "null", "-"]
    said = subprocess.run(command, capture_output=True, timeout=60, check=True).stderr.decode()
    assert abs(float(re.findall(r"I:\s+(-?[\d.]+) LUFS", said)[-1]) + 16) < 0.6
    mixes = {path.name for path in (folder / "cache").rglob("*") if path.is_file() and path.read_bytes()[:4] == b"fLaC"}
    assert len(mixes) == 1


async def test_pixels_of_the_document_are_those_of_the_first_output(folder: Path) -> None:
    box = {"asset": {"type": "color", "color": "#ff0000"}, "start": 0, "length": 1, "size": {"width": 80, "height": 45}}
    edit = document()
    edit["timeline"] = {"tracks": [{"clips": [box]}]}
    edit["outputs"] = [
        {"format": "png", "width": 80, "height": 46, "at": 0},
        {"format": "png", "width": 360, "height": 640, "at": 0},
    ]
    await run(folder, edit)
    shares = [float((frames(path)[0][..., 0] > 128).mean()) for path in sorted(folder.glob("out*.png"))]
    assert shares == pytest.approx([0.25, 80 * 4 * 45 * 4 / (360 * 640)], rel=0.12)
