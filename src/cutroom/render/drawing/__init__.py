"""Pictures without a file: shapes, gradients, and sound made visible."""

from cutroom.render.drawing.gradient import GradientArtist
from cutroom.render.drawing.shape import ShapeArtist
from cutroom.render.drawing.waveform import WaveformArtist

__all__ = ["GradientArtist", "ShapeArtist", "WaveformArtist"]
