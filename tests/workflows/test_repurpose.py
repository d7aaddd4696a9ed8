"""Everything of a recording by one job, as the command line runs it: a real film, real ffmpeg, no server."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from bench.quality.corpus.drawing import room
from bench.quality.corpus.filming import SOUND_RATE, film
from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import Draft, Remembered, run_alone
from cutroom.kit.errors import CutroomError
from cutroom.kit.hashes import hash_file
from cutroom.kit.ids import new_id
from cutroom.media.fetch import Fetcher
from cutroom.posts.document import PostDocument
from cutroom.speech.document import TranscriptDocument
from cutroom.timeline import Limits
from cutroom.workflows import registry
from cutroom.workflows.clip_document import ClipDocument
from cutroom.workflows.repurpose import Repurpose, RepurposeOutput, branches_of
from cutroom.workflows.repurposed import said_of
from tests.posts.talk import TALK, transcript

SECONDS = 20
SAID = transcript("\n".join(TALK.strip().splitlines()[:4]), word_ms=200, pause_ms=400)
LENGTHS = {"minLength": 3, "maxLength": 6}


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty seconds of an empty room with a hum."""
    picture = room(7, 320, 180)
    hum = (np.sin(2 * np.pi * 220 * np.arange(SECONDS * SOUND_RATE) / SOUND_RATE) * 0.05).astype(np.float32)
    return film(tmp_path_factory.mktemp("talk") / "talk.mp4", [picture] * (SECONDS * 10), fps=Fraction(10), sound=hum)


class Desk:
    """A recording with a transcript, and what is made of it."""

    def __init__(self, folder: Path, talk: Path) -> None:
        self.folder = folder
        self.productions = Remembered()
        self.id = new_id("trn")
        self.log: list[dict[str, Any]] = []
        self.base = talk.parent
        body = TranscriptDocument.of(SAID, source=talk.name, sha256=hash_file(talk)).model_dump_json()
        self.productions.add(Draft(self.id, "transcript", "Talk", body), new_id("job"))

    async def make(self, **given: Any) -> RepurposeOutput:
        work = self.folder / new_id("work")
        for name in ("scratch", "cache", "results"):
            (work / name).mkdir(parents=True)
        files = StandaloneFiles(
            base=self.base, cache=work / "cache", parts=work / "scratch", out=work / "out.mp4", fetcher=Fetcher()
        )

        def apart(job_id: str) -> StandaloneFiles:
            folder = work / "results" / job_id
            folder.mkdir(exist_ok=True)
            return files.apart(folder / "film.mp4")

        found = await run_alone(
            registry(Limits(allow_local=True)),
            "repurpose",
            {"transcript": self.id, **given},
            files=files,
            scratch=work / "scratch",
            events=lambda kind, data: self.log.append({"kind": kind, **data}),
            concurrency=2,
            productions=self.productions,
            files_of=apart,
        )
        assert isinstance(found, RepurposeOutput)
        return found


@pytest.fixture
def desk(tmp_path: Path, talk: Path) -> Desk:
    return Desk(tmp_path, talk)


async def test_everything_is_made_of_a_recording(desk: Desk) -> None:
    made = await desk.make(
        highlights={"count": 2, **LENGTHS, "shots": False},
        clips={"count": 1, "aspect": "1:1", "reframe": "center"},
        posts={"kinds": ["blog", "twitter"]},
        subtitles={"formats": ["srt"], "shots": False},
    )
    assert made.failed == []
    assert made.transcript == desk.id
    assert made.subtitles is not None
    assert Path(made.subtitles.artifacts[0]).read_text().startswith("1\n00:00:00,")
    assert made.highlights is not None
    assert made.highlights.found >= 1
    (clip,) = made.clips
    document = ClipDocument.model_validate_json(desk.productions.find(clip.id).body)
    assert (document.start, document.end) == (clip.start, clip.end)
    with av.open(clip.artifacts[0]) as film_made:
        video = film_made.streams.video[0]
        assert video.width == video.height
        assert abs(float(video.duration * video.time_base) - (clip.end - clip.start)) < 0.11  # type: ignore[operator]
    assert [post.platform for post in made.posts] == ["blog", "twitter"]
    assert PostDocument.model_validate_json(desk.productions.find(made.posts[0].id).body).platform == "blog"
    told = [line["message"] for line in desk.log if line["kind"] == "log"]
    assert "The transcript is ready." in told
    assert "The highlights are found." in told
    assert said_of(made) == f"Ready: the subtitles, {made.highlights.found} highlights, 1 clips, 2 posts."


async def test_a_branch_that_fails_leaves_the_others_alone(desk: Desk) -> None:
    made = await desk.make(
        highlights=None,
        clips=None,
        posts={"kinds": ["linkedin"], "method": "model"},
        subtitles={"formats": ["vtt"], "shots": False},
    )
    assert [(failure.part, failure.code) for failure in made.failed] == [("posts", "model_not_configured")]
    assert made.subtitles is not None
    assert made.posts == []
    assert said_of(made) == "Ready: the subtitles. Failed: posts."


async def test_clips_that_fail_are_told_one_by_one(desk: Desk, talk: Path, tmp_path: Path) -> None:
    desk.base = tmp_path  # where the recording is not
    made = await desk.make(
        highlights={"count": 2, **LENGTHS, "shots": False}, clips={"count": 2}, posts=None, subtitles=None
    )
    assert made.highlights is not None
    assert made.clips == []
    assert [failure.part for failure in made.failed] == [f"clips/{at}" for at in range(made.highlights.found)]
    assert {failure.code for failure in made.failed} == {"source_not_found"}


async def test_without_a_transcript_there_is_nothing_to_go_on_with(desk: Desk) -> None:
    with pytest.raises(CutroomError) as caught:
        await desk.make(transcript=None, source="nowhere.mp4", posts=None, subtitles=None, highlights=None, clips=None)
    assert caught.value.code == "source_not_found"


@pytest.mark.threat("A88")
@pytest.mark.parametrize("given", [{}, {"posts": None}, {"highlights": None, "clips": None}, {"subtitles": None}])
@pytest.mark.parametrize("budget", [0, 1, 7, 1_000_001])
def test_what_branches_may_spend_side_by_side_is_never_more_than_was_held(given: dict[str, Any], budget: int) -> None:
    wanted = Repurpose.model_validate({"transcript": "trn_1", "budgetMicro": budget, **given})
    parts = [part for branch in branches_of(wanted, "trn_1", 1) for part in (branch.highlights, branch.posts)]
    shares = [part.budget_micro for part in parts if part is not None]
    assert None not in shares
    assert budget - len(shares) < sum(share or 0 for share in shares) <= budget
