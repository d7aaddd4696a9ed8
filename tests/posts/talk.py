"""A recorded talk: a transcript that posts are written of."""

from collections.abc import Sequence

from cutroom.speech import Engine, Segment, Transcript, Word

TALK = """
Welcome back to the show, everybody. Today we talk about pricing with Maria Lopez, who runs Brightwave.
Maria, how did you get started? I started Brightwave in 2019 with two friends and a borrowed laptop.
We sold our first subscription for nine dollars. That was a mistake, because nine dollars does not pay for support.
Our customers left after a month, and churn was 40 percent. We raised the price to forty nine dollars in the spring.
Churn fell to twelve percent within three months. People who pay more read the manual.
The biggest lesson about pricing is that a low price attracts the wrong customers.
A low price also tells people that your product is worth little.
So what would you tell a founder who is afraid of raising prices? I would say, charge more and explain why.
Pricing is a conversation with your customers, not a number on a page.
Then we changed how we hire. We hired our first engineer, Tom Baker, from a bakery, believe it or not.
He had taught himself to program at night. Hiring people who teach themselves is the best decision we ever made.
We do not look at diplomas any more, we look at what people built. One in three of our engineers has no degree.
Remote work was the next big change. We closed the office in Denver in 2021 and saved 1.2 million dollars.
Remote work is lonely, so we meet four times a year for a week. Those weeks cost less than the office did.
Writing things down matters more when nobody shares a room. Every decision we make is written down in one place.
Thank you for listening, see you next week.
"""


def transcript(text: str = TALK, *, written: bool = True, word_ms: int = 320, pause_ms: int = 700) -> Transcript:
    """A transcript of a text; a line ends with a pause, and so does a sentence."""
    segments: list[Segment] = []
    now = 500
    for line in text.strip().splitlines():
        words: list[Word] = []
        for shown in line.split():
            said = shown if written else shown.strip(".,?!").lower()
            words.append(Word(said, now, now + word_ms - 40, 0.9))
            now += word_ms + (pause_ms if shown[-1] in ".?!" else 0)
        segments.append(Segment(tuple(words)))
    return Transcript("en", now + 1000, Engine("test", "tiny", written), tuple(segments))


def said(found: Transcript) -> Sequence[str]:
    """Every word, without case and signs."""
    return [word.text.strip(".,?!").lower() for word in found.words()]
