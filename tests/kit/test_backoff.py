import random

from hypothesis import given
from hypothesis import strategies as st

from cutroom.kit.backoff import Backoff


@given(st.integers(min_value=0, max_value=10_000), st.integers())
def test_a_delay_is_never_negative_and_never_above_its_ceiling(failures: int, seed: int) -> None:
    backoff = Backoff(base_s=1, factor=2, cap_s=60)
    delay = backoff.delay_s(failures, random.Random(seed))
    assert 0 <= delay <= min(60, 2 ** max(failures - 1, 0) if failures < 64 else 60)


def test_delays_are_spread() -> None:
    rng = random.Random(1)
    delays = [Backoff(base_s=10).delay_s(1, rng) for _ in range(100)]
    assert max(delays) - min(delays) > 8
