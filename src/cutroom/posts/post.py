"""A post: paragraphs that say where in the recording they come from, and the text that they make."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from cutroom.posts.limits import LIMITS, PostKind, fitted, length_of

Method = Literal["extractive", "model"]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, or one part of a thread.

    Args:
        text: plain text; no markup in it means anything.
        sentences: numbers of the sentences of the recording that it stands on, ascending.
        heading: what stands above it, in a blog.
    """

    text: str
    sentences: tuple[int, ...]
    heading: str | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """A post for one platform, before it is known how long it may be.

    Args:
        kind: the platform.
        paragraphs: what it says; the parts of a thread on X.
        hashtags: without the sign.
        title: of a blog.
        summary: of a blog, for search engines.
    """

    kind: PostKind
    paragraphs: tuple[Paragraph, ...]
    hashtags: tuple[str, ...] = ()
    title: str | None = None
    summary: str | None = None

    @property
    def tags(self) -> str:
        """The hashtags as they are written."""
        return " ".join(f"#{tag}" for tag in self.hashtags)

    def parts(self) -> list[str]:
        """What is posted, one text after the other: several for a thread, one for all else."""
        if self.kind == "twitter":
            *first, last = [paragraph.text for paragraph in self.paragraphs] or [""]
            return [*first, f"{last} {self.tags}".strip()]
        if self.kind == "blog":
            return [_markdown(self)]
        return ["\n\n".join([*(paragraph.text for paragraph in self.paragraphs), *([self.tags] if self.tags else [])])]


def fit(post: Post) -> Post:
    """The post within what its platform takes: hashtags go first, then the last paragraphs, then the ends of parts."""
    limits = LIMITS[post.kind]
    post = replace(
        post,
        hashtags=post.hashtags[: limits.hashtags],
        paragraphs=post.paragraphs[: limits.parts] if limits.parts > 1 else post.paragraphs,
        title=None if post.title is None else fitted(post.kind, post.title, limits.title),
        summary=None if post.summary is None else fitted(post.kind, post.summary, limits.summary),
    )
    if limits.characters is None:
        return post
    if limits.parts > 1:
        return _fit_thread(post, limits.characters)
    while len(post.paragraphs) > 1 and length_of(post.kind, post.parts()[0]) > limits.characters:
        post = replace(post, paragraphs=post.paragraphs[:-1])
    over = length_of(post.kind, post.parts()[0]) - limits.characters
    if over > 0:
        only = post.paragraphs[0]
        most = max(1, length_of(post.kind, only.text) - over)
        post = replace(post, paragraphs=(replace(only, text=fitted(post.kind, only.text, most)),))
    return post


def too_long(post: Post) -> str | None:
    """What of a post is over the limits of its platform, as a sentence; None when nothing is."""
    limits = LIMITS[post.kind]
    if len(post.hashtags) > limits.hashtags:
        return f"There are {len(post.hashtags)} hashtags; at most {limits.hashtags} are sensible on {post.kind}."
    if limits.parts > 1 and len(post.paragraphs) > limits.parts:
        return f"The thread has {len(post.paragraphs)} parts; at most {limits.parts} are taken."
    for number, part in enumerate(post.parts(), 1):
        length = length_of(post.kind, part)
        if limits.characters is not None and length > limits.characters:
            which = f"Part {number}" if limits.parts > 1 else "The text"
            return f"{which} has {length} characters as {post.kind} counts them; at most {limits.characters} are taken."
    for name, text, most in (("title", post.title, limits.title), ("summary", post.summary, limits.summary)):
        if text is not None and length_of(post.kind, text) > most:
            return f"The {name} has {length_of(post.kind, text)} characters; at most {most} are shown."
    return None


def _fit_thread(post: Post, most: int) -> Post:
    tags = length_of(post.kind, f" {post.tags}") if post.hashtags else 0
    shorter: list[Paragraph] = []
    for number, part in enumerate(post.paragraphs):
        room = most - tags if number == len(post.paragraphs) - 1 else most
        shorter.append(replace(part, text=fitted(post.kind, part.text, room)))
    return replace(post, paragraphs=tuple(shorter))


def _markdown(post: Post) -> str:
    blocks: list[str] = [f"# {escaped(post.title)}"] if post.title else []
    if post.summary:
        blocks.append(f"*{escaped(post.summary)}*")
    for paragraph in post.paragraphs:
        if paragraph.heading:
            blocks.append(f"## {escaped(paragraph.heading)}")
        blocks.append(escaped(paragraph.text))
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Text for Markdown in which nothing is markup, and no HTML either."""
    for sign in "\\`*_[]#":
        text = text.replace(sign, f"\\{sign}")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def texts_of(post: Post) -> Sequence[str]:
    """Everything in a post that makes claims."""
    shown = [post.title, post.summary, *(text for part in post.paragraphs for text in (part.heading, part.text))]
    return [text for text in shown if text]
