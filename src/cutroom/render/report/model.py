"""What is measured on a finished render, as plain data; goes to JSON as the artifact `report`.

The JSON's `schema` names this form; a field may be added under the same name, but none changes its meaning.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from cutroom.kit.adapter import Adapter
from cutroom.media.timebase import Rational
from cutroom.render.output.made import Made
from cutroom.timeline.resolved import Warning  # noqa: A004 — the word of the document

SCHEMA: Final = "cutroom.render-report/1"
NAME: Final = "report.json"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that had to be so: what the plan says and what the file has, as text."""

    name: str
    wanted: str
    found: str
    passed: bool


@dataclass(frozen=True, slots=True)
class Cuts:
    """How well picture and sound keep together where segments meet.

    Args:
        count: how many joins there are.
        worst_offset: seconds, of either sign, by which the sound is late against the pictures at the worst of them.
    """

    count: int
    worst_offset: Rational


@dataclass(frozen=True, slots=True)
class Level:
    """How loud the sound is (ITU-R BS.1770-5, EBU R 128).

    Args:
        integrated_lufs: gated loudness; None for silence.
        true_peak_dbtp: highest level between samples, from fourfold oversampling; None for silence.
        sample_peak_dbfs: highest sample; None for silence.
        clipped: samples at or beyond full scale.
        measured: seconds that were listened to.
        whole: whether that was all of it; long sounds are measured in windows spread over them.
    """

    integrated_lufs: float | None
    true_peak_dbtp: float | None
    sample_peak_dbfs: float | None
    clipped: int
    measured: Rational
    whole: bool


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A span in which the film is black, or stands still, while a clip plays that gives no reason for it.

    Looked for at key frames, so `start` and `end` (seconds) are those of the frames that were compared. It may be in
    the source; that is why no check fails of it.
    """

    what: Literal["black", "frozen"]
    start: Rational
    end: Rational
    pointers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """The segments of the plan by how they were made, and how many pieces were found finished."""

    segments: int
    kinds: Mapping[str, int]
    reused: int


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What was measured on the finished file; picture fields are None when it has no pictures.

    Args:
        duration: seconds of pictures, or of sound when there are none.
        frames: pictures in the file, each with a time of its own.
        audio_duration: seconds of sound after the encoder's lead-in; None without sound.
        audio_offset: seconds from the first picture to the first sound; None unless there are both.
        faststart: whether players can start before they have the whole file.
        pixels: format of the pixels, as FFmpeg calls it.
        key_frames: how many frames can be started from.
        audio_rate: samples a second.
        suspicions: what looks wrong but may be meant.
        checks: everything that was compared with the plan, in the order in which it was.
        warnings: of the plan: overflowing captions, missing glyphs…
        sources: SHA-256 of every source.
        engine: what made the bytes.
        timings: seconds that the stages took, as far as the caller told; `verify` is this measurement itself.
    """

    format: str
    size_bytes: int
    duration: Rational
    frames: int
    width: int | None
    height: int | None
    fps: Rational | None
    video_codec: str | None
    audio_codec: str | None
    audio_duration: Rational | None
    audio_offset: Rational | None
    faststart: bool
    pixels: str | None = None
    key_frames: int | None = None
    audio_rate: int | None = None
    audio_channels: int | None = None
    cuts: Cuts | None = None
    level: Level | None = None
    suspicions: tuple[Suspicion, ...] = ()
    checks: tuple[Check, ...] = ()
    warnings: tuple[Warning, ...] = ()
    sources: tuple[str, ...] = ()
    tally: Tally | None = None
    engine: str = ""
    timings: Mapping[str, float] = field(default_factory=dict)
    schema: str = SCHEMA


REPORT: Final[Adapter[RenderReport]] = Adapter(RenderReport)
"""Reads and writes a report as JSON (fractions as "n/d")."""
LEVEL: Final[Adapter[Level]] = Adapter(Level)
"""The same for what was measured of its sound alone."""


def write_report(report: RenderReport, folder: Path) -> Made:
    """Write a report as a file; small enough to be written at once."""
    path = folder / NAME
    path.write_bytes(REPORT.dump_json(report, indent=2))
    return Made(path, "report", NAME, "application/json")
