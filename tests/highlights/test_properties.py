"""What holds for any transcript and any wish."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from cutroom.highlights.document import HighlightDocument, highlight_document
from cutroom.highlights.finding import find_highlights
from cutroom.highlights.highlight import Wish
from cutroom.speech import Segment, Transcript, Word
from cutroom.speech.sentences import sentences
from tests.highlights.talk import BARE, WRITES

TEXT = """and so he the why what is it was love never secret one hundred 42 river boats money table. end. now? yes!
    (Laughter) « … 河 是。 والله؟ l'erreur don't"""
WORDS = st.sampled_from(TEXT.split())
SPOKEN = st.lists(
    st.tuples(WORDS, st.integers(0, 1_500), st.sampled_from([0, 0, 0, 100, 600, 3_000]), st.sampled_from([None, "A"])),
    max_size=150,
)


def transcript(told: list[tuple[str, int, int, str | None]], language: str, *, writes: bool) -> Transcript:
    now = 0
    words: list[Word] = []
    for text, length, silence, speaker in told:
        words.append(Word(text, now, now + length, None, speaker))
        now += length + silence
    segments = (Segment(tuple(words)),) if words else ()
    return Transcript(language, now, WRITES if writes else BARE, segments)


@settings(max_examples=150, deadline=None)
@given(
    SPOKEN,
    st.sampled_from(["en", "fr-CA", "de", "ja", "xx"]),
    st.booleans(),
    st.integers(1, 8),
    st.integers(1_000, 30_000),
    st.integers(0, 30_000),
    st.sampled_from([None, "moments about boats", "…", "funny"]),
    st.lists(st.integers(0, 100_000), max_size=5),
)
def test_highlights_are_whole_sentences_as_long_as_asked_that_do_not_overlap_by_half(
    told: list[tuple[str, int, int, str | None]],
    language: str,
    writes: bool,  # noqa: FBT001
    count: int,
    least: int,
    more: int,
    prompt: str | None,
    cuts: list[int],
) -> None:
    of = transcript(told, language, writes=writes)
    wish = Wish(count, least, least + more, prompt)
    found = find_highlights(of, wish, cuts_ms=sorted(cuts)).highlights
    assert len(found) <= count
    words = list(of.words())
    every = sentences(of)
    firsts = {one.first for one in every}
    lasts = {one.first + len(one.words) - 1 for one in every}
    for one in found:
        assert one.first_word in firsts
        assert one.last_word in lasts
        assert least <= one.end_ms - one.start_ms <= least + more
        assert 0 <= one.start_ms <= words[one.first_word].start_ms
        assert words[one.last_word].end_ms <= one.end_ms <= of.duration_ms
        outside = words[: one.first_word] + words[one.last_word + 1 :]
        assert not any(word.start_ms < edge < word.end_ms for word in outside for edge in (one.start_ms, one.end_ms))
        assert 0 <= one.score <= 100
        assert one.title
        assert one.reasons
        assert HighlightDocument.model_validate_json(highlight_document(one).model_dump_json()).text == one.text
    for one, other in itertools.combinations(found, 2):
        shared = min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
        assert shared < 0.5 * min(one.end_ms - one.start_ms, other.end_ms - other.start_ms)


@settings(max_examples=30, deadline=None)
@given(SPOKEN)
def test_the_same_transcript_has_the_same_highlights(told: list[tuple[str, int, int, str | None]]) -> None:
    of = transcript(told, "en", writes=True)
    wish = Wish(3, 2_000, 20_000)
    assert find_highlights(of, wish) == find_highlights(of, wish)
