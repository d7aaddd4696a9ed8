"""The frames of an animated WebP, from its chunks (WebP Container Specification, "Animation")."""

from pathlib import Path
from typing import Final

_HEADER: Final = 12
_FRAME_HEADER: Final = 16


def webp_times(path: Path) -> list[int]:
    """When each frame is shown, in milliseconds, and last the time at which the film ends.

    Raises:
        ValueError: when it is no WebP, or cut off.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER)
        if head[:4] != b"RIFF" or head[8:] != b"WEBP":
            raise ValueError("this is no WebP")
        times: list[int] = [0]
        while len(chunk := file.read(8)) == 8:
            size = int.from_bytes(chunk[4:], "little")
            taken = 0
            if chunk[:4] == b"ANMF":
                frame = file.read(_FRAME_HEADER)
                if len(frame) < _FRAME_HEADER:
                    raise ValueError("a frame is cut off")
                taken = _FRAME_HEADER
                times.append(times[-1] + int.from_bytes(frame[12:15], "little"))
            file.seek(size + size % 2 - taken, 1)
    return times
