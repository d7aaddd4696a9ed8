"""Which media an edit needs."""

from dataclasses import dataclass
from typing import Literal

from cutroom.timeline.assets import AudioAsset, ImageAsset, VideoAsset
from cutroom.timeline.model import Edit
from cutroom.timeline.rules import clips_of


@dataclass(frozen=True, slots=True)
class SourceUse:
    """One source and every place that names it; `kind` is what the first of them takes it for."""

    src: str
    kind: Literal["video", "image", "audio"]
    pointers: list[str]


def sources(edit: Edit) -> list[SourceUse]:
    """Every source once, in the order of the document."""
    found: dict[str, SourceUse] = {}
    for place, clip in clips_of(edit):
        if isinstance(clip.asset, VideoAsset | ImageAsset | AudioAsset):
            use = found.setdefault(clip.asset.src, SourceUse(clip.asset.src, clip.asset.type, []))
            use.pointers.append(f"{place}/asset/src")
    music = edit.timeline.soundtrack
    if music is not None:
        found.setdefault(music.src, SourceUse(music.src, "audio", [])).pointers.append("/timeline/soundtrack/src")
    return list(found.values())
