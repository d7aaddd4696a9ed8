"""The render workflow as the command line runs it: real media, real ffmpeg, no server."""

from pathlib import Path
from typing import Any

import pytest

from cutroom import timeline
from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import run_alone
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.media.fetch import Fetcher
from cutroom.media.probe import probe
from cutroom.workflows import registry
from cutroom.workflows.render import RenderOutput
from tests.media.sources import count_frames, make_audio, make_image, make_video


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


async def run(folder: Path, edit: dict[str, Any], out: str = "out.mp4") -> tuple[RenderOutput, list[dict[str, Any]]]:
    seen: list[dict[str, Any]] = []
    cache, scratch = folder / "cache", folder / "scratch"
    cache.mkdir(exist_ok=True)
    scratch.mkdir(exist_ok=True)
    files = StandaloneFiles(base=folder, cache=cache, parts=scratch, out=folder / out, fetcher=Fetcher())
    result = await run_alone(
        registry(),
        "render",
        timeline.parse(edit, timeline.Limits(allow_local=True)),
        files=files,
        scratch=scratch,
        events=lambda kind, data: seen.append({"kind": kind, **data}),
        concurrency=2,
    )
    assert isinstance(result, RenderOutput)
    return result, seen


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
    assert list((folder / "cache").rglob("*.part")) == []
