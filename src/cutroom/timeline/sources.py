"""Which media an edit needs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from cutroom.timeline.assets.media import MediaAsset
from cutroom.timeline.model import Edit
from cutroom.timeline.rules import clips_of

SourceKind = Literal["video", "image", "audio", "matte"]


@dataclass(frozen=True, slots=True)
class SourceUse:
    """One source and every place that names it; `kind` is what the first of them takes it for.

    A `matte` is a video or an image.
    """

    src: str
    kind: SourceKind
    pointers: list[str]


def sources(edit: Edit) -> list[SourceUse]:
    """Every source once, in the order of the document."""
    found: dict[str, SourceUse] = {}
    for use in _uses(edit):
        found.setdefault(use.src, SourceUse(use.src, use.kind, [])).pointers.extend(use.pointers)
    return list(found.values())


def _uses(edit: Edit) -> Iterator[SourceUse]:
    for place, clip in clips_of(edit):
        if isinstance(clip.asset, MediaAsset):
            yield SourceUse(clip.asset.src, clip.asset.type, [f"{place}/asset/src"])
        if clip.matte is not None:
            yield SourceUse(clip.matte.src, "matte", [f"{place}/matte/src"])
    music = edit.timeline.soundtrack
    if music is not None:
        yield SourceUse(music.src, "audio", ["/timeline/soundtrack/src"])
