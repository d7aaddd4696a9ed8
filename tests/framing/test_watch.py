"""Looking at files, in a child process: frames, timestamps, parts, and files that are made to do harm."""

import asyncio
import contextlib
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from bench.quality.corpus.filming import film
from bench.quality.corpus.shots import Story, still
from cutroom.framing.sight import Seen
from cutroom.framing.watch import Span, find_shots, joined, look_at
from cutroom.kit.errors import Invalid
from cutroom.media.origin import zero
from cutroom.media.probe import probe
from tests.framing.films import look, shots, three_shots


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return three_shots(tmp_path_factory.mktemp("films"))


async def test_shots_have_exact_frames_and_seconds_and_leave_no_gap(three: Path) -> None:
    found = (await shots(three)).shots
    assert [(shot.first, shot.last) for shot in found] == [(0, 30), (30, 50), (50, 90)]
    assert [(shot.start, shot.end) for shot in found] == [(0, 1), (1, Fraction(5, 3)), (Fraction(5, 3), 3)]
    assert [(shot.start_ms, shot.end_ms) for shot in found] == [(0, 1000), (1000, 1667), (1667, 3000)]


@pytest.mark.parametrize("edges", [(Fraction(1, 2), Fraction(2)), (Fraction(1), Fraction(5, 3)), (Fraction(4, 5),)])
async def test_parts_together_say_what_the_whole_says(three: Path, edges: tuple[Fraction, ...]) -> None:
    whole = await shots(three)
    spans = [Span(start, end) for start, end in zip((Fraction(0), *edges), (*edges, None), strict=True)]
    assert joined([await shots(three, span) for span in spans]) == whole.shots


async def test_a_part_begins_and_ends_on_its_own_edges(three: Path) -> None:
    part = await shots(three, Span(Fraction(1, 2), Fraction(3, 2)))
    assert part.continues
    assert [(shot.first, shot.last, shot.start, shot.end) for shot in part.shots] == [
        (0, 15, Fraction(1, 2), 1),
        (15, 30, 1, Fraction(3, 2)),
    ]


async def test_a_rate_that_varies_moves_no_cut(tmp_path: Path) -> None:
    story = Story().shot(still(1), 20).shot(still(2), 15).shot(still(3), 20)
    times = [int(time) for time in np.cumsum(np.random.default_rng(2).integers(11, 95, len(story.frames)))]
    path = film(tmp_path / "varied.mkv", story.pictures, times=times)
    found = (await shots(path)).shots
    assert [shot.first for shot in found] == [0, 20, 35]
    assert [shot.start_ms for shot in found] == [0, times[20] - times[0], times[35] - times[0]]


async def test_faces_are_seen_where_they_are_and_followed_under_one_number(three: Path) -> None:
    seen = await look(three)
    inside = seen.within(seen.shots[1])
    assert len(inside) >= 3
    faces = [face for sight in inside for face in sight.faces]
    assert {face.number for face in faces} == {faces[0].number}
    assert all(abs(face.x - 420 / 640) < 0.03 and abs(face.y - 140 / 360) < 0.06 for face in faces)
    assert all(not sight.faces for sight in seen.within(seen.shots[0]))


async def test_pictures_that_lie_on_their_side_are_looked_at_upright(three: Path, tmp_path: Path) -> None:
    with av.open(str(three)) as file:
        upright = [frame.to_ndarray(format="bgr24") for frame in file.decode(video=0)][30:45]
    path = tmp_path / "turned.mp4"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = 360, 640, "yuv420p"
        for picture in upright:
            turned = np.ascontiguousarray(np.rot90(picture, 1), np.uint8)  # stored on its side
            out.mux(stream.encode(av.VideoFrame.from_ndarray(turned, "bgr24")))
        out.mux(stream.encode())
    info = await probe(path)
    assert info.video is not None
    stream_told = replace(info.video, rotation=90, width=640, height=360)
    seen = await look_at(path, replace(info, video=stream_told), zero(info), span=Span())
    faces = [face for sight in seen.sights for face in sight.faces]
    assert faces
    assert all(abs(face.x - 420 / 640) < 0.03 for face in faces)


async def test_sound_and_stills_have_no_shots(tmp_path: Path) -> None:
    path = tmp_path / "still.png"
    with av.open(str(path), "w", format="image2") as out:
        stream = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "rgb24"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((36, 64, 3), np.uint8), "rgb24")))
        out.mux(stream.encode())
    assert (await shots(path)).shots == ()
    assert await look(path) == Seen((), ())


async def test_a_damaged_file_is_named_as_such(three: Path, tmp_path: Path) -> None:
    info = await probe(three)
    broken = tmp_path / "broken.mp4"
    data = bytearray(three.read_bytes())
    start = data.find(b"mdat") + 8
    data[start:] = np.random.default_rng(1).integers(0, 256, len(data) - start, np.uint8).tobytes()
    broken.write_bytes(bytes(data))
    with pytest.raises(Invalid) as caught:
        await find_shots(broken, info, zero(info))
    assert caught.value.code == "source_damaged"
    assert str(tmp_path) not in caught.value.message


async def test_a_cancelled_look_ends_its_child(three: Path) -> None:
    info = await probe(three)
    task = asyncio.create_task(find_shots(three, info, zero(info)))
    async with asyncio.timeout(60):
        while not children():
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not children()


def children() -> list[Path]:
    """Processes of ours that look at pictures."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if b"framing/child.py" in path.read_bytes() and path.parent.joinpath("stat").read_text().split()[3] == str(
                os.getpid()
            ):
                found.append(path)
    return found
