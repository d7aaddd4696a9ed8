"""The subtitle workflow as the command line runs it: real films, real ffmpeg, no server."""

import hashlib
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from imageio_ffmpeg import get_ffmpeg_exe

from cutroom import timeline
from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import run_alone
from cutroom.jobs.remembered import Remembered
from cutroom.jobs.seams import Draft
from cutroom.kit.errors import CutroomError, NotFound
from cutroom.media.fetch import Fetcher
from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.formats import FORMATS
from cutroom.speech.safe_areas import Platform, safe_area
from cutroom.speech.subtitles import SubtitlesDocument
from cutroom.timeline import parse_cues
from cutroom.timeline.assets.presets import PresetName
from cutroom.workflows import registry
from cutroom.workflows.subtitle import SubtitleOutput
from tests.media.sources import make_audio
from tests.workflows.standing import Frame, frames

GREY = 96
SAID = (
    Word("Good", 200, 500),
    Word("morning,", 520, 1000),
    Word("everyone,", 1040, 1500),
    Word("and", 1520, 1600),
    Word("welcome!", 1620, 2100),
)


@dataclass
class Desk:
    """A folder with a recording, and what is known of it."""

    folder: Path
    productions: Remembered

    def tell(self, name: str, words: Sequence[Word] = SAID, *, language: str = "en", duration_ms: int = 3000) -> None:
        """Keep `words` as the transcript of the recording `name`."""
        sha256 = hashlib.sha256((self.folder / name).read_bytes()).hexdigest()
        engine = Engine("hand", "", writes_punctuation=True)
        transcript = Transcript(language, duration_ms, engine, (Segment(tuple(words)),))
        document = TranscriptDocument.of(transcript, source=name, sha256=sha256)
        self.productions.add(Draft("trn_1", "transcript", name, document.model_dump_json()), f"job of {name}")

    async def run(self, out: str = "out.mp4", **wish: Any) -> SubtitleOutput:
        """Make subtitles of it."""
        cache, scratch = self.folder / "cache", self.folder / "scratch"
        cache.mkdir(exist_ok=True)
        scratch.mkdir(exist_ok=True)
        files = StandaloneFiles(base=self.folder, cache=cache, parts=scratch, out=self.folder / out, fetcher=Fetcher())
        result = await run_alone(
            registry(timeline.Limits(allow_local=True)),
            "subtitle",
            {"transcript": "trn_1", **wish},
            files=files,
            scratch=scratch,
            events=lambda *_: None,
            productions=self.productions,
            concurrency=2,
        )
        assert isinstance(result, SubtitleOutput)
        return result


def film(path: Path, size: tuple[int, int] = (216, 384), seconds: float = 3, *, cut: float | None = None) -> Path:
    """Grey pictures with a tone; brighter ones after the cut."""
    grey = f"0x{GREY:02x}{GREY:02x}{GREY:02x}"
    parts = [(grey, seconds)] if cut is None else [(grey, cut), ("0xe0d0c0", seconds - cut)]
    inputs = [
        word
        for color, length in parts
        for word in ("-f", "lavfi", "-i", f"color=c={color}:s={size[0]}x{size[1]}:r=10:d={length}")
    ]
    joined = "".join(f"[{number}:v]" for number in range(len(parts))) + f"concat=n={len(parts)}[v]"
    sound = ["-f", "lavfi", "-i", f"sine=d={seconds}"]
    encoder = ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "16", "-c:a", "aac"]
    maps = ["-filter_complex", joined, "-map", "[v]", "-map", f"{len(parts)}:a"]
    subprocess.run([get_ffmpeg_exe(), "-v", "error", "-y", *inputs, *sound, *maps, *encoder, str(path)], check=True)
    return path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    film(tmp_path / "talk.mp4")
    one = Desk(tmp_path, Remembered())
    one.tell("talk.mp4")
    return one


def marked(frame: Frame) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of what is not grey; None when nothing is."""
    there = (np.abs(frame.astype(int) - GREY) > 24).any(axis=2)
    if there.sum() < 4:
        return None
    rows, columns = np.flatnonzero(there.any(axis=1)), np.flatnonzero(there.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


async def test_a_transcript_becomes_files_and_a_production(desk: Desk) -> None:
    made = await desk.run("out.srt")
    assert [Path(artifact).name for artifact in made.artifacts] == [f"out.subtitles.{name}" for name in FORMATS]
    kept = desk.productions.find(made.subtitles)
    assert (kept.kind, kept.version, kept.title) == ("subtitles", 1, "Good morning, everyone, and welcome!")
    assert [(origin.id, origin.version) for origin in kept.made_from] == [("trn_1", 1)]
    document = SubtitlesDocument.model_validate_json(kept.body)
    assert document.measures.within == made.measures.within == 1
    assert document.limits.fps == "10"
    texts = {name: (desk.folder / f"out.subtitles.{name}").read_text("utf-8") for name in FORMATS}
    assert json.loads(texts["json"]) == json.loads(kept.body)
    for name in ("srt", "vtt", "ass", "json"):
        [cue] = parse_cues(texts[name]).cues
        assert (float(cue.start), [word.text for word in cue.words][-1]) == (0.2, "welcome!")
    assert texts["txt"] == "Good morning, everyone, and welcome!\n"


async def test_only_the_files_that_are_asked_for_are_made(desk: Desk) -> None:
    made = await desk.run("out.srt", formats=["vtt", "srt", "vtt"], shots=False)
    assert [Path(artifact).suffix for artifact in made.artifacts] == [".vtt", ".srt"]
    assert made.warnings == []


async def test_made_again_into_the_same_subtitles_they_have_a_second_version(desk: Desk) -> None:
    first = await desk.run("out.srt", formats=["srt"])
    desk.tell("talk.mp4", [*SAID[:-1], Word("hello!", 1620, 2100)])
    desk.productions.add(
        Draft("trn_1", "transcript", "", desk.productions.find("trn_1").body.replace("welcome", "farewell")), "an edit"
    )
    again = await desk.run("out.srt", formats=["srt"], into=first.subtitles)
    assert (again.subtitles, again.version) == (first.subtitles, 2)
    kept = desk.productions.find(first.subtitles)
    assert [origin.version for origin in kept.made_from] == [2]
    assert "farewell!" in kept.title


async def test_cues_go_when_the_pictures_are_cut(tmp_path: Path) -> None:
    film(tmp_path / "talk.mp4", cut=1.5, seconds=4)
    desk = Desk(tmp_path, Remembered())
    words = [Word("Good", 200, 500), Word("morning", 520, 1100), Word("to", 1120, 1440), Word("you!", 1530, 2000)]
    desk.tell("talk.mp4", words, duration_ms=4000)
    made = await desk.run("out.srt", formats=["srt"])
    cues = parse_cues((tmp_path / "out.subtitles.srt").read_text()).cues
    assert [cue.words[0].text for cue in cues] == ["Good", "you!"]
    assert float(cues[0].end) <= 1.5 - 0.2 + 0.001  # two frames, at ten a second
    assert float(cues[1].start) == 1.53
    assert made.measures.over_cuts == 0
    await desk.run("free.srt", formats=["srt"], shots=False)
    assert len(parse_cues((tmp_path / "free.subtitles.srt").read_text()).cues) == 1


@pytest.mark.parametrize(
    ("style", "platform", "size"),
    [
        ("plain", "tiktok", (216, 384)),
        ("outline", "reels", (216, 384)),
        ("box", "shorts", (216, 384)),
        ("karaoke", "tiktok", (216, 384)),
        ("highlight", None, (216, 384)),
        ("pop", "reels", (216, 384)),
        ("bounce", "shorts", (216, 384)),
        ("word", "tiktok", (216, 384)),
        ("typewriter", "reels", (216, 384)),
        ("minimal", "shorts", (216, 384)),
        ("box", "youtube", (384, 216)),
        ("pop", None, (240, 240)),
    ],
)
async def test_burnt_in_captions_stay_in_the_safe_area(
    tmp_path: Path, style: PresetName, platform: Platform | None, size: tuple[int, int]
) -> None:
    film(tmp_path / "talk.mp4", size)
    desk = Desk(tmp_path, Remembered())
    desk.tell("talk.mp4")
    made = await desk.run(burnIn=True, formats=[], style=style, platform=platform, shots=False)
    assert made.warnings == []
    area = safe_area(platform, size).pixels(size)
    seen = [marked(frame) for frame in frames(tmp_path / "out.mp4")]
    assert len(seen) == 30
    assert seen[0] is None  # the first word comes at 0.2 s
    assert seen[29] is None
    found = [box for box in seen if box is not None]
    assert len(found) >= 15
    for left, top, right, bottom in found:
        assert left >= area[0]
        assert top >= area[1]
        assert right <= area[2]
        assert bottom <= area[3]
    widest = max(right - left for left, _, right, _ in found)
    assert widest > 0.2 * size[0]  # and they can be read


async def test_a_film_with_burnt_in_captions_has_the_sound_and_length_of_its_recording(desk: Desk) -> None:
    made = await desk.run(burnIn=True, formats=["srt"])
    assert [Path(artifact).name for artifact in made.artifacts[:2]] == ["out.subtitles.srt", "out.mp4"]
    with av.open(str(desk.folder / "out.mp4")) as file:
        assert [stream.type for stream in file.streams] == ["video", "audio"]
        assert file.duration is not None
        assert abs(file.duration / 1e6 - 3) <= 0.1


async def test_a_soft_track_leaves_pictures_and_sound_as_they_are(desk: Desk) -> None:
    made = await desk.run(softTrack=True, formats=[], shots=False)
    [track] = made.artifacts
    assert Path(track).name == "out.subtitled.mp4"
    for kind in ("video", "audio"):
        both = []
        for path in (desk.folder / "talk.mp4", Path(track)):
            with av.open(str(path)) as file:
                both.append([bytes(packet) for packet in file.demux(**{kind: 0}) if packet.size])
        assert both[0] == both[1]
    with av.open(track) as file:
        assert [stream.language for stream in file.streams.subtitles] == ["eng"]


async def test_signs_that_no_font_has_are_reported(desk: Desk) -> None:
    desk.productions.add(
        Draft("trn_1", "transcript", "", desk.productions.find("trn_1").body.replace("Good", "漢字")), "an edit"
    )
    made = await desk.run(burnIn=True, formats=[], shots=False)
    [warning] = made.warnings
    assert warning.code == "glyph_missing"
    assert "漢" in warning.message


async def test_right_to_left_text_is_drawn(tmp_path: Path) -> None:
    film(tmp_path / "talk.mp4", (384, 216))
    desk = Desk(tmp_path, Remembered())
    words = [Word("صباح", 200, 600), Word("الخير", 620, 1200), Word("جميعا", 1250, 2000)]
    desk.tell("talk.mp4", words, language="ar")
    made = await desk.run(burnIn=True, formats=[], shots=False, style="karaoke")
    assert made.warnings == []
    picture = frames(tmp_path / "out.mp4")[6].astype(int)  # the first word has been said
    yellow = np.flatnonzero(((picture[:, :, 0] > 190) & (picture[:, :, 2] < 120)).any(axis=0))
    white = np.flatnonzero((picture.min(axis=2) > 200).any(axis=0))
    assert yellow.mean() > white.mean() + 20  # it stands on the right


async def test_without_the_recording_there_are_files_all_the_same(desk: Desk) -> None:
    (desk.folder / "talk.mp4").unlink()
    made = await desk.run("out.srt", formats=["srt"])
    assert [warning.code for warning in made.warnings] == ["recording_not_at_hand"]
    assert len(made.artifacts) == 1


@pytest.mark.parametrize("wish", [{"burnIn": True}, {"softTrack": True}])
async def test_a_film_needs_the_recording_that_was_transcribed(desk: Desk, wish: dict[str, Any]) -> None:
    film(desk.folder / "talk.mp4", (64, 64), 1)
    with pytest.raises(CutroomError) as raised:
        await desk.run(**wish)
    assert raised.value.code == "source_changed"


@pytest.mark.parametrize("wish", [{"burnIn": True}, {"softTrack": True}])
async def test_sound_alone_has_no_pictures_to_show_subtitles_over(tmp_path: Path, wish: dict[str, Any]) -> None:
    make_audio(tmp_path / "talk.mp3", 3)
    desk = Desk(tmp_path, Remembered())
    desk.tell("talk.mp3")
    with pytest.raises(CutroomError) as raised:
        await desk.run(**wish)
    assert raised.value.code == "no_pictures"
    assert (await desk.run("out.srt", formats=["srt"])).measures.within == 1


async def test_a_transcript_that_is_none_is_said_to_be(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.run(transcript="trn_2")
    made = await desk.run("out.srt", formats=["srt"], shots=False)
    with pytest.raises(CutroomError) as raised:
        await desk.run(transcript=made.subtitles)
    assert raised.value.code == "not_a_transcript"


async def test_frames_without_captions_are_copied(tmp_path: Path) -> None:
    film(tmp_path / "talk.mp4", (1280, 720), 6)
    desk = Desk(tmp_path, Remembered())
    desk.tell("talk.mp4", [Word("Hello", 4100, 4500), Word("there.", 4520, 5000)], duration_ms=6000)
    await desk.run(burnIn=True, formats=[], shots=False)
    [report] = (tmp_path / "scratch").rglob("report.json")
    assert json.loads(report.read_text())["tally"]["kinds"]["copy"] >= 1
    seen = [marked(frame) is not None for frame in frames(tmp_path / "out.mp4")]
    assert not any(seen[:41])
    assert all(seen[42:50])
