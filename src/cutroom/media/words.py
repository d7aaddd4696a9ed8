"""The words and colours that options of filters are made of."""

from dataclasses import dataclass
from enum import StrEnum


class Word(StrEnum):
    """Every word that any option accepts. Which option accepts which is in `filters.py`."""

    # pixel formats
    YUV420P = "yuv420p"
    YUV422P = "yuv422p"
    YUV444P = "yuv444p"
    YUVA420P = "yuva420p"
    YUVA444P = "yuva444p"
    YUVA444P10LE = "yuva444p10le"
    YUV420P10LE = "yuv420p10le"
    YUVJ420P = "yuvj420p"
    NV12 = "nv12"
    GRAY = "gray"
    RGB24 = "rgb24"
    RGBA = "rgba"
    GBRP = "gbrp"
    GBRAP = "gbrap"
    PAL8 = "pal8"
    # scaling
    FAST_BILINEAR = "fast_bilinear"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    LANCZOS = "lanczos"
    AREA = "area"
    NEIGHBOR = "neighbor"
    ACCURATE_RND = "accurate_rnd"
    FULL_CHROMA_INT = "full_chroma_int"
    FULL_CHROMA_INP = "full_chroma_inp"
    BITEXACT = "bitexact"
    INCREASE = "increase"
    DECREASE = "decrease"
    DISABLE = "disable"
    INIT = "init"
    FRAME = "frame"
    ONCE = "once"
    # colour
    TV = "tv"
    PC = "pc"
    LIMITED = "limited"
    FULL = "full"
    AUTO = "auto"
    BT709 = "bt709"
    BT601 = "bt601"
    BT470BG = "bt470bg"
    SMPTE170M = "smpte170m"
    BT2020 = "bt2020"
    BT2020NC = "bt2020nc"
    IEC61966_2_1 = "iec61966-2-1"
    # overlay, blend
    STRAIGHT = "straight"
    PREMULTIPLIED = "premultiplied"
    YUV420 = "yuv420"
    YUV444 = "yuv444"
    RGB = "rgb"
    NORMAL = "normal"
    MULTIPLY = "multiply"
    SCREEN = "screen"
    OVERLAY = "overlay"
    DARKEN = "darken"
    LIGHTEN = "lighten"
    ADDITION = "addition"
    DIFFERENCE = "difference"
    SOFTLIGHT = "softlight"
    HARDLIGHT = "hardlight"
    DODGE = "dodge"
    BURN = "burn"
    REPEAT = "repeat"
    ENDALL = "endall"
    # time
    UP = "up"
    DOWN = "down"
    NEAR = "near"
    ROUND = "round"
    ZERO = "zero"
    INF = "inf"
    ADD = "add"
    CLONE = "clone"
    IN = "in"
    OUT = "out"
    # fade curves
    TRI = "tri"
    QSIN = "qsin"
    HSIN = "hsin"
    ESIN = "esin"
    LOG = "log"
    EXP = "exp"
    NOFADE = "nofade"
    # sound
    FLTP = "fltp"
    FLT = "flt"
    S16 = "s16"
    S16P = "s16p"
    MONO = "mono"
    STEREO = "stereo"
    LONGEST = "longest"
    SHORTEST = "shortest"
    FIRST = "first"
    FIXED = "fixed"
    FLOAT = "float"
    DOUBLE = "double"
    # transpose
    CLOCK = "clock"
    CCLOCK = "cclock"


@dataclass(frozen=True, slots=True)
class Color:
    """A colour with opacity; each part is 0 to 255."""

    red: int
    green: int
    blue: int
    alpha: int = 255

    def __post_init__(self) -> None:
        if not all(0 <= part <= 255 for part in (self.red, self.green, self.blue, self.alpha)):
            raise ValueError("the parts of a colour are 0 to 255")

    def __str__(self) -> str:
        return f"0x{self.red:02x}{self.green:02x}{self.blue:02x}{self.alpha:02x}"
