"""SVG path data, checked: commands and numbers, and nothing else (SVG 2, section 9.3)."""

import re
from itertools import count
from typing import Final

MAX_LENGTH: Final = 20_000
"""Characters; a traced logo has some thousands."""
PATTERN: Final = r"^[ \t\r\n]*[Mm][MmLlHhVvCcSsQqTtAaZz0-9eE.,+\- \t\r\n]*$"
"""What every path keeps to, for the published schema."""
_LARGEST: Final = 1e6
_NUMBERS: Final = {"M": 2, "L": 2, "T": 2, "H": 1, "V": 1, "C": 6, "S": 4, "Q": 4, "A": 7, "Z": 0}
"""How many numbers each command takes, again and again."""
_COMMAND: Final = re.compile(r"[ \t\r\n]*([MmLlHhVvCcSsQqTtAaZz])")
_NUMBER: Final = re.compile(r"[ \t\r\n]*,?[ \t\r\n]*([+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?)")
_FLAG: Final = re.compile(r"[ \t\r\n]*,?[ \t\r\n]*([01])")
_END: Final = re.compile(r"[ \t\r\n]*\Z")


def problem_of(path: str) -> str | None:
    """What is wrong with path data, as the beginning of a sentence; None when nothing is."""
    if len(path) > MAX_LENGTH:
        return f"The path has {len(path)} characters; at most {MAX_LENGTH} are accepted"
    place, first = 0, True
    while _END.match(path, place) is None:
        found = _COMMAND.match(path, place)
        if found is None:
            return (
                f"The path cannot be read at character {place + 1}; it holds commands (M L H V C S Q T A Z) and numbers"
            )
        command = found[1].upper()
        if first and command != "M":
            return "The path does not begin with M, which says where to start"
        first = False
        end = _arguments(path, found.end(), command)
        if isinstance(end, str):
            return end
        place = end
    return "The path is empty; begin with M" if first else None


def _arguments(path: str, place: int, command: str) -> int | str:
    """Where the numbers after a command end, or what is wrong with them."""
    wanted = _NUMBERS[command]
    if wanted == 0:
        return place
    for index in count():
        within = index % wanted
        kind = _FLAG if command == "A" and within in {3, 4} else _NUMBER
        found = kind.match(path, place)
        if found is None:
            if within == 0 and index > 0:
                return place
            return f"The command {command} at character {place} takes {wanted} numbers at a time; here are {within}"
        if abs(float(found[1])) > _LARGEST:
            return f"A number of the path at character {place + 1} is larger than a million; draw it smaller"
        place = found.end()
    raise AssertionError  # count() never ends
