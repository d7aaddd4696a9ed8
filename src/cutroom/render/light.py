"""Pictures with more light than a screen of ours shows (HDR), as they are to be seen on it.

What lies above the white of paper is squeezed into what is left above half of it, up to the thousand nits that films
are made for; all below stays as bright as it was. FFmpeg looks it up in a table; the painter works the formula out.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from cutroom.media.info import Light

Signal = NDArray[np.float32]

_PAPER_NITS: Final = 203  # ITU-R BT.2408, 2.1
_PEAK_NITS: Final = 1000
_KNEE: Final = 0.5
_GAMMA: Final = 2.4  # ITU-R BT.1886
_SIDE: Final = 33
"""Steps of the table in each direction; what lies between is off by less than a level of eight bits on average."""
_LUMA: Final = np.array([0.2627, 0.6780, 0.0593], np.float32)  # ITU-R BT.2020, table 4
_TO_HD: Final = np.array(  # ITU-R BT.2087, 2.2
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)
_PQ_M1, _PQ_M2 = 2610 / 16384, 2523 / 32
_PQ_C1, _PQ_C2, _PQ_C3 = 3424 / 4096, 2413 / 128, 2392 / 128  # ITU-R BT.2100, table 4
_HLG_A, _HLG_B, _HLG_C = 0.17883277, 0.28466892, 0.55991073  # ITU-R BT.2100, table 5
_HLG_GAMMA: Final = 0.2  # of 1.2, at a thousand nits


def shown(signal: Signal, light: Light) -> Signal:
    """Red, green and blue of BT.709, of what are those of BT.2020.

    Args:
        signal: (…, 3), from 0 to 1.
        light: how it stands for light.
    """
    bright = _from_pq(signal) if light == "pq" else _from_hlg(signal)
    colors = np.maximum(bright @ _TO_HD.T, 0)
    most = np.maximum(colors.max(axis=-1, keepdims=True), 1e-9)
    colors = colors * (_squeezed(most) / most)
    return np.asarray(colors ** (1 / _GAMMA), np.float32)


def write_tables(lights: Iterable[Light], folder: Path) -> dict[Light, Path]:
    """Write what FFmpeg's `lut3d` looks up for each kind of light; red changes first."""
    written: dict[Light, Path] = {}
    steps = np.linspace(0, 1, _SIDE, dtype=np.float32)
    sides = np.meshgrid(steps, steps, steps, indexing="ij")
    for light in sorted(set(lights)):
        colors = shown(np.stack(sides[::-1], axis=-1), light).reshape(-1, 3)
        lines = [f"LUT_3D_SIZE {_SIDE}", *(f"{red:.6f} {green:.6f} {blue:.6f}" for red, green, blue in colors.tolist())]
        written[light] = folder / f"{light}.cube"
        written[light].write_text("\n".join(lines) + "\n", "ascii")
    return written


def _from_pq(signal: Signal) -> Signal:
    """Light, where paper is 1."""
    root = np.clip(signal, 0, 1) ** np.float32(1 / _PQ_M2)
    return np.asarray(
        (np.maximum(root - _PQ_C1, 0) / (_PQ_C2 - _PQ_C3 * root)) ** (1 / _PQ_M1) * (10_000 / _PAPER_NITS)
    )


def _from_hlg(signal: Signal) -> Signal:
    """The same, on a screen of a thousand nits."""
    low = signal**2 / 3
    scene = np.where(signal <= 0.5, low, (np.exp((signal - _HLG_C) / _HLG_A) + _HLG_B) / 12)
    bright = np.maximum(scene @ _LUMA, 1e-9)[..., None]
    return np.asarray(scene * bright**_HLG_GAMMA * (_PEAK_NITS / _PAPER_NITS), np.float32)


def _squeezed(light: Signal) -> Signal:
    """Light up to the peak as light up to 1: a hyperbola goes on from the straight line below the knee."""
    peak = _PEAK_NITS / _PAPER_NITS
    a = -(_KNEE**2) * (peak - 1) / (_KNEE**2 - 2 * _KNEE + peak)
    b = (_KNEE**2 - 2 * _KNEE * peak + peak) / (peak - 1)
    bent = (b * b + 2 * b * _KNEE + _KNEE**2) / (b - a) * (light + a) / (light + b)
    return np.where(light <= _KNEE, light, np.minimum(bent, 1))
