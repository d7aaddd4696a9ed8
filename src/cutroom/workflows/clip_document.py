"""A clip as JSON: the body of a production, with the timeline that can be edited and rendered again."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from cutroom.framing.crops import Reason, Reframe, speed
from cutroom.framing.pictures import Cutout, Piece
from cutroom.framing.platforms import Aspect, Platform
from cutroom.kit.schema import Schema
from cutroom.timeline.assets.presets import PresetName

_Seconds = Annotated[float, Field(ge=0, le=1_000_000)]
_Share = Annotated[float, Field(ge=0, le=1)]


class CropDocument(Schema):
    """What of the recording's picture a stretch of the clip shows; times in seconds of the clip."""

    start: _Seconds
    end: _Seconds
    reason: Annotated[
        Reason,
        Field(
            description="What it was chosen for: a `face`, several `faces`, something that moves (`motion`), the "
            "`center` as asked; `pad`: all of the picture, over a blurred copy; `whole`: the shapes are the same."
        ),
    ]
    moves: Annotated[bool, Field(description="Whether it follows somebody; else it stands still.")]
    x: Annotated[_Share, Field(description="Middle at the start, across, as a share of the recording's picture.")]
    y: _Share
    width: Annotated[_Share, Field(description="Share of the recording's width that is shown.")]
    height: _Share
    speed: Annotated[float, Field(ge=0, description="How fast it moves at most, in widths of itself a second.")]


class ClipDocument(Schema):
    """A clip: where it is from, what was asked for, and the timeline that it was rendered from."""

    kind: Literal["clip"] = "clip"
    title: str
    source: Annotated[str, Field(description="The recording: `asset:<id>` or its URL.")]
    sha256: Annotated[str, Field(description="Hash of the recording's bytes.")]
    start: Annotated[_Seconds, Field(description="Second of the recording at which it begins.")]
    end: Annotated[_Seconds, Field(description="Second of the recording at which it ends.")]
    duration: Annotated[_Seconds, Field(description="Seconds of the clip.")]
    highlights: Annotated[str | None, Field(description="Id of the highlights that it is one of.")] = None
    highlight: Annotated[str | None, Field(description="Which of them.")] = None
    transcript: Annotated[str | None, Field(description="Id of the transcript of its captions.")] = None
    aspect: Aspect
    platform: Platform | None = None
    captions: Annotated[PresetName | None, Field(description="Their style; none without captions.")] = None
    reframe: Reframe
    crops: Annotated[list[CropDocument], Field(description="What is shown, stretch by stretch.")]
    thumbnail: Annotated[_Seconds | None, Field(description="Second of the clip that its thumbnail shows.")] = None
    document: Annotated[
        dict[str, Any], Field(description="The timeline and its output, as `POST /render` takes them: edit and render.")
    ]


def crop_documents(cutout: Cutout, pieces: Sequence[Piece]) -> list[CropDocument]:
    """The crops of a clip as they go over the wire."""
    return [
        CropDocument(
            start=round(float(piece.first / cutout.fps), 6),
            end=round(float(piece.last / cutout.fps), 6),
            reason=piece.crop.reason,
            moves=piece.crop.moves,
            x=_share(piece.crop.path[0].x),
            y=_share(piece.crop.path[0].y),
            width=_share(piece.crop.width),
            height=_share(piece.crop.height),
            speed=round(speed(piece.crop), 4) if piece.crop.moves else 0.0,
        )
        for piece in pieces
    ]


def _share(value: Any) -> float:
    return min(max(round(float(value), 5), 0.0), 1.0)
