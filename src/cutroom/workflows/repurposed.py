"""What came of a recording: the parts that were made, and those that were not."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field

from cutroom.kit.schema import Schema
from cutroom.posts.limits import PostKind
from cutroom.workflows.warning import WorkflowWarning


class Failure(Schema):
    """What could not be made."""

    part: Annotated[str, Field(description="`subtitles`, `highlights`, `clips/0`, `posts`, `posts/blog`…")]
    code: str
    message: str


class BranchWarning(WorkflowWarning):
    """The same, of one part."""

    part: str


class SubtitlesMade(Schema):
    """The subtitles of a recording."""

    id: str
    version: int
    artifacts: list[str]


class ClipMade(Schema):
    """One clip."""

    id: str
    version: int
    title: str
    start: float
    end: float
    highlight: Annotated[int, Field(description="The place of its highlight, from 0.")]
    artifacts: list[str]


class HighlightsMade(Schema):
    """The highlights of a recording."""

    id: str
    version: int
    found: int
    artifacts: list[str]


class PostPart(Schema):
    """One post."""

    platform: PostKind
    id: str
    version: int
    artifacts: list[str]


class Made(Schema):
    """What came of a recording, or of one branch. What is absent was not asked for, or failed."""

    subtitles: SubtitlesMade | None = None
    highlights: HighlightsMade | None = None
    clips: list[ClipMade] = Field(default_factory=list)
    posts: list[PostPart] = Field(default_factory=list)
    failed: list[Failure] = Field(default_factory=list)
    warnings: list[BranchWarning] = Field(default_factory=list)


def together(parts: Sequence[Made]) -> Made:
    """What several branches made, as one."""
    return Made(
        subtitles=next((part.subtitles for part in parts if part.subtitles is not None), None),
        highlights=next((part.highlights for part in parts if part.highlights is not None), None),
        clips=[clip for part in parts for clip in part.clips],
        posts=[post for part in parts for post in part.posts],
        failed=[failure for part in parts for failure in part.failed],
        warnings=[warning for part in parts for warning in part.warnings],
    )


def said_of(made: Made) -> str:
    """What a branch has come to, as a sentence."""
    parts = [
        *(["the subtitles"] if made.subtitles is not None else []),
        *([f"{made.highlights.found} highlights"] if made.highlights is not None else []),
        *([f"{len(made.clips)} clips"] if made.clips else []),
        *([f"{len(made.posts)} posts"] if made.posts else []),
    ]
    failed = [failure.part for failure in made.failed]
    sentences = [f"Ready: {', '.join(parts)}."] if parts else []
    sentences += [f"Failed: {', '.join(failed)}."] if failed else []
    return " ".join(sentences) or "Nothing was asked for."
