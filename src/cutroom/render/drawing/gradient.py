"""Gradients: painted once."""

import numpy as np

from cutroom.render.artist import Pixels
from cutroom.render.drawing.paints import covered, fill
from cutroom.timeline.resolved import Gradient


class GradientArtist:
    """Paints a gradient over a box of `width` by `height` pixels."""

    def __init__(self, gradient: Gradient, width: int, height: int) -> None:
        self.size = (width, height)
        self._picture = covered(fill(gradient, width, height), np.ones((height, width), np.float32))

    @property
    def still(self) -> bool:
        """Always."""
        return True

    def frame(self, number: int) -> Pixels:
        """The one picture."""
        return self._picture

    def close(self) -> None:
        """Nothing is open."""
