"""What must be so in a finished file, each under its name.

readable          it can be read at all
complete          all that its index speaks of is there
decoding_times    frames are decoded one after the other
frame_times       frame n is shown at n / fps, the first at 0
frame_count       as many frames as the plan has
size              width and height
video_codec       what the pictures are compressed with
transparency      it can be transparent when that was asked
audio_codec       what the sound is compressed with
faststart         players can start before they have it all
audio_duration    the sound is as long as the pictures, to a frame
audio_offset      sound and pictures start together, to a frame
cuts              a key frame where each segment starts, and the sound no further than a frame from it
playlist          a stream's segments are as long as the film together
colors            where the plan shows one plain colour, so does the film
loudness          the loudness that was asked for, to one LU, and no louder peak, to one dB
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.kit.errors import Detail, Internal
from cutroom.render.plan import RenderPlan
from cutroom.render.report.facts import Facts
from cutroom.render.report.model import Check, Level
from cutroom.render.report.timing import Frames
from cutroom.timeline.resolved import SOUNDS, STILLS

NAMES: Final = (
    "readable", "complete", "decoding_times", "frame_times", "frame_count", "size", "video_codec", "transparency",
    "audio_codec", "faststart", "audio_duration", "audio_offset", "cuts", "playlist", "colors", "loudness",
)  # fmt: skip
_LOUDNESS_LU: Final = 1.0
_LOUDNESS_SAMPLED_LU: Final = 4.0
_PEAK_DB: Final = 1.0
"""By how much an encoder may move a peak."""
_AT_PEAK_DB: Final = 2.0
_ENCODED_LAST: Final = {"gif": "gif", "webp": "webp", "png": "png", "jpg": "jpg"}


@dataclass(slots=True)
class Checks:
    """The checks that were made so far, in order."""

    made: list[Check] = field(default_factory=list)

    def add(self, name: str, passed: bool, wanted: object, found: object) -> None:  # noqa: FBT001 — it is the result
        """Take note of one."""
        self.made.append(Check(name, str(wanted), str(found), bool(passed)))

    def equal(self, name: str, wanted: object, found: object) -> None:
        """Take note of one that wants two things to be the same."""
        self.add(name, wanted == found, wanted, found)

    def settle(self) -> None:
        """Raise `render_check_failed` when one has failed."""
        failed = [check for check in self.made if not check.passed]
        if failed:
            raise failure(failed)


def failure(failed: Sequence[Check]) -> Internal:
    """The error for failed checks; its details name them all, its message the first."""
    first = failed[0]
    sentence = f"it has {first.found} where the plan says {first.wanted}"
    return Internal(
        "render_check_failed",
        f"The finished file failed the check '{first.name}': {sentence}. Render it again; if it stays, tell us.",
        details=[Detail("/output", one.name, f"{one.found}, not {one.wanted}") for one in failed],
    )


def unreadable(why: str) -> Internal:
    """The error for a file that cannot be read."""
    return failure([Check("readable", "a file that can be read", f"one that cannot: {why}", passed=False)])


def compare(plan: RenderPlan, found: Facts, checks: Checks) -> None:
    """Compare what a file says of itself with its plan."""
    output = plan.output
    pictures = output.format not in SOUNDS
    checks.equal("complete", wanted="whole", found="whole" if found.whole else "cut short")
    if found.frames is not None and pictures:
        _times(plan, found.frames, checks)
    frames = plan.frames if pictures else 0
    if output.format == "webp" and found.frames is not None and found.frames.end is None:
        frames = 1  # a film in which nothing moves; `animate.webp` sees to it that nothing does
    checks.equal("frame_count", frames, count(found.frames, output.fps))
    size = (output.width, output.height) if pictures else (None, None)
    checks.equal("size", size, (found.width, found.height))
    checks.equal("video_codec", _codec(plan) if pictures else None, found.video_codec)
    if output.transparent and output.format != "gif":  # any gif can be
        checks.equal("transparency", wanted=True, found=found.alpha)
    checks.equal("audio_codec", plan.audio.encoder.codec if plan.audio else None, found.audio_codec)
    if output.format != "hls":
        checks.equal("faststart", wanted=True, found=found.faststart)
    _sound(plan, found, checks)


def count(frames: Frames | None, fps: Fraction) -> int:
    """How many frames there are; equal ones that are stored as one count as often as they are shown."""
    if frames is None:
        return 0
    return len(frames.shown) if frames.end is None else round(frames.end / frames.timescale * fps)


def _codec(plan: RenderPlan) -> str:
    return _ENCODED_LAST.get(plan.output.format) or plan.segments[0].encoder.codec


def _times(plan: RenderPlan, frames: Frames, checks: Checks) -> None:
    fps, scale = plan.output.fps, frames.timescale
    falling = [int(place) for place in np.flatnonzero(np.diff(frames.decoded) <= 0)[:1]]
    where = f"one that falls at frame {falling[0]}" if falling else "rising times"
    checks.add("decoding_times", not falling, "rising times", where)
    if plan.output.format in STILLS:
        return
    shown = np.sort(frames.shown)
    # Both sides in units of 1 / (timescale · fps) seconds, which are integers.
    unit = fps.numerator * scale.denominator
    times = shown * unit
    step = scale.numerator * fps.denominator
    if frames.end is None:
        off = np.abs(times - np.arange(len(shown), dtype=np.int64) * step)
    else:
        numbers = np.rint(times / step).astype(np.int64)
        off = np.abs(times - numbers * step)
    # Milliseconds that were added up from rounded lengths may be one off.
    wrong = np.flatnonzero(off > (unit if frames.rounded else 0))
    where = f"frame {int(wrong[0])} at {float(shown[wrong[0]] / scale):.4f} s" if len(wrong) else "all in place"
    checks.add("frame_times", not len(wrong), f"frames {float(1 / fps):.4f} s apart, from 0 on", where)


def _sound(plan: RenderPlan, found: Facts, checks: Checks) -> None:
    if found.sound is None:
        return
    frame = 1 / plan.output.fps
    # A sound is made of whole samples, and WebM counts milliseconds.
    off = abs(found.sound.duration - plan.duration)
    checks.add("audio_duration", off <= frame, f"{float(plan.duration):.3f} s", f"{float(found.sound.duration):.3f} s")
    if found.frames is not None:
        checks.add("audio_offset", abs(found.sound.start) <= frame, "0 s", f"{float(found.sound.start):.3f} s")


def check_cuts(plan: RenderPlan, found: Facts, checks: Checks) -> Fraction:
    """Look at every join of segments; returns seconds by which the sound is late at the worst."""
    frames, starts = found.frames, cuts(plan)
    if frames is None or not len(starts) or frames.end is not None:
        return Fraction(0)
    place = np.argsort(frames.shown, kind="stable")
    starts = starts[starts < len(place)]
    unready = starts[~frames.keys[place[starts]]]
    planned = starts * float(1 / plan.output.fps)
    late = np.abs(frames.shown[place[starts]] / float(frames.timescale) - planned).max(initial=0.0)
    worst = Fraction(float(late)).limit_denominator(1_000_000)
    if found.sound is not None:
        worst = max(worst, found.sound.worst_gap, abs(found.sound.start))
    passed = not len(unready) and worst <= 1 / plan.output.fps
    where = f"none at frame {int(unready[0])}" if len(unready) else f"{float(worst):.4f} s off"
    checks.add("cuts", passed, "a key frame at each cut, and sound with it", where)
    return worst


def check_loudness(plan: RenderPlan, level: Level, checks: Checks) -> None:
    """Compare with the loudness that was asked for; nothing is asked of silence.

    A mix that would have to be louder than its peaks allow stays below what was asked, and says so by its peak.
    """
    asked = plan.audio.loudness if plan.audio is not None else None
    if asked is None or level.integrated_lufs is None or level.true_peak_dbtp is None:
        return
    off = _LOUDNESS_LU if level.whole else _LOUDNESS_SAMPLED_LU
    held = level.true_peak_dbtp >= asked.peak_dbtp - _AT_PEAK_DB
    loud = level.integrated_lufs <= asked.lufs + off and (level.integrated_lufs >= asked.lufs - off or held)
    wanted = f"{asked.lufs:g} LUFS, {asked.peak_dbtp:g} dBTP at most"
    found = f"{level.integrated_lufs:g} LUFS, {level.true_peak_dbtp:g} dBTP"
    checks.add("loudness", loud and level.true_peak_dbtp <= asked.peak_dbtp + _PEAK_DB, wanted, found)


def cuts(plan: RenderPlan) -> NDArray[np.int64]:
    """The frames at which segments meet."""
    if plan.output.format in _ENCODED_LAST:
        return np.zeros(0, np.int64)
    return np.array([part.start for part in plan.segments[1:]], np.int64)
