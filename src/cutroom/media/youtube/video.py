"""What is known of a video of YouTube."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from cutroom.media.youtube.address import page_of


@dataclass(frozen=True, slots=True)
class CaptionTrack:
    """Captions that there are.

    Args:
        kind: made by a person, or by a machine; a machine's translations are the latter too.
        language: as YouTube names it: `en`, `pt-BR`, `en-orig` for the one that was heard.
        name: for people.
        format: `json3` or `vtt`.
        url: where they are, for some hours.
        headers: to ask for them with.
    """

    kind: Literal["manual", "automatic"]
    language: str
    name: str
    format: Literal["json3", "vtt"]
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """The language alone."""
        return self.language.removesuffix("-orig")

    @property
    def is_heard(self) -> bool:
        """Whether they are what a machine heard, and no translation of it."""
        return self.language.endswith("-orig")


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """Sound that there is.

    Args:
        format: YouTube's number of it.
        url: where it is, for some hours.
        pure: whether there are no pictures with it.
        rate: kilobits in a second; 0 when nobody said.
        bytes: of the file, when somebody said.
        original: greater the surer that it is no dubbing.
        headers: to ask for it with.
    """

    format: str
    url: str
    pure: bool
    rate: float
    bytes: int | None
    original: float
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Video:
    """A video.

    Args:
        id: eleven characters.
        title: untrusted, as is all that follows.
        description: its first five thousand characters.
        seconds: how long it is; 0 when nobody said.
        captions: in every form that there is.
        sounds: likewise.
        trouble: what was in the way of finding more, in the extractor's words, for the log alone.
    """

    id: str
    title: str
    description: str
    seconds: float
    captions: tuple[CaptionTrack, ...]
    sounds: tuple[SoundTrack, ...]
    trouble: str = ""

    @property
    def page(self) -> str:
        """Its address."""
        return page_of(self.id)
