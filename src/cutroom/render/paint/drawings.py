"""The artists of pictures without a file, by subject."""

from fractions import Fraction
from pathlib import Path

from cutroom.render.artist import Artist
from cutroom.render.drawing import GradientArtist, ShapeArtist, WaveformArtist
from cutroom.render.paint.silence import keep_silent
from cutroom.render.painting import GradientSubject, ShapeSubject, WaveformSubject
from cutroom.render.scaling import scale as scaled


def drawn(
    subject: ShapeSubject | GradientSubject | WaveformSubject,
    path: Path | None,
    size: tuple[int, int],
    fps: Fraction,
    scale: float,
) -> Artist:
    """The artist of a drawing at a size, which is the drawing's own times `scale`; `path` is the waveform's source."""
    width, height = size
    if isinstance(subject, ShapeSubject):
        return ShapeArtist(scaled(subject.shape, Fraction(scale)), width, height)
    if isinstance(subject, GradientSubject):
        return GradientArtist(subject.gradient, width, height)
    if path is None:
        raise ValueError("a waveform has a source")
    keep_silent()
    return WaveformArtist(subject.waveform, path=path, width=width, height=height, fps=fps)
