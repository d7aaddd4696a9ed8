"""Posts without a model: sentences of the recording, and nothing else."""

import pytest

from cutroom.posts.extract import extracted
from cutroom.posts.ground import Ground, words_in
from cutroom.posts.grounded import grounded
from cutroom.posts.limits import LIMITS, PostKind
from cutroom.posts.material import read
from cutroom.posts.post import too_long
from cutroom.speech import Engine, Segment, Transcript, Word
from tests.posts.talk import transcript

KINDS: list[PostKind] = list(LIMITS)


@pytest.mark.parametrize("written", [True, False], ids=["written", "spoken"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_paragraph_is_what_its_sentences_say(*, kind: PostKind, written: bool) -> None:
    material = read(transcript(written=written))
    post = extracted(kind, material)
    assert too_long(post) is None
    for paragraph in post.paragraphs:
        said = [word for number in paragraph.sentences for word in words_in(material.sentences[number].text)]
        assert words_in(paragraph.text) == said
    _, tally = grounded(post, Ground(material.sentences), "en")
    assert tally.removed == []


def test_a_blog_post_follows_the_topics() -> None:
    post = extracted("blog", read(transcript()))
    first = [paragraph.sentences[0] for paragraph in post.paragraphs]
    assert first == sorted(first)
    assert len(post.paragraphs) >= 2
    text = post.parts()[0]
    assert "pricing" in text.casefold()
    assert "Welcome back" not in text
    assert "Thank you for listening" not in text


def test_a_thread_has_whole_sentences_in_each_part() -> None:
    parts = extracted("twitter", read(transcript())).parts()
    assert 3 <= len(parts) <= 25
    assert all(len(part) <= 280 for part in parts)


def test_speech_without_full_stops_gets_the_outer_ones() -> None:
    for part in extracted("twitter", read(transcript(written=False))).parts()[:-1]:
        assert part[0].isupper()
        assert part[-1] in ".\u2026"


@pytest.mark.parametrize("kind", KINDS)
def test_one_word_is_enough_for_a_post(kind: PostKind) -> None:
    one = Transcript("en", 1000, Engine("t", "t", False), (Segment((Word("hello", 0, 300),)),))
    assert extracted(kind, read(one)).paragraphs[0].text == "Hello."


def test_a_sentence_without_an_end_is_cut_to_fit() -> None:
    words = tuple(Word("word", at * 100, at * 100 + 90) for at in range(2_000))
    long = Transcript("en", 300_000, Engine("t", "t", True), (Segment(words),))
    assert too_long(extracted("twitter", read(long))) is None
