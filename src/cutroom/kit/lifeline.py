"""A pipe that nobody writes into, and whose other end is closed when this process ends, by whatever cause.

For children that have children before they can say what is to become of those: bubblewrap ties the life of its inner
half to the outer one's (PR_SET_PDEATHSIG) only once the inner half has put up its walls, some 10 ms after the fork. If
the outer half dies in between, as it does with us, the inner one would run on.
"""

import os
from functools import cache


@cache
def lifeline() -> int:
    """The end that a child may hold; what it does with it is told in `kit/launch.py`, `tie`."""
    held, _ours = os.pipe()  # neither is inherited by a child that is not given it by number
    return held
