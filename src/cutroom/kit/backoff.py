"""How long to wait before trying again."""

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter: uniform in [0, min(cap, base x factor^n)].

    Full jitter spreads a herd best (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015).
    """

    base_s: float = 1.0
    factor: float = 2.0
    cap_s: float = 300.0

    def delay_s(self, failures: int, rng: random.Random | None = None) -> float:
        """Seconds to wait after the `failures`-th failure (1 for the first)."""
        ceiling = min(self.cap_s, self.base_s * self.factor ** min(max(failures - 1, 0), 64))
        return (rng or _RNG).uniform(0.0, ceiling)


_RNG = random.Random()  # noqa: S311 — spreads load; guards nothing
