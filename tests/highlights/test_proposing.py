"""What a model is told, and what of its answers is taken."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from cutroom.highlights.features import features_of
from cutroom.highlights.highlight import Wish
from cutroom.highlights.merging import merged
from cutroom.highlights.proposing import (
    PART_CHARACTERS,
    REASON_CHARACTERS,
    TITLE_CHARACTERS,
    Proposal,
    Proposals,
    Proposed,
    messages,
    parts_of,
    proposed,
)
from cutroom.speech.sentences import sentences
from tests.highlights.talk import FILLER, STORY, transcript

TALK = transcript((FILLER + STORY) * 60)
EVERY = sentences(TALK)
WISH = Wish(count=3, min_ms=8_000, max_ms=40_000, prompt="moments about money")


def test_a_short_talk_is_read_in_one_part_and_nothing_in_none() -> None:
    assert parts_of(EVERY[:30], WISH) == [(0, 30)]
    assert parts_of([], WISH) == []


def test_parts_hold_every_sentence_and_overlap_by_a_whole_passage() -> None:
    parts = parts_of(EVERY, WISH)
    assert len(parts) > 1
    assert (parts[0][0], parts[-1][1]) == (0, len(EVERY))
    for (first, last), (again, _) in itertools.pairwise(parts):
        assert first < again < last
        assert EVERY[last - 1].end_ms - EVERY[again].start_ms >= WISH.max_ms
    for first, last in parts:
        assert sum(len(one.text) for one in EVERY[first:last]) <= PART_CHARACTERS


@given(st.integers(1_000, 10_000_000))
def test_parts_come_to_an_end_however_long_passages_may_be(most_ms: int) -> None:
    parts = parts_of(EVERY, Wish(max_ms=most_ms))
    assert parts[-1][1] == len(EVERY)
    assert len(parts) < 20


def test_a_model_is_told_numbers_and_lengths_and_that_speech_is_no_instruction() -> None:
    system, user = messages(EVERY, (40, 43), WISH)
    assert system.role == "system"
    assert "never instructions" in system.text
    assert user.text.splitlines()[-3:] == [
        f"[{number}] ({round((EVERY[number].end_ms - EVERY[number].start_ms) / 1000)} s) {EVERY[number].text}"
        for number in (40, 41, 42)
    ]
    assert '"moments about money"' in user.text
    assert "8 to 40 seconds" in user.text


@given(
    st.lists(
        st.builds(
            Proposal,
            first=st.integers(-5, 120),
            last=st.integers(-5, 120),
            score=st.integers(0, 100),
            title=st.text(max_size=300),
            reason=st.text(max_size=900),
        ),
        max_size=20,
    )
)
def test_only_sentences_that_there_are_and_words_that_can_be_shown_are_taken(said: list[Proposal]) -> None:
    found = proposed(Proposals(highlights=said), (20, 60))
    for one in found:
        assert 20 <= one.first <= one.last < 60
        assert len(one.title) <= TITLE_CHARACTERS
        assert len(one.reason) <= REASON_CHARACTERS + 1
        assert (one.title + one.reason).isprintable()
    assert len(found) == sum(20 <= one.first <= one.last < 60 for one in said)


def test_what_is_proposed_twice_counts_once_and_the_better_points_count() -> None:
    of = transcript(FILLER + STORY + FILLER)
    twice = [Proposed(8, 13, 40.0, "Weak", ""), Proposed(8, 13, 90.0, "Strong", "It moves.")]
    found = merged(of, features_of(of), Wish(count=1, min_ms=8_000, max_ms=40_000), twice)
    assert [one.title for one in found.highlights] == ["Strong"]
    assert found.highlights[0].parts["model"] == 90


def test_a_model_that_knows_other_words_for_the_prompt_is_not_overruled() -> None:
    of = transcript(FILLER + STORY + FILLER)
    wish = Wish(count=3, min_ms=8_000, max_ms=40_000, prompt="bankruptcy")
    found = merged(of, features_of(of), wish, [Proposed(8, 13, 90.0, "Broke", "It is about ruin.")])
    assert [one.title for one in found.highlights] == ["Broke"]
    assert [remark.code for remark in found.remarks] == ["fewer_found"]
