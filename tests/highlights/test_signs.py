"""What single sentences tell by their words."""

import pytest

from cutroom.highlights.features import catches
from cutroom.highlights.lexicons import LEXICONS, lexicon_of
from cutroom.highlights.signs import Signs, signs_of
from cutroom.speech import Word
from cutroom.speech.sentences import Sentence


def read(text: str, language: str = "en", *, punctuated: bool = True) -> Signs:
    words = tuple(Word(one, 100 * number, 100 * number + 90) for number, one in enumerate(text.split()))
    return signs_of(Sentence(words=words, first=0), lexicon_of(language), punctuated=punctuated)


@pytest.mark.parametrize(
    "text", ["Why did you leave?", "Do you know what changed everything?", "You really did that?", "Warum nicht jetzt?"]
)
def test_question_marks_ask(text: str) -> None:
    assert read(text).asks


@pytest.mark.parametrize("text", ["Right?", "Okay, right?", "Why is it so.", "I asked why."])
def test_tags_and_statements_do_not_ask(text: str) -> None:
    assert not read(text).asks


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("why did you leave the company", "en"),
        ("so what is the secret of it", "en"),
        ("do you remember the first day", "en"),
        ("warum ist das so wichtig", "de"),
        ("kennen sie das gefühl von angst", "de"),
    ],
)
def test_questions_are_told_by_their_first_words_where_there_are_no_marks(text: str, language: str) -> None:
    assert read(text, language, punctuated=False).asks


@pytest.mark.parametrize(
    "text", ["what i like about it is the colour", "when we came home it rained", "do not do it again"]
)
def test_clauses_are_no_questions(text: str) -> None:
    assert not read(text, punctuated=False).asks


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("And so he left.", 1.0),
        ("They were right.", 1.0),
        ("Because of that it failed.", 1.0),
        ("So he went home.", 1.0),
        ("So what is a neural network?", 0.25),
        ("And was there a moment of fear?", 0.25),
        ("But why did it fail?", 0.25),
        ("This is the story of a bridge.", 0.25),
        ("That made us laugh.", 0.6),
        ("My father built a bridge.", 0.0),
        ("What happened next?", 0.0),
        ("…", 1.0),
    ],
)
def test_first_words_that_lean_on_what_was_said_before(text: str, leans: float) -> None:
    assert read(text).leans == leans


@pytest.mark.parametrize(
    ("strong", "weak"),
    [
        ("Nobody told me the secret of the deal.", "The list was in the other folder."),
        ("I was terrified and I cried for 3 days.", "I was there for a while."),
        ("Never make this mistake with your money!", "We put it on the table."),
    ],
)
def test_strong_sentences_catch_more_than_weak_ones(strong: str, weak: str) -> None:
    assert catches(read(strong)) > catches(read(weak)) + 0.2


def test_fillers_take_from_a_sentence() -> None:
    assert catches(read("Um, you know, uh, never, I mean, never.")) < catches(read("Never, I say, never."))


@pytest.mark.parametrize("text", ["(Laughter)", "[Applause]", "[laughs] I know.", "Haha!"])
def test_written_laughter_is_a_reaction(text: str) -> None:
    assert read(text).reactions == 1


def test_the_word_laughter_within_a_sentence_is_none() -> None:
    assert read("Laughter is the best medicine.").reactions == 0


@pytest.mark.parametrize("language", sorted(LEXICONS))
def test_every_language_knows_its_little_words(language: str) -> None:
    known = lexicon_of(language)
    assert len(known.stop.words) > 80
    for name in ("hanging", "asking", "extremes", "turns", "feelings", "reveals", "markers", "numbers", "wishes"):
        entries = getattr(known, name)
        assert len(entries.words) + len(entries.phrases) >= 5, name


def test_regions_and_letters_of_language_tags_do_not_matter() -> None:
    assert lexicon_of("pt-BR") is lexicon_of("PT") is LEXICONS["pt"]
    assert not lexicon_of("tlh").stop.words
