"""Transcripts made by hand: words of a text at a steady pace, with pauses where it has punctuation."""

import random
from collections.abc import Sequence

from cutroom.speech import Engine, Segment, Transcript, Word

LECTURE = (
    "Good morning, everyone, and welcome to the show. Today we are talking to Dr. Maria Lopez about the history of the "
    "telescope, which changed the way that we look at the night sky. No. That is not quite right! In the year 1608, a "
    "maker of spectacles in the Netherlands asked for a patent, but he did not get it, because the idea was too easy "
    "to copy. Galileo Galilei heard of it and built his own. He saw four moons of Jupiter; nobody had seen them "
    "before. Why did it take so long? Well, good glass was hard to make, and the price of a lens was about 20 dollars. "
    "Yes. I think that the people of that time had other things to do with their money and their evenings. New York "
    "City was not there yet."
)


def told(
    text: str,
    *,
    pace: float = 15,
    seed: int = 1,
    punctuated: bool = True,
    language: str = "en",
    speakers: Sequence[str | None] = (None,),
) -> Transcript:
    """The transcript of somebody who says `pace` characters a second; each sentence is the next speaker's."""
    chance = random.Random(seed)
    now = 200
    words: list[Word] = []
    turn = 0
    for written in text.split():
        length = max(60, round(1000 * (len(written) + 1) / pace))
        shown = written if punctuated else written.strip(".,;!?").lower()
        words.append(Word(shown, now, now + length - 20, speaker=speakers[turn % len(speakers)]))
        now += length
        if written[-1] in ".!?" and written != "Dr.":
            now += chance.choice([100, 300, 700, 1200])
            turn += 1
        elif written[-1] in ",;":
            now += chance.choice([50, 120, 250])
    return Transcript(language, now + 500, Engine("hand", "", punctuated), (Segment(tuple(words)),) if words else ())
