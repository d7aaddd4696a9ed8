"""Posts without a model: nothing is written that was not said. Sentences are chosen, put in order, and cited."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from cutroom.posts.limits import LIMITS, PostKind, fitted, length_of
from cutroom.posts.material import Material, as_written, best_of
from cutroom.posts.post import Paragraph, Post, fit

_SECTIONS: Final = 6
_IN_SECTION: Final = 3
_IN_SUMMARY: Final = 160
_SOCIAL: Final = {"linkedin": 5, "instagram": 4, "twitter": 7}
_TAGS: Final[dict[PostKind, int]] = {"blog": 6, "linkedin": 4, "twitter": 2, "instagram": 10}


def extracted(kind: PostKind, material: Material) -> Post:
    """A post of sentences of the recording.

    Args:
        kind: for which platform.
        material: the recording; with at least one sentence.
    """
    post = _blog(material) if kind == "blog" else _social(kind, material)
    return fit(post)


def _blog(material: Material) -> Post:
    everything = range(len(material.sentences))
    title = best_of(material, _openers(material, everything), 1)[0]
    paragraphs: list[Paragraph] = []
    for first, last in _sections(material):
        chosen = best_of(material, range(first, last), _IN_SECTION)
        words = material.keywords_of(first, last, 3)
        paragraphs.append(Paragraph(_joined(material, chosen), tuple(chosen), _listed(words) if words else None))
    summary = _joined(material, best_of(material, everything, 2))
    return Post(
        "blog",
        tuple(paragraphs),
        material.keywords[: _TAGS["blog"]],
        title=fitted("blog", as_written(material, title).rstrip("."), LIMITS["blog"].title),
        summary=fitted("blog", summary, _IN_SUMMARY),
    )


def _social(kind: PostKind, material: Material) -> Post:
    most = LIMITS[kind].characters or 0
    tags = material.keywords[: _TAGS[kind]]
    room = most - sum(len(tag) + 2 for tag in tags)
    everything = range(len(material.sentences))
    short = [number for number in everything if length_of(kind, as_written(material, number)) <= room]
    numbers = short or list(everything)
    hook = best_of(material, _openers(material, numbers), 1)[0]
    others = [number for number in best_of(material, numbers, _SOCIAL[kind]) if number != hook]
    if kind == "instagram" and others:
        parts = [Paragraph(as_written(material, hook), (hook,)), Paragraph(_joined(material, others), tuple(others))]
    else:
        parts = [Paragraph(as_written(material, number), (number,)) for number in (hook, *others)]
    return Post(kind, tuple(parts), tags)


def _openers(material: Material, numbers: Sequence[int]) -> list[int]:
    """Those sentences that can open a text; all when none can."""
    return [number for number in numbers if material.starts[number]] or list(numbers)


def _sections(material: Material) -> list[tuple[int, int]]:
    """The topics as spans of sentences, the shortest joined with their neighbours until there are few."""
    edges = [*material.topics, len(material.sentences)]
    spans = list(pairwise(edges))
    while len(spans) > _SECTIONS:
        at = min(range(len(spans) - 1), key=lambda one: spans[one + 1][1] - spans[one][0])
        spans[at : at + 2] = [(spans[at][0], spans[at + 1][1])]
    return spans


def _joined(material: Material, numbers: Sequence[int]) -> str:
    return " ".join(as_written(material, number) for number in numbers)


def _listed(words: Sequence[str]) -> str:
    text = ", ".join(words)
    return text[:1].upper() + text[1:]
