"""The artists of pictures without a file, by subject."""

from fractions import Fraction
from pathlib import Path

from cutroom.render.artist import Artist
from cutroom.render.drawing import GradientArtist, ShapeArtist, WaveformArtist
from cutroom.render.paint.silence import keep_silent
from cutroom.render.painting import GradientSubject, ShapeSubject, WaveformSubject


def drawn(
    subject: ShapeSubject | GradientSubject | WaveformSubject, path: Path | None, size: tuple[int, int], fps: Fraction
) -> Artist:
    """The artist of a drawing at a size; `path` is the waveform's source."""
    width, height = size
    if isinstance(subject, ShapeSubject):
        return ShapeArtist(subject.shape, width, height)
    if isinstance(subject, GradientSubject):
        return GradientArtist(subject.gradient, width, height)
    if path is None:
        raise ValueError("a waveform has a source")
    keep_silent()
    return WaveformArtist(subject.waveform, path=path, width=width, height=height, fps=fps)
