"""The parts of the scoring by themselves: topics, salience, relevance, loudness, edges, titles."""

from pathlib import Path

import numpy as np
import pytest

from cutroom.highlights.features import Features, features_of
from cutroom.highlights.loudness import RATE, STEP_MS, loudness_of
from cutroom.highlights.relevance import relevance_of
from cutroom.highlights.salience import centrality, density, weights_of
from cutroom.highlights.titles import LONGEST, title_of
from cutroom.highlights.topics import lexical_depth, topic_starts
from cutroom.highlights.words import stem, stop_words, terms, token
from cutroom.speech.sentences import sentences
from tests.highlights.talk import BARE, FILLER, STORY, transcript

GARDEN = "The roses need water. Roses grow in the garden. The garden needs water in summer. Water the roses at night. "
ENGINE = (
    "The engine has a pump. Pump and valve move oil. The valve of the engine leaks oil. Oil the pump of the engine. "
)


def features(text: str, language: str = "en") -> Features:
    return features_of(transcript(text, language=language))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("prices", "price"),
        ("Engineering", "engineer"),
        ("l\u2019erreur", "Erreur"),
        ("company's", "company"),
        ("boats", "boat"),
    ],
)
def test_forms_of_a_word_are_one_term(one: str, other: str) -> None:
    assert stem(token(one)) == stem(token(other))


def test_signs_around_words_do_not_count() -> None:
    assert [token(text) for text in ("«Yes!»", "...", "don\u2019t", "42%")] == ["yes", "", "don't", "42"]


def test_little_words_of_an_unknown_language_are_those_that_stand_everywhere() -> None:
    of = features(" ".join(f"ta qo{number} ta zu{number}." for number in range(30)), language="tlh")
    assert of.stop == {"ta"}
    assert terms(["ta", "qo1"], of.stop) == ["qo1"]
    assert stop_words([["ta"]] * 5, of.lexicon) == frozenset()


def test_topics_begin_where_the_words_change() -> None:
    of = features(GARDEN * 2 + ENGINE * 2 + GARDEN * 2)
    assert {8, 16} <= {start + near for start in of.topics for near in (-1, 0, 1)}
    depth = lexical_depth(of.bags, of.weights)
    assert max(depth[7:10]) > 2 * max(depth[3:6])


def test_a_talk_of_one_sentence_is_one_topic() -> None:
    assert list(features("It was late.").topics) == [0]
    assert topic_starts(np.array([1.0, 0.1, 0.2, 1.0])) == [0]


def test_the_sentence_that_shares_most_words_is_central() -> None:
    bags = [["rose", "water"], ["rose", "garden"], ["rose", "water", "garden"], ["lunch"], ["bus"]]
    found = centrality(bags, weights_of(bags))
    assert int(np.argmax(found)) == 2
    assert found[3] == pytest.approx(found[4])
    assert found[3] < found[0]


def test_who_says_more_in_less_time_is_denser() -> None:
    bags = [["rose", "water", "garden", "spade"], ["rose"], []]
    found = density(bags, weights_of(bags), np.array([2_000.0, 2_000.0, 2_000.0]))
    assert list(np.argsort(found)) == [2, 1, 0]


def test_centrality_of_thousands_is_looked_for_in_blocks() -> None:
    bags = [[f"a{number % 7}", f"b{number}"] for number in range(1_000)]
    found = centrality(bags, weights_of(bags))
    assert found.shape == (1_000,)
    assert 0 <= found.min() <= found.max() <= 1


@pytest.mark.parametrize("prompt", ["moments about pumps", "Show me clips where they talk about the PUMP!", "pumping"])
def test_what_is_asked_for_is_found_in_other_forms(prompt: str) -> None:
    of = features(GARDEN + ENGINE)
    found = relevance_of(of, prompt)
    assert found.found
    assert found.values[4:8].max() == 1.0
    assert found.values[0] == 0.0


@pytest.mark.parametrize("prompt", ["the best moments please", "volcanoes", "…", "show me something"])
def test_a_prompt_that_names_nothing_that_is_said_finds_nothing(prompt: str) -> None:
    assert not relevance_of(features(GARDEN + ENGINE), prompt).found


def test_loudness_is_measured_in_steps_and_the_last_one_may_be_short(tmp_path: Path) -> None:
    tone = np.sin(np.arange(RATE * 2 + 100) * 2 * np.pi * 440 / RATE) * 32767 * 0.5
    tone[:RATE] = 0
    (tmp_path / "tone.pcm").write_bytes(tone.astype("<i2").tobytes() + b"\x01")
    found = loudness_of(tmp_path / "tone.pcm")
    assert len(found.db) == 2 * 1000 // STEP_MS + 1
    assert found.db[0] == pytest.approx(-96, abs=0.1)
    assert found.db[30] == pytest.approx(-9.03, abs=0.05)
    assert list(found.between(1_000, 1_100)) == list(found.db[20:22])


def test_a_recording_without_samples_has_no_loudness(tmp_path: Path) -> None:
    (tmp_path / "none.pcm").write_bytes(b"")
    assert len(loudness_of(tmp_path / "none.pcm").db) == 0
    of = transcript(STORY)
    assert not features_of(of, loudness_of(tmp_path / "none.pcm")).delivery.heard


def test_a_title_leaves_out_what_only_leads_in_and_is_not_cut_in_a_word() -> None:
    of = features("So um, nobody ever told me the secret. The list is on the table.")
    assert title_of(of, 0, 1) == "Nobody ever told me the secret"
    long = features("Never " + "extraordinarily " * 12 + "again!")
    title = title_of(long, 0, 0)
    assert len(title) <= LONGEST
    assert title.endswith("extraordinarily\u2026")


def test_a_title_of_one_endless_word_is_still_short() -> None:
    title = title_of(features("a" * 199), 0, 0)
    assert len(title) == LONGEST


def test_titles_of_bare_words_ask_when_they_do() -> None:
    of = features_of(transcript(STORY + FILLER, engine=BARE))
    assert title_of(of, 0, 0).endswith("?")
    assert len(sentences(transcript(STORY, engine=BARE))) == 6
