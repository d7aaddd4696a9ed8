"""Two channels become one, and nobody on them is lost."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from cutroom.speech.pcm import mix

SAID = (np.sin(np.arange(16_000) / 7) * 9_000).astype("<i2")
NOISE = np.random.default_rng(3).integers(-300, 300, 16_000).astype("<i2")


def mixed(folder: Path, left: NDArray[np.int16], right: NDArray[np.int16]) -> NDArray[np.int16]:
    (folder / "two").write_bytes(np.stack([left, right], axis=1).astype("<i2").tobytes())
    mix(folder / "two", folder / "one")
    return np.frombuffer((folder / "one").read_bytes(), "<i2")


@pytest.mark.parametrize("other", [SAID, np.zeros_like(SAID), NOISE, SAID // 2])
def test_two_channels_are_mixed(tmp_path: Path, other: NDArray[np.int16]) -> None:
    mean = (SAID.astype(int) + other) // 2
    assert np.array_equal(mixed(tmp_path, SAID, other), mean)


def test_of_two_that_cancel_each_other_out_the_louder_is_heard(tmp_path: Path) -> None:
    quieter = (-SAID * 0.9).astype("<i2") + NOISE // 10
    assert np.array_equal(mixed(tmp_path, quieter, SAID), SAID)
    assert np.array_equal(mixed(tmp_path, SAID, quieter), SAID)


def test_silence_and_nothing_stay_what_they_are(tmp_path: Path) -> None:
    nothing = np.zeros(0, "<i2")
    assert len(mixed(tmp_path, nothing, nothing)) == 0
    assert not mixed(tmp_path, NOISE * 0, NOISE * 0).any()
