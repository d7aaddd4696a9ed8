"""The plan of a longform, as plain data: pictures as segments, sound as parts of whole packets.

Sound is counted in packets of the output. Packet q of AAC fills, together with the packet before it, the samples
[1024 q, 1024 (q + 1)) of what the decoder gives out; of those the first `priming` come before the output's sample 0.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Final, Literal

from pydantic import Field

from cutroom.kit.adapter import Adapter
from cutroom.render.mux.samples import AAC_FRAME
from cutroom.render.plan import PlanOutput, RepeatSegment, SegmentPlan, SkipSegment
from cutroom.render.sound.plan import Voice
from cutroom.timeline.resolved import Media, Warning  # noqa: A004 — the word of the document

MARGIN: Final = 16
"""Packets by which a join may be moved, to where the windows of both sides fit together."""
LEAD: Final = 8
"""Packets that are encoded before the first that counts, so that the encoder knows what it has heard."""

PictureSegment = Annotated[SegmentPlan | RepeatSegment | SkipSegment, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class CopiedSound:
    """Output packets [first, last): those of a source, `shift` packets later.

    Args:
        media: the source, whose packets are found again when the output is written.
    """

    first: int
    last: int
    media: Media
    shift: int
    kind: Literal["copy"] = "copy"


@dataclass(frozen=True, slots=True)
class EncodedSound:
    """Output packets [first, last), mixed and encoded; a piece of its own, which holds `MARGIN` more on both sides.

    Args:
        voices: what is heard; their samples count from the first that is mixed, `mixed_from`.
        mixed: how many samples are mixed: whole packets.
        key: SHA-256 over everything that determines the bytes; where the part lies does not.
    """

    first: int
    last: int
    sample_rate: int
    channels: int
    bit_rate: int
    mixed: int
    voices: tuple[Voice, ...]
    inputs: tuple[str, ...]
    key: str
    kind: Literal["sound"] = "sound"

    @property
    def leading(self) -> int:
        """The output packet that the piece's packet 0 is; perhaps negative."""
        return self.first - MARGIN - LEAD - 1


SoundPart = Annotated[CopiedSound | EncodedSound, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True)
class LongformSound:
    """The whole sound: `samples` of it after `priming`; parts lie end to end and cover all packets."""

    sample_rate: int
    channels: int
    samples: int
    priming: int
    parts: tuple[SoundPart, ...]

    @property
    def packets(self) -> int:
        """How many packets there are."""
        return -(-(self.priming + self.samples) // AAC_FRAME)


@dataclass(frozen=True, slots=True)
class LongformPlan:
    """Everything there is to do; `segments` lie end to end and cover `frames`, and are empty without pictures."""

    output: PlanOutput
    frames: int
    segments: tuple[PictureSegment, ...]
    sound: LongformSound
    warnings: tuple[Warning, ...]
    engine: str

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return self.frames / self.output.fps


LONGFORM_PLAN: Final[Adapter[LongformPlan]] = Adapter(LongformPlan)
"""Reads and writes a whole plan as JSON."""
LongformPiece = SegmentPlan | EncodedSound
"""What is made on its own, on any machine and in any order."""
