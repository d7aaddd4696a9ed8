"""Who makes the frames of one asset, before anything is done to them."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""A picture: (height, width, 4) unsigned bytes, red, green, blue, alpha, with the colours multiplied by alpha."""


class Artist(Protocol):
    """Draws one asset at the size that it was made for.

    A frame is a pure function of its number: artists may be asked for any frame, in rising order, from any first one.
    """

    @property
    def still(self) -> bool:
        """Whether all frames are the same picture."""
        ...

    def frame(self, number: int) -> Pixels:
        """The picture of a clip's frame, counted from the clip's own first frame; the caller does not write to it."""
        ...

    def close(self) -> None:
        """Let go of files."""
        ...
