"""The workflow that makes clips, as the command line runs it: real films, real ffmpeg, no server."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from pydantic import ValidationError

from bench.quality.corpus.drawing import Picture, person, room
from bench.quality.corpus.filming import SOUND_RATE, film
from cutroom import timeline
from cutroom.app.standalone import StandaloneFiles
from cutroom.framing.pictures import Cutout
from cutroom.framing.timing import Cut
from cutroom.highlights.document import HighlightDocument, HighlightsDocument, PartsDocument, WishDocument
from cutroom.jobs import run_alone
from cutroom.jobs.remembered import Remembered
from cutroom.jobs.seams import Draft, Origin
from cutroom.kit.errors import CutroomError, NotFound
from cutroom.media.fetch import Fetcher
from cutroom.render import REPORT, RenderReport
from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.safe_areas import safe_area
from cutroom.timeline import parse_cues
from cutroom.workflows import registry
from cutroom.workflows.clip_document import ClipDocument
from cutroom.workflows.clip_source import ExportClip, Wanted
from cutroom.workflows.clip_timeline import Scenario
from cutroom.workflows.export_clip import ExportClipOutput, warnings_of
from tests.workflows.standing import Frame, frames

FPS = 30
SAID = (
    Word("Good", 300, 600),
    Word("morning,", 640, 1100),
    Word("everyone.", 1150, 1700),
    Word("This", 2100, 2300),
    Word("is", 2320, 2450),
    Word("{{it}}.", 2480, 2900),
)
LEFT, RIGHT = 0.25, 0.75
FIRST_S = 1.5


def talking() -> list[Picture]:
    """45 frames of somebody on the left, then 60 of somebody on the right, 640x360."""
    made = []
    for number in range(105):
        seed, x = (201, LEFT) if number < FIRST_S * FPS else (202, RIGHT)
        picture = room(seed).copy()
        person(picture, (640 * x + 2 * np.sin(number / 5), 150), 100, mouth=abs(np.sin(number / 2)))
        made.append(picture)
    return made


def humming() -> Any:
    """Three seconds and a half of sound that is far too quiet, with a louder second in it."""
    at = np.arange(int(3.5 * SOUND_RATE)) / SOUND_RATE
    swell = np.where((at > 1) & (at < 2), 0.08, 0.03)
    return (np.sin(2 * np.pi * 220 * at) * swell).astype(np.float32)


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("talk") / "talk.mp4", talking(), sound=humming())


@dataclass
class Desk:
    """A folder with a recording and a cache, and what is known of it."""

    folder: Path
    productions: Remembered
    stages: list[str]

    def tell(self, words: Sequence[Word] = SAID) -> None:
        """Keep words as the transcript of the recording."""
        engine = Engine("hand", "", writes_punctuation=True)
        transcript = Transcript("en", 3500, engine, (Segment(tuple(words)),))
        document = TranscriptDocument.of(transcript, source="talk.mp4", sha256=self.sha256)
        self.productions.add(Draft("trn_1", "transcript", "talk", document.model_dump_json()), "job of the transcript")

    def point_out(self, start: float, end: float) -> None:
        """Keep one highlight of the recording."""
        item = HighlightDocument(
            id="w0-2", start=start, end=end, title="A greeting", text="Good morning, everyone.", score=80,
            parts=PartsDocument(hook=80), reasons=["It greets."], first_word=0, last_word=2, keyframe=start,
            speakers=[],
        )  # fmt: skip
        document = HighlightsDocument(
            source="talk.mp4", sha256=self.sha256, language="en", duration=3.5, transcript="trn_1",
            transcript_version=1, wish=WishDocument(count=1, min_length=1, max_length=9), method="scored", items=[item],
        )  # fmt: skip
        self.productions.add(Draft("hls_1", "highlights", "hs", document.model_dump_json()), "job of the highlights")

    @property
    def sha256(self) -> str:
        return hashlib.sha256((self.folder / "talk.mp4").read_bytes()).hexdigest()

    async def run(self, **wish: Any) -> ExportClipOutput:
        """Make a clip, as `out.mp4`."""
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        files = StandaloneFiles(
            base=self.folder,
            cache=self.folder / "cache",
            parts=scratch,
            out=self.folder / "out.mp4",
            fetcher=Fetcher(),
            report=True,
        )
        made = await run_alone(
            registry(timeline.Limits(allow_local=True)),
            "export_clip",
            wish,
            files=files,
            scratch=scratch,
            events=lambda kind, data: self.stages.append(data["stage"]) if kind == "progress" else None,
            concurrency=2,
            productions=self.productions,
        )
        assert isinstance(made, ExportClipOutput)
        return made

    def document(self, made: ExportClipOutput) -> ClipDocument:
        return ClipDocument.model_validate_json(self.productions.find(made.clip).body)

    def report(self) -> RenderReport:
        return REPORT.validate_json((self.folder / "out.report.json").read_bytes())


def desk_at(folder: Path, talk: Path) -> Desk:
    (folder / "talk.mp4").symlink_to(talk)
    (folder / "cache").mkdir()
    return Desk(folder, Remembered(), [])


@pytest.fixture
def desk(talk: Path, tmp_path: Path) -> Desk:
    return desk_at(tmp_path, talk)


@dataclass(frozen=True)
class Made:
    """A clip that was made once, for all who only look at it."""

    output: ExportClipOutput
    document: ClipDocument
    report: RenderReport
    frames: list[Frame]


@pytest.fixture(scope="module")
async def bare(talk: Path, tmp_path_factory: pytest.TempPathFactory) -> Made:
    """From 0.2 to 3.0 seconds, without captions."""
    desk = desk_at(tmp_path_factory.mktemp("bare"), talk)
    desk.tell()
    made = await desk.run(transcript="trn_1", start=0.2, end=3.0, platform="tiktok", captions=False)
    assert desk.stages[-1] == "done"
    return Made(made, desk.document(made), desk.report(), frames(desk.folder / "out.mp4"))


def skin(frame: Frame) -> tuple[float, float]:
    """Where the face of the speaker is, in shares of the picture: the middle of what has the colour of skin."""
    red, green, blue = (frame[..., channel].astype(int) for channel in range(3))
    like = (abs(red - 225) < 22) & (abs(green - 180) < 22) & (abs(blue - 150) < 22)
    rows, columns = np.nonzero(like)
    return float(np.median(columns)) / frame.shape[1], float(np.median(rows)) / frame.shape[0]


async def test_a_range_becomes_an_upright_film_that_shows_who_speaks(bare: Made) -> None:
    made = bare.output
    assert (made.width, made.height, made.fps, made.frames) == (1080, 1920, "30", 84)
    assert made.warnings == []
    assert len(bare.frames) == made.frames
    # The cut lies 39 frames after the start, and so does the jump of the crop: nobody is ever beside the picture.
    for number in (2, 38, 39, 40, 80):
        x, y = skin(bare.frames[number])
        assert abs(x - 0.5) < 0.08
        assert y < 0.6
    assert [(crop.reason, crop.moves) for crop in bare.document.crops] == [("face", False), ("face", False)]
    assert bare.document.crops[0].end == bare.document.crops[1].start == pytest.approx(FIRST_S - 0.2, abs=1e-3)


async def test_what_was_asked_of_the_file_was_measured_on_it(bare: Made) -> None:
    report = bare.report
    assert report.level is not None
    assert report.level.integrated_lufs == pytest.approx(-14, abs=1)
    assert report.level.true_peak_dbtp is not None
    assert report.level.true_peak_dbtp <= -1 + 0.3
    assert report.faststart
    assert (report.video_codec, report.audio_codec) == ("h264", "aac")
    assert report.audio_offset is not None
    assert abs(report.audio_offset) <= Fraction(1, FPS)
    assert abs(float(report.duration) - 2.8) <= 1 / FPS
    assert all(check.passed for check in report.checks)


async def test_captions_say_the_words_and_stay_off_the_buttons_of_the_app(desk: Desk, bare: Made) -> None:
    desk.tell()
    made = await desk.run(transcript="trn_1", start=0.2, end=3.0, platform="reels", captions="box")
    written = frames(desk.folder / "out.mp4")
    assert bare.document.captions is None
    assert desk.document(made).captions == "box"
    left, top, right, bottom = safe_area("reels", (1080, 1920)).pixels((1080, 1920))
    inked = 0
    for one, two in zip(bare.frames[::4], written[::4], strict=True):
        changed = np.abs(one.astype(np.int16) - two.astype(np.int16)).max(axis=2) > 60
        inked += int(changed.sum())
        changed[top:bottom, left:right] = False
        assert not changed.any()
    assert inked > 100_000
    sheet = parse_cues((desk.folder / "out.clip.srt").read_text("utf-8"))
    assert " ".join(word.text for cue in sheet.cues for word in cue.words) == " ".join(word.text for word in SAID)


async def test_the_timeline_in_the_production_can_be_edited_and_rendered(desk: Desk) -> None:
    desk.tell()
    made = await desk.run(transcript="trn_1", start=0.2, end=1.15)
    document = json.loads(json.dumps(desk.document(made).document))
    document["output"].update(width=270, height=480)
    edit = timeline.parse(document, timeline.Limits(allow_local=True))
    kinds = [clip.asset.type for track in edit.timeline.tracks for clip in track.clips]
    assert kinds == ["captions", "video", "audio"]
    assert desk.productions.find(made.clip).made_from == (Origin("trn_1", 1),)


async def test_a_highlight_becomes_a_clip_named_after_it(desk: Desk) -> None:
    desk.tell()
    desk.point_out(0.25, 1.8)
    made = await desk.run(highlights="hls_1", highlight="w0-2", aspect="1:1")
    assert (made.title, made.width, made.height) == ("A greeting", 1080, 1080)
    document = desk.document(made)
    assert (document.highlights, document.highlight, document.transcript) == ("hls_1", "w0-2", "trn_1")
    assert desk.productions.find(made.clip).made_from == (Origin("hls_1", 1), Origin("trn_1", 1))


async def test_no_word_is_cut_and_whoever_asked_is_told(desk: Desk) -> None:
    desk.tell()
    made = await desk.run(transcript="trn_1", start=1.3, end=2.25, aspect="1:1", captions=False)
    assert {warning.code for warning in made.warnings} == {"start_moved", "end_moved"}
    assert 1.1 <= made.start <= 1.15
    assert 2.3 <= made.end <= 2.34


async def test_the_second_clip_of_the_same_part_is_not_looked_at_or_rendered_again(desk: Desk) -> None:
    first = await desk.run(source="talk.mp4", start=0, end=0.5)
    kept = {path: path.stat().st_mtime_ns for path in (desk.folder / "cache" / "sights").rglob("*") if path.is_file()}
    assert len(kept) == 1
    segments = sorted(path.name for path in (desk.folder / "cache").rglob("*") if "film" in str(path))
    again = await desk.run(source="talk.mp4", start=0, end=0.5)
    assert sorted(path.name for path in (desk.folder / "cache").rglob("*") if "film" in str(path)) == segments
    assert again.model_dump(exclude={"clip"}) == first.model_dump(exclude={"clip"})


async def test_a_clip_without_a_transcript_says_that_it_has_no_captions(desk: Desk) -> None:
    made = await desk.run(source="talk.mp4", start=0, end=0.4)
    assert [warning.code for warning in made.warnings] == ["no_captions"]
    assert not (desk.folder / "out.clip.srt").exists()


def test_too_long_for_a_platform_is_only_told() -> None:
    given = ExportClip(source="a.mp4", start=0, end=150, platform="x", captions=False)
    wanted = Wanted(source="a.mp4", sha256=None, start=0, end=150, title=None)
    frames_ = 150 * FPS
    cut = Cut(Fraction(0), frames_, Fraction(150), moved_start=False, moved_end=False)
    cutout = Cutout("a.mp4", Fraction(0), frames_, Fraction(FPS), (1920, 1080), Fraction(150))
    told = warnings_of(given, wanted, cut, cutout, Scenario({}, (), (), None))
    assert [warning.code for warning in told] == ["longer_than_platform"]
    assert "140" in told[0].message


async def test_sound_alone_becomes_a_film_too(desk: Desk) -> None:
    with av.open(str(desk.folder / "talk.mp3"), "w") as out:
        stream: Any = out.add_stream("mp3", rate=SOUND_RATE, layout="mono")
        heard = av.AudioFrame.from_ndarray(humming()[None, :], "fltp", "mono")
        heard.sample_rate, heard.pts = SOUND_RATE, 0
        out.mux(stream.encode(heard))
        out.mux(stream.encode())
    made = await desk.run(source="talk.mp3", start=0.5, end=1.5, aspect="1:1")
    assert (made.width, made.height, made.frames) == (1080, 1080, 30)
    assert desk.document(made).crops == []
    middle = frames(desk.folder / "out.mp4")[20]
    assert int(middle.max()) > 200  # the waveform is white


@pytest.mark.parametrize(
    ("wish", "code", "pointer"),
    [
        ({"source": "talk.mp4", "start": 9, "end": 12}, "not_in_recording", "/start"),
        ({"source": "talk.mp4", "start": 0, "end": 500}, "clip_too_long", "/end"),
        ({"highlights": "trn_1", "highlight": 0}, "not_highlights", "/highlights"),
        ({"highlights": "hls_1", "highlight": 3}, "highlight_not_found", "/highlight"),
        ({"transcript": "hls_1", "start": 0, "end": 1}, "not_a_transcript", "/transcript"),
        ({"transcript": "trn_1", "source": "other.mp4", "start": 0, "end": 1}, "transcript_of_another", "/transcript"),
        ({"source": "picture.png", "start": 0, "end": 1}, "is_a_still", None),
    ],
)
async def test_what_cannot_be_cut_out_is_refused_with_its_place(
    desk: Desk, wish: dict[str, Any], code: str, pointer: str | None
) -> None:
    desk.tell()
    desk.point_out(0.2, 1)
    film(desk.folder / "other.mp4", [room(5)] * 3)
    with av.open(str(desk.folder / "picture.png"), "w", format="image2") as out:
        stream: Any = out.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 36, "rgb24"
        out.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((36, 64, 3), np.uint8), "rgb24")))
        out.mux(stream.encode())
    with pytest.raises(CutroomError) as caught:
        await desk.run(**wish)
    assert caught.value.code == code
    assert [detail.pointer for detail in caught.value.details][:1] == ([] if pointer is None else [pointer])


async def test_a_part_behind_the_end_of_the_sound_is_silent(desk: Desk) -> None:
    film(desk.folder / "half.mp4", [room(5, 320, 180)] * 45, sound=humming()[: SOUND_RATE // 2])
    made = await desk.run(source="half.mp4", start=0.8, end=1.2, reframe="center", captions=False)
    assert made.frames == 12
    tracks = desk.document(made).document["timeline"]["tracks"]
    assert [clip["asset"]["type"] for track in tracks for clip in track["clips"]] == ["video"]
    heard = await desk.run(source="half.mp4", start=0.3, end=0.7, reframe="center", captions=False)
    tracks = desk.document(heard).document["timeline"]["tracks"]
    assert [clip["asset"]["type"] for track in tracks for clip in track["clips"]] == ["video", "audio"]


async def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.run(highlights="hls_9", highlight=0)


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"highlights": "hls_1"},
        {"highlight": 1, "source": "a.mp4", "start": 0, "end": 1},
        {"highlights": "hls_1", "highlight": 0, "start": 0, "end": 1},
        {"source": "a.mp4"},
        {"source": "a.mp4", "start": 2, "end": 1},
        {"source": "a.mp4", "start": 0, "end": 1, "aspect": "2:1"},
        {"source": "a.mp4", "start": 0, "end": 1, "captions": "comic"},
        {"start": 0, "end": 1},
    ],
)
def test_wishes_that_contradict_themselves_are_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ExportClip.model_validate(wish)
