"""Which media an edit needs: files, and what has to be made first, drawings, pages and timelines inside of it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from cutroom.kit.errors import Detail, NotFound
from cutroom.timeline.assets.captions import CaptionsAsset
from cutroom.timeline.assets.html import HtmlAsset
from cutroom.timeline.assets.media import MediaAsset
from cutroom.timeline.assets.svg import SvgAsset
from cutroom.timeline.assets.waveform import WaveformAsset
from cutroom.timeline.fields import CLEAR
from cutroom.timeline.fontfile import FontFile
from cutroom.timeline.model import Clip, Edit, TimelineAsset
from cutroom.timeline.output import Output
from cutroom.timeline.rules import clips_of, made_at

SourceKind = Literal["video", "image", "audio", "matte", "captions", "svg", "html", "timeline", "font"]


@dataclass(frozen=True, slots=True)
class SourceUse:
    """One source and every place that names it; `kind` is what the first of them takes it for.

    A `matte` is a video or an image. `captions` are read to a `CueSheet`, everything else is probed to `Media`. The
    `src` of a drawing (`svg:…`), a page (`html:…`) or a timeline (`timeline:…`) is a hash of all that determines it,
    and `asset` says what to draw, with both sides of a page said; `fonts` are those of the document, which a page
    knows. `inner` gives the edit that makes the timeline. Pointers into that edit become pointers into this one when
    the use's pointer is put before them.
    """

    src: str
    kind: SourceKind
    pointers: list[str]
    asset: SvgAsset | HtmlAsset | TimelineAsset | None = None
    fonts: tuple[FontFile, ...] = ()


def sources(edit: Edit) -> list[SourceUse]:
    """Every source once, in the order of the document."""
    found: dict[str, SourceUse] = {}
    for use in _uses(edit):
        found.setdefault(use.src, SourceUse(use.src, use.kind, [], use.asset, use.fonts)).pointers.extend(use.pointers)
    return list(found.values())


def inner(edit: Edit, src: str) -> Edit:
    """The edit that makes a timeline inside of another one, as a mezzanine: the caller may choose another format.

    It has the size and the rate of the outer edit's pictures, its fonts after the timeline's own, and a transparent
    background unless one is asked for.

    Args:
        edit: the outer edit.
        src: of one of its sources of the kind `timeline`.

    Raises:
        NotFound: `unknown_source`, when the edit has no such timeline.
    """
    asset = next((use.asset for use in sources(edit) if use.src == src), None)
    if not isinstance(asset, TimelineAsset):
        raise NotFound("unknown_source", "This edit holds no such timeline.")
    background = asset.background or asset.timeline.background or CLEAR
    (width, height), rate = made_at(edit)
    output = Output(
        format="mov",
        codec="prores",
        width=width,
        height=height,
        fps=f"{rate.numerator}/{rate.denominator}",
        transparent=background == CLEAR,
    )
    behind = None if background == CLEAR else background
    fonts = (*asset.timeline.fonts, *edit.timeline.fonts)
    return Edit(output=output, timeline=asset.timeline.model_copy(update={"background": behind, "fonts": fonts}))


def clashes(edit: Edit) -> Iterator[Detail]:
    """Sources that are taken for captions at one place and for a picture or sound at another."""
    taken: dict[str, bool] = {}
    for use in _uses(edit):
        read = use.kind == "captions"
        if taken.setdefault(use.src, read) != read:
            sentence = "This file is used as captions and as a picture or sound; it can only be one of them."
            yield Detail(use.pointers[0], "conflicting_sources", sentence)


def _uses(edit: Edit) -> Iterator[SourceUse]:
    for place, clip in clips_of(edit):
        yield from _used_by(clip, place, edit)
        if clip.matte is not None:
            yield SourceUse(clip.matte.src, "matte", [f"{place}/matte/src"])
    music = edit.timeline.soundtrack
    if music is not None:
        yield SourceUse(music.src, "audio", ["/timeline/soundtrack/src"])
    for number, font in enumerate(edit.timeline.fonts):
        yield SourceUse(font.src, "font", [f"/timeline/fonts/{number}/src"])


def _used_by(clip: Clip, place: str, edit: Edit) -> Iterator[SourceUse]:
    asset = clip.asset
    if isinstance(asset, MediaAsset):
        yield SourceUse(asset.src, asset.type, [f"{place}/asset/src"])
    elif isinstance(asset, WaveformAsset):
        yield SourceUse(asset.src, "audio", [f"{place}/asset/src"])
    elif isinstance(asset, CaptionsAsset) and asset.src is not None:
        yield SourceUse(asset.src, "captions", [f"{place}/asset/src"])
    elif isinstance(asset, SvgAsset):
        yield SourceUse(f"svg:{_digest(asset.svg)}", "svg", [f"{place}/asset"], asset)
    elif isinstance(asset, HtmlAsset):
        sized = asset.sized(made_at(edit)[0])
        digest = _digest(_with_fonts(_plain(sized), edit))
        yield SourceUse(f"html:{digest}", "html", [f"{place}/asset"], sized, edit.timeline.fonts)
    elif isinstance(asset, TimelineAsset):
        size, rate = made_at(edit)
        whole = {"asset": _plain(asset), "size": size, "fps": f"{rate.numerator}/{rate.denominator}"}
        digest = _digest(_with_fonts(whole, edit))
        yield SourceUse(f"timeline:{digest}", "timeline", [f"{place}/asset"], asset)


def _with_fonts(value: Any, edit: Edit) -> Any:
    """What determines a page or a timeline inside of an edit, which knows the edit's fonts."""
    fonts = edit.timeline.fonts
    return {"made": value, "fonts": [[font.src, font.family] for font in fonts]} if fonts else value


def _plain(asset: HtmlAsset | TimelineAsset) -> Any:
    return asset.model_dump(mode="json", by_alias=True)


def _digest(value: Any) -> str:
    """SHA-256 of the canonical JSON of a value: keys sorted, no spaces."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
