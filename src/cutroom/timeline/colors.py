"""Colours as written in the document."""

from cutroom.timeline.resolved import Color


def read_color(text: str, opacity: float = 1.0) -> Color:
    """A checked colour (#rgb, #rgba, #rrggbb or #rrggbbaa) as numbers; `opacity` multiplies its alpha."""
    digits = text.removeprefix("#")
    if len(digits) <= 4:
        digits = "".join(2 * digit for digit in digits)
    red, green, blue, *rest = bytes.fromhex(digits)
    return Color(red, green, blue, (rest[0] / 255 if rest else 1.0) * opacity)


def is_light(color: Color) -> bool:
    """Whether a dark shadow sets the colour off: its luma (ITU-R BT.709 section 3.2) is above the middle."""
    return 0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue > 127.5
