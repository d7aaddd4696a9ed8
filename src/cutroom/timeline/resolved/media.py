"""The smallest parts of a resolved edit: colours and media."""

from dataclasses import dataclass

from cutroom.media.info import MediaInfo


@dataclass(frozen=True, slots=True)
class Color:
    """An sRGB colour: `red`, `green`, `blue` 0 to 255, `alpha` 0 (nothing) to 1 (opaque)."""

    red: int
    green: int
    blue: int
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Media:
    """A source whose bytes are at hand: the SHA-256 (hex) of the file, and what the probe found in it."""

    sha256: str
    info: MediaInfo
