"""Posts: is everything in them said, and do they fit their platforms?

Two sets of texts, many talks, every platform. Without a model, and by one that mixes sentences of the talk with others
in which a number, a name or a quotation is changed, or a link is put in; its answers come from this program, in the
shape in which a server sends them. What is counted is looked up by other means than those of the engine: digits and
names as words of the transcript, quotations as its text.
"""

import random
import re
from collections.abc import Iterator, Sequence
from typing import Final

from bench.quality.corpus.talk_texts import DEVELOPMENT, HELD_OUT
from bench.quality.corpus.talks import talk
from bench.quality.table import Row
from cutroom.posts.extract import extracted
from cutroom.posts.ground import Ground
from cutroom.posts.grounded import grounded
from cutroom.posts.limits import LIMITS, PostKind, length_of
from cutroom.posts.material import read
from cutroom.posts.post import Paragraph, Post, fit, texts_of
from cutroom.speech import Transcript
from cutroom.speech.sentences import Sentence, sentences

TALKS: Final = 20
KINDS: Final[tuple[PostKind, ...]] = ("blog", "linkedin", "twitter", "instagram")
_LIES: Final = (
    "They made {number} dollars with it.",
    "Only {number} percent of people know this.",
    "Quentin Abernathy said so.",
    'As he puts it, "{wrong}".',
    "Read more at https://example.com/{number}.",
)
_DIGITS: Final = re.compile(r"\d[\d.,]*\d|\d")
_QUOTED: Final = re.compile(r"\"([^\"]+)\"")


def measure() -> list[Row]:
    """The rows of posts."""
    made = wrong = fitting = lies = left = 0
    for texts in (DEVELOPMENT, HELD_OUT):
        for seed in range(TALKS):
            said = talk(texts, seed)
            for transcript in (said.transcript, said.bare):
                for post, told in _posts(transcript, random.Random(f"posts {seed}")):
                    made += 1
                    wrong += _unsaid(post, transcript)
                    fitting += _fits(post)
                    lies += told
                    left += sum("Abernathy" in text or "example.com" in text for text in texts_of(post))
    return [
        Row("posts: numbers and quotations that nobody said", "0", f"{wrong} in {made} posts", wrong == 0),
        Row("posts: planted lies that are left", "0", f"{left} of {lies} told", left == 0),
        Row("posts: within the limits of their platforms", "100 %", f"{100 * fitting / made:.1f} %", fitting == made),
    ]


def _posts(transcript: Transcript, chance: random.Random) -> Iterator[tuple[Post, int]]:
    """Posts of a talk, and how many lies were told in each."""
    material = read(transcript)
    ground = Ground(sentences(transcript))
    for kind in KINDS:
        yield grounded(extracted(kind, material), ground, "en")[0], 0
        draft, lies = _draft(kind, ground.sentences, chance)
        yield fit(grounded(draft, ground, "en")[0]), lies


def _draft(kind: PostKind, found: Sequence[Sentence], chance: random.Random) -> tuple[Post, int]:
    paragraphs: list[Paragraph] = []
    lies = 0
    for _ in range(8):
        number = chance.randrange(len(found))
        words = found[number].text.split()
        lie = chance.choice(_LIES).format(number=chance.randrange(7_000, 9_000), wrong=" ".join(reversed(words)))
        if len(words) < 4 and '"' in lie:  # a word or two, turned round, may be said somewhere
            lie = _LIES[2]
        text = [found[number].text, lie]
        chance.shuffle(text)
        lies += 1
        paragraphs.append(Paragraph(" ".join(text), (number,), "What 8613 people say" if kind == "blog" else None))
    return Post(kind, tuple(paragraphs), ("Abernathy",)), lies


def _unsaid(post: Post, transcript: Transcript) -> int:
    """Numbers in digits, and quotations, that are not in the transcript as they stand."""
    text = " ".join(word.text for word in transcript.words())
    digits = set(_DIGITS.findall(text))
    plain = re.sub(r"[^\w ]", "", text).casefold()
    count = 0
    for shown in texts_of(post):
        count += sum(number not in digits for number in _DIGITS.findall(shown))
        count += sum(re.sub(r"[^\w ]", "", said).casefold() not in plain for said in _QUOTED.findall(shown))
    return count


def _fits(post: Post) -> bool:
    limits = LIMITS[post.kind]
    if limits.characters is None:
        return all(len(text or "") <= most for text, most in ((post.title, limits.title), (post.summary, 160)))
    parts = post.parts()
    return len(parts) <= limits.parts and all(length_of(post.kind, part) <= limits.characters for part in parts)
