"""Sony Wave64: a WAV without its limit of 4 GB, whose length stands at its beginning, so that it can be piped."""

import struct
from typing import Final

from cutroom.render.encoders import SAMPLE_RATE

_RIFF: Final = bytes.fromhex("726966662e91cf11a5d628db04c10000")
_WAVE: Final = bytes.fromhex("77617665f3acd3118cd100c04f8edb8a")
_FMT: Final = bytes.fromhex("666d7420f3acd3118cd100c04f8edb8a")
_DATA: Final = bytes.fromhex("64617461f3acd3118cd100c04f8edb8a")
_FLOAT: Final = 3
_CHANNELS: Final = 2
_SAMPLE_BYTES: Final = 4


def header(samples: int) -> bytes:
    """What comes before `samples` of 32-bit floating point stereo at 48 kHz."""
    frame = _CHANNELS * _SAMPLE_BYTES
    facts = struct.pack("<HHIIHH", _FLOAT, _CHANNELS, SAMPLE_RATE, SAMPLE_RATE * frame, frame, 8 * _SAMPLE_BYTES)
    described = _FMT + struct.pack("<Q", 24 + 16) + facts
    data = _DATA + struct.pack("<Q", 24 + samples * frame)
    size = len(_RIFF) + 8 + len(_WAVE) + len(described) + len(data) + samples * frame
    return _RIFF + struct.pack("<Q", size) + _WAVE + described + data
