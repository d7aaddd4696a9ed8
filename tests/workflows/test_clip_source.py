"""Which versions a clip is made of: those that are named, else those that there are now."""

from pathlib import Path
from typing import Any

import pytest

from cutroom.highlights.document import HighlightDocument, HighlightsDocument, PartsDocument, WishDocument
from cutroom.jobs import Context, Draft, Registry, Remembered, run_alone
from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.document import TranscriptDocument
from cutroom.workflows.clip_document import ClipDocument
from cutroom.workflows.clip_source import ExportClip, Wanted, wanted_of
from tests.jobs.rig import NoFiles


def corrected_after_highlights() -> Remembered:
    """Highlights of the first version of a transcript that has a second."""
    kept = Remembered()
    for text in ("shelf", "show"):
        said = Transcript("en", 3000, Engine("x", "", writes_punctuation=True), (Segment((Word(text, 0, 500),)),))
        body = TranscriptDocument.of(said, source="talk.mp4", sha256="0").model_dump_json()
        kept.add(Draft("trn_1", "transcript", "talk", body), f"job of {text}")
    item = HighlightDocument(
        id="w0-0", start=0, end=1, title="A show", text="shelf", score=80, parts=PartsDocument(), reasons=[],
        first_word=0, last_word=0, keyframe=0, speakers=[],
    )  # fmt: skip
    document = HighlightsDocument(
        source="talk.mp4", sha256="0", language="en", duration=3, transcript="trn_1", transcript_version=1,
        wish=WishDocument(count=1, min_length=1, max_length=9), method="scored", items=[item],
    )  # fmt: skip
    kept.add(Draft("hls_1", "highlights", "found", document.model_dump_json()), "job of highlights")
    return kept


def found_again(*spans: tuple[float, float]) -> Remembered:
    """Highlights of which the second version has these spans, and a clip of 10 to 14 seconds that was the first."""
    kept = corrected_after_highlights()
    document = HighlightsDocument.model_validate_json(kept.find("hls_1").body)
    (item,) = document.items
    items = [
        item.model_copy(update={"id": f"w{at}-9", "start": start, "end": end, "keyframe": start})
        for at, (start, end) in enumerate(spans)
    ]
    again = document.model_copy(update={"items": items})
    kept.add(Draft("hls_1", "highlights", "found", again.model_dump_json()), "job of other highlights")
    clip = ClipDocument(
        title="The old title", source="talk.mp4", sha256="0", start=10, end=14, duration=4, highlights="hls_1",
        highlight="w45-60", aspect="9:16", reframe="auto", crops=[], document={},
    )  # fmt: skip
    kept.add(Draft("clp_1", "clip", "clip", clip.model_dump_json()), "job of the clip")
    return kept


async def wanted(folder: Path, kept: Remembered | None = None, **given: Any) -> Wanted:
    async def plan(ctx: Context, asked: ExportClip) -> Wanted:
        return await wanted_of(ctx, asked)

    known = Registry()
    known.add("plan", plan)
    found = await run_alone(
        known,
        "plan",
        given,
        files=NoFiles(),
        scratch=folder,
        events=lambda _kind, _data: None,
        productions=kept or corrected_after_highlights(),
    )
    assert isinstance(found, Wanted)
    return found


async def test_captions_are_of_the_words_as_they_were_corrected(tmp_path: Path) -> None:
    found = await wanted(tmp_path, highlights="hls_1", highlight=0)
    assert (found.highlights_version, found.transcript_version) == (1, 2)


async def test_who_names_a_version_gets_the_words_of_that_time(tmp_path: Path) -> None:
    found = await wanted(tmp_path, highlights="hls_1", highlight=0, version=1)
    assert (found.highlights_version, found.transcript_version) == (1, 1)


@pytest.mark.parametrize("named", [0, "w45-60"])
async def test_a_clip_that_is_made_anew_keeps_its_passage_wherever_it_is_listed(tmp_path: Path, named: Any) -> None:
    kept = found_again((0.5, 8), (10.2, 15), (13, 20))
    found = await wanted(tmp_path, kept, highlights="hls_1", highlight=named, into="clp_1")
    assert (found.start, found.end, found.highlight, found.title) == (10.2, 15, "w1-9", "A show")


async def test_a_clip_whose_passage_is_no_highlight_any_more_keeps_its_time(tmp_path: Path) -> None:
    kept = found_again((0.5, 8), (13, 20))
    found = await wanted(tmp_path, kept, highlights="hls_1", highlight=0, into="clp_1")
    assert (found.start, found.end, found.highlight, found.title) == (10, 14, "w45-60", "The old title")
    assert (found.highlights_version, found.transcript_version) == (2, 2)
