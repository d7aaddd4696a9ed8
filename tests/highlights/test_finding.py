"""Highlights of whole transcripts: what is found, where it is cut, and what never happens."""

import itertools
import time
import tracemalloc
from pathlib import Path

import pytest

from cutroom.highlights.finding import find_highlights
from cutroom.highlights.highlight import Highlight, Wish
from cutroom.speech import Segment, Transcript, Word
from cutroom.speech.sentences import sentences
from tests.highlights.talk import BARE, FILLER, STORY, said, sound, transcript

ONE = Wish(count=1, min_ms=10_000, max_ms=60_000)


def best(of: Transcript, wish: Wish = ONE) -> Highlight:
    return find_highlights(of, wish).highlights[0]


def test_a_strong_passage_is_found_among_filler_whole_and_alone() -> None:
    of = transcript(FILLER * 2 + STORY + FILLER * 2)
    found = best(of)
    assert said(of, found.first_word, found.last_word) == STORY.strip()
    assert found.text == STORY.strip()
    assert found.title == "What would you do if you lost everything in one night?"


def test_it_is_found_without_punctuation_too() -> None:
    of = transcript(FILLER * 2 + STORY + FILLER * 2, engine=BARE)
    found = best(of)
    assert found.text.startswith("what would you do if you lost everything")
    assert found.text.endswith("the biggest of all")
    assert found.title == "What would you do if you lost everything in one night?"
    assert found.reasons[0] == "It opens with a question and goes on to the answer."


@pytest.mark.parametrize("place", range(5))
def test_where_it_stands_does_not_matter(place: int) -> None:
    parts = [FILLER] * 4
    parts.insert(place, STORY)
    of = transcript("".join(parts))
    assert best(of).text == STORY.strip()


def test_a_score_tells_its_parts_and_its_reasons() -> None:
    found = best(transcript(FILLER * 2 + STORY + FILLER * 2))
    assert 60 < found.score <= 100
    assert set(found.parts) == {"hook", "substance", "completeness"}
    assert all(0 <= value <= 100 for value in found.parts.values())
    assert "It names numbers." in found.reasons
    assert "It speaks of strong feelings." in found.reasons
    assert len(set(found.reasons)) == len(found.reasons)


def test_no_two_overlap_and_the_best_comes_first() -> None:
    of = transcript((FILLER + STORY) * 5 + FILLER)
    found = find_highlights(of, Wish(count=5, min_ms=10_000, max_ms=40_000))
    assert len(found.highlights) == 5
    assert found.remarks == ()
    scores = [one.score for one in found.highlights]
    assert scores == sorted(scores, reverse=True)
    for one, other in itertools.combinations(found.highlights, 2):
        assert one.end_ms <= other.start_ms or other.end_ms <= one.start_ms


def test_lengths_are_as_asked() -> None:
    of = transcript((FILLER + STORY) * 5 + FILLER)
    for low, high in ((5_000, 9_000), (12_000, 20_000), (60_000, 90_000)):
        found = find_highlights(of, Wish(count=3, min_ms=low, max_ms=high)).highlights
        assert len(found) == 3
        assert all(low <= one.end_ms - one.start_ms <= high for one in found)


def test_a_recording_with_less_than_asked_says_so() -> None:
    found = find_highlights(transcript(FILLER), Wish(count=9, min_ms=10_000, max_ms=30_000))
    assert 0 < len(found.highlights) < 9
    assert [remark.code for remark in found.remarks] == ["fewer_found"]
    assert f"{len(found.highlights)} of the 9" in found.remarks[0].message


def test_a_recording_that_is_too_short_says_so() -> None:
    found = find_highlights(transcript("It is short. It is over."), Wish(count=2))
    assert found.highlights == ()
    assert [remark.code for remark in found.remarks] == ["recording_too_short", "fewer_found"]


def test_a_recording_in_which_nothing_is_said_says_so() -> None:
    found = find_highlights(transcript(""), Wish())
    assert found.highlights == ()
    assert [remark.code for remark in found.remarks] == ["no_speech"]


def test_a_question_is_not_left_without_its_answer_nor_an_answer_without_its_question() -> None:
    talk = [
        ("A", FILLER + "How did you survive the terrible crash of nineteen eighty seven?"),
        ("B", "I lost eleven million dollars in one single night. " + STORY.split("? ")[1]),
        ("A", "What would you tell your younger self about fear and courage?"),
        ("B", "Never trust anyone who promises you a miracle. " + FILLER),
    ]
    of = transcript(talk)
    every = sentences(of)
    for seconds in range(6, 40, 3):
        wish = Wish(count=4, min_ms=seconds * 1000, max_ms=(seconds + 12) * 1000)
        for one in find_highlights(of, wish).highlights:
            first = next(n for n, sentence in enumerate(every) if sentence.first == one.first_word)
            last = next(n for n, each in enumerate(every) if each.first + len(each.words) - 1 == one.last_word)
            assert not every[last].asks
            assert first == 0 or not every[first - 1].asks or every[first].asks


@pytest.mark.parametrize("opening", ["And so he", "He", "But they", "Because she", "Which"])
def test_it_does_not_open_with_a_word_that_hangs_in_the_air(opening: str) -> None:
    story = f"The captain was my friend. {opening} lost eleven million dollars in one terrible night. " + STORY
    of = transcript(FILLER * 2 + story + FILLER * 2)
    found = best(of, Wish(count=1, min_ms=15_000, max_ms=60_000))
    assert not found.text.startswith(opening)


def test_where_every_sentence_leans_on_the_last_the_count_is_met_and_it_is_said() -> None:
    of = transcript("And so he went on with it. " * 30)
    found = find_highlights(of, Wish(count=2, min_ms=10_000, max_ms=20_000))
    assert len(found.highlights) == 2
    assert any("look at its beginning" in reason for reason in found.highlights[1].reasons)


def test_a_passage_does_not_end_just_before_its_point() -> None:
    found = best(transcript(FILLER * 2 + STORY + FILLER * 2), Wish(count=1, min_ms=14_000, max_ms=40_000))
    assert found.text.endswith("That is why our firm became the biggest of all.")


def test_a_prompt_leads_to_what_it_names() -> None:
    cooking = (
        "The dough needs flour and warm water. Knead the dough for ten minutes. Bake the bread until it is brown. "
    )
    of = transcript(FILLER + STORY + FILLER + cooking + FILLER)
    found = best(of, Wish(count=1, min_ms=5_000, max_ms=15_000, prompt="Show me the moments about bakers and doughs"))
    assert "dough" in found.text
    assert found.parts["relevance"] > 50
    assert found.reasons[0] == "It fits what was asked for: bakers, doughs."


def test_a_prompt_of_which_nothing_is_said_is_answered_without_it_and_that_is_said() -> None:
    of = transcript(FILLER * 2 + STORY + FILLER * 2)
    found = find_highlights(of, Wish(count=1, min_ms=10_000, max_ms=60_000, prompt="moments about volcanoes"))
    assert [remark.code for remark in found.remarks] == ["prompt_not_found"]
    assert found.highlights[0].text == STORY.strip()
    assert "relevance" not in found.highlights[0].parts


def test_what_is_spoken_louder_is_preferred(tmp_path: Path) -> None:
    of = transcript(FILLER * 8)
    words = list(of.words())
    middle = (words[-1].end_ms // 2, words[-1].end_ms // 2 + 22_000)
    found = find_highlights(
        of, Wish(count=1, min_ms=15_000, max_ms=30_000), loudness=sound(tmp_path, of, loud=[middle])
    ).highlights[0]
    assert min(found.end_ms, middle[1]) - max(found.start_ms, middle[0]) > 12_000
    assert found.parts["energy"] > 60


def test_laughter_is_heard_and_kept_in(tmp_path: Path) -> None:
    talk = transcript(FILLER * 6)
    words = list(talk.words())
    after = 3 * len(words) // 6 - 1
    late = [
        Word(word.text, word.start_ms + 3_000 * (number > after), word.end_ms + 3_000 * (number > after))
        for number, word in enumerate(words)
    ]
    of = Transcript("en", talk.duration_ms + 3_000, talk.engine, (Segment(tuple(late)),))
    laughter = (late[after].end_ms + 200, late[after].end_ms + 2_400)
    found = find_highlights(
        of, Wish(count=1, min_ms=10_000, max_ms=25_000), loudness=sound(tmp_path, of, laughter=[laughter])
    ).highlights[0]
    assert found.start_ms < laughter[0] < found.end_ms
    assert "Laughter or applause is heard in it." in found.reasons


def test_laughter_that_is_written_counts_too() -> None:
    of = transcript(FILLER * 2 + "The dog ate the plan of the house. (Laughter) " + FILLER * 2)
    found = best(of, Wish(count=1, min_ms=8_000, max_ms=20_000, prompt="something funny"))
    assert "dog ate the plan" in found.text
    assert "energy" in found.parts


def test_it_cuts_in_where_the_picture_does_and_takes_a_still_within_a_shot() -> None:
    of = transcript(FILLER * 2 + STORY + FILLER * 2)
    start = best(of).start_ms
    words = list(of.words())
    first = best(of).first_word
    cut = words[first].start_ms - 260
    assert cut < start
    found = find_highlights(of, ONE, cuts_ms=[cut, words[first].start_ms + 500]).highlights[0]
    assert found.start_ms == cut
    assert found.keyframe_ms > words[first].start_ms + 500


def test_speakers_are_named_in_the_order_in_which_they_begin() -> None:
    question, rest = STORY.split("? ")
    of = transcript([("A", FILLER), ("B", question + "?"), ("A", rest + FILLER)])
    assert best(of).speakers == ("B", "A")


def test_hours_take_seconds_and_little_memory() -> None:
    of = transcript((FILLER + STORY) * 150)
    assert of.duration_ms > 6_000_000
    before = time.process_time()
    found = find_highlights(of, Wish(count=20))
    assert len(found.highlights) == 20
    assert time.process_time() - before < 15
    tracemalloc.start()
    find_highlights(transcript((FILLER + STORY) * 15), Wish(count=20))
    _, short = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    find_highlights(transcript((FILLER + STORY) * 60), Wish(count=20))
    _, long = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert long < 4 * max(short, 10e6)


def test_an_interview_gives_the_question_and_the_whole_story_of_the_answer() -> None:
    story = (
        "Yes. In two thousand and four my partner died in front of me. I could not speak for a month. I sold all that "
        "I owned and hated the sea. But then his mother called me. She told me that he had never been afraid of death. "
        "The next day I went back into the water."
    )
    question = "And was there ever a moment when you wanted to stop?"
    talk = [
        ("A", "Welcome to the show. We have a guest today."),
        ("B", "Thank you for having me."),
        ("A", "How did you get into diving?"),
        ("B", "My brother took me along when I was nine. We had one old tank. It was a summer thing at first."),
        ("A", question),
        ("B", story),
        ("A", "That is incredible. What do you do now?"),
        ("B", "I teach. There are courses in the spring. The boat has room for eight. We leave from the harbour."),
        ("A", "Where can people find you?"),
        ("B", "On the website. There is a form. You fill it in and we call back."),
    ]
    found = best(transcript(talk, word_ms=300, pause_ms=400), Wish(count=1, min_ms=10_000, max_ms=40_000))
    assert found.text.startswith(f"{question} {story}")
    assert found.title == "Was there ever a moment when you wanted to stop?"
    assert found.speakers == ("A", "B")
