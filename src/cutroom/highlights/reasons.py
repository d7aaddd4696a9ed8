"""Why a passage was chosen, in sentences for people."""

from collections.abc import Mapping, Sequence
from typing import Final

from cutroom.highlights.features import Features
from cutroom.highlights.highlight import Part
from cutroom.highlights.relevance import Relevance
from cutroom.highlights.signs import HANGS

MOST: Final = 5
_GOOD: Final = 65.0
_STRONG_BREAK: Final = 0.45


def reasons_of(
    features: Features,
    first: int,
    last: int,
    parts: Mapping[Part, float],
    relevance: Relevance | None = None,
) -> tuple[str, ...]:
    """What speaks for a passage, the weightiest first, and at the end what speaks against it; at least one sentence."""
    signs = features.signs[first : last + 1]
    said: list[tuple[float, str]] = []
    if relevance is not None and relevance.found and parts.get("relevance", 0) > 0:
        words = ", ".join(relevance.words[:5])
        said.append((100 + parts["relevance"], f"It fits what was asked for: {words}."))
    if signs[0].asks:
        said.append((99, "It opens with a question and goes on to the answer."))
    elif features.hooks[first] >= 0.3:
        said.append((85, "Its first sentence makes one want to hear the next."))
    reacted = features.reacted[first : last + 1]
    if reacted.max() > 0:
        said.append((88 * float(reacted.max()), "Laughter or applause is heard in it."))
    if features.delivery.heard and parts["energy"] >= _GOOD:
        said.append((parts["energy"], "It is spoken with more energy than the rest of the recording."))
    if parts["substance"] >= _GOOD:
        said.append((parts["substance"], "It says a lot about what the recording is about."))
    said.extend(_of_words([sum(getattr(one, name) for one in signs) for name in _CLASSES], len(signs)))
    if features.breaks[first] >= _STRONG_BREAK and features.breaks[last + 1] >= _STRONG_BREAK:
        said.append((60, "It begins with a topic of its own and ends where that topic does."))
    said.sort(key=lambda one: -one[0])
    told = [sentence for _, sentence in said[:MOST]] or ["It stands by itself, from a first sentence to a last one."]
    if features.signs[first].leans >= HANGS:
        told.append("It opens with a word that leans on what was said before; look at its beginning.")
    return tuple(told)


_CLASSES: Final = {
    "reveals": "It promises something: a secret, a mistake, a lesson or a turning point.",
    "feelings": "It speaks of strong feelings.",
    "numbers": "It names numbers.",
    "turns": "It turns against what one would expect.",
    "extremes": "It speaks of extremes: the most, the first, never, nobody.",
    "address": "It speaks to the listener.",
}


def _of_words(counts: Sequence[int], sentences: int) -> list[tuple[float, str]]:
    """A reason for each class of words of which there are many for so few sentences."""
    found: list[tuple[float, str]] = []
    for place, (count, sentence) in enumerate(zip(counts, _CLASSES.values(), strict=True)):
        if count >= max(1.0, sentences / 4):
            found.append((80 - 3 * place + min(10.0, 10 * count / sentences), sentence))
    return found
