"""What lies between two words."""

import pytest

from cutroom.speech import Word
from cutroom.speech.breaking import Place, breaks


def places(text: str, language: str = "en", pause_ms: int = 0) -> list[Place]:
    words = [Word(one, at * 1000, at * 1000 + 1000 - pause_ms) for at, one in enumerate(text.split())]
    return [one.place for one in breaks(words, language, punctuated=True)]


@pytest.mark.parametrize(
    ("pair", "place"),
    [
        ("end. Then", Place.SENTENCE),
        ("really?” Yes", Place.SENTENCE),
        ("終わり。 次", Place.SENTENCE),
        ("first; then", Place.HALF),
        ("well, then", Place.COMMA),
        ("well and", Place.CLAUSE),
        ("house of", Place.PHRASE),
        ("big house", Place.WORD),
        ("the house", Place.ARTICLE),
        ("of gold", Place.PREPOSITION),
        ("say Maria Lopez", Place.NAME),
        ("with Dr. Lopez", Place.NAME),
        ("J. Smith", Place.NAME),
        ("about 20 dollars", Place.NUMBER),
        ("it and then", Place.JOINED),
        ("you will see", Place.LEANING),
    ],
)
def test_places_have_names(pair: str, place: Place) -> None:
    assert places(pair)[-1] is place


def test_a_change_of_speaker_is_the_best_of_places() -> None:
    words = [Word("the", 0, 100, speaker="A"), Word("No", 120, 300, speaker="B")]
    assert breaks(words, "en", punctuated=True)[0].place is Place.TURN


def test_a_pause_makes_a_break_cheaper_but_not_behind_an_article() -> None:
    def cost(text: str, pause_ms: int) -> float:
        left, right = text.split()
        return breaks([Word(left, 0, 500), Word(right, 500 + pause_ms, 2000)], "en", punctuated=True)[0].cue

    assert cost("big house", 450) < cost("big house", 200) < cost("big house", 0)
    assert cost("the house", 450) == cost("the house", 0)
    assert cost("the house", 1200) < cost("the house", 450)


def test_a_pause_ends_a_sentence_where_no_full_stops_are_written() -> None:
    words = [Word("done", 0, 500), Word("now", 1100, 1500)]
    assert breaks(words, "en", punctuated=False)[0].place is Place.SENTENCE
    assert breaks(words, "en", punctuated=True)[0].place is Place.WORD


@pytest.mark.parametrize(
    ("language", "pair"), [("de", "das Haus"), ("fr", "la maison"), ("es", "una casa"), ("it", "il gatto")]
)
def test_articles_are_known_in_other_languages(language: str, pair: str) -> None:
    assert places(pair, language) == [Place.ARTICLE]


def test_where_no_small_words_are_known_words_are_words() -> None:
    assert places("tämä talo on uusi", "fi") == [Place.WORD] * 3
