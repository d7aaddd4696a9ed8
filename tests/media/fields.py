"""H.264 whose pictures are two fields each, in a packet of its own as cameras write it: no encoder at hand makes such.

Syntax: ITU-T H.264, 7.3.2.1.1, 7.3.2.2 and 7.3.3; every macroblock is I_PCM, of one grey.
"""

from pathlib import Path
from typing import Final

from tests.media.sources import ffmpeg

_PCM: Final = 25
_ROUND: Final = 12  # pictures from one IDR picture to the next


class _Bits:
    def __init__(self) -> None:
        self._text: list[str] = []

    def put(self, value: int, length: int) -> "_Bits":
        self._text.append(f"{value:0{length}b}")
        return self

    def number(self, *values: int) -> "_Bits":
        """Exp-Golomb codes (9.1)."""
        for value in values:
            self.put(value + 1, 2 * (value + 1).bit_length() - 1)
        return self

    def grey(self, level: int) -> "_Bits":
        """A macroblock of 4:2:0."""
        self.number(_PCM)
        done = sum(map(len, self._text))
        return self.put(0, -done % 8).put(int.from_bytes(bytes([level] * 256 + [128] * 128), "big"), 8 * 384)

    def unit(self, header: int) -> bytes:
        text = "".join([*self._text, "1"])
        text += "0" * (-len(text) % 8)
        payload = int(text, 2).to_bytes(len(text) // 8, "big")
        for last in (3, 2, 1, 0):
            payload = payload.replace(bytes([0, 0, last]), bytes([0, 0, 3, last]))
        return bytes([0, 0, 0, 1, header]) + payload


def _sequence() -> bytes:
    """Main profile, 32 by 32 pixels, of which a field has 32 by 16; 50 fields a second."""
    bits = _Bits().put(77, 8).put(0, 8).put(30, 8).number(0, 4, 0, 4, 1).put(0, 1).number(1, 0)
    bits.put(0b0010, 4).put(1, 1)  # no frames only, no mixture, direct_8x8_inference, no cropping; VUI
    bits.put(0, 4).put(1, 1).put(1, 32).put(50, 32).put(1, 1).put(0, 4)
    return bits.unit(0x67)


def _pictures() -> bytes:
    return _Bits().number(0, 0).put(0, 2).number(0, 0, 0).put(0, 3).number(0, 0, 0).put(0b100, 3).unit(0x68)


def _field(picture: int, bottom: int) -> bytes:
    number = picture % _ROUND
    instant = number == 0 and not bottom
    bits = _Bits().number(0, 7, 0).put(number, 8).put(1, 1).put(bottom, 1)
    if instant:
        bits.number(0)
    bits.put(2 * number + bottom, 8).put(0, 2 if instant else 1).number(0, 1)
    for _ in range(2):
        bits.grey(100 + 2 * picture + bottom)
    start = _sequence() + _pictures() if instant else b""
    return _Bits().put(0, 3).unit(9) + start + bits.unit(0x65 if instant else 0x61)


def make_fields(path: Path, pictures: int) -> Path:
    """A film of 25 pictures a second, each a little brighter than the one before."""
    raw = path.with_suffix(".h264")
    raw.write_bytes(b"".join(_field(picture, bottom) for picture in range(pictures) for bottom in (0, 1)))
    ffmpeg("-framerate", "25", "-i", raw, "-c", "copy", path.with_suffix(".ts"))
    if path.suffix != ".ts":
        ffmpeg("-i", path.with_suffix(".ts"), "-c", "copy", path)
    return path
