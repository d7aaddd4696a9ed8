"""How much of something within how long."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """So many within a window of so many seconds."""

    amount: int
    window_s: int
