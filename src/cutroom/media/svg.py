"""What an SVG says before it is drawn: how large it is, and whether it asks for other files.

Read by expat, which fetches nothing and ends what expands without bound; drawn by `develop_child.py`.
"""

import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

SHARP_PX: Final = 2048
"""Longer side of what is drawn, at least: a drawing has no pixels, and this many fill most pictures."""
LONGEST_PX: Final = 4096
_NAMESPACE: Final = "http://www.w3.org/2000/svg"
_LINK: Final = "http://www.w3.org/1999/xlink"
_LENGTH: Final = re.compile(
    r"\s*\+?([0-9]+\.?[0-9]*(?:[eE][+-]?[0-9]{1,2})?|\.[0-9]+)\s*(px|pt|pc|mm|cm|in|em|ex|%)?\s*"
)
_LENGTH_SIGNS: Final = 64
"""More than any length needs: an expression takes time that grows with the square of what it does not find."""
_UNITS: Final = {
    "px": 1, "pt": 96 / 72, "pc": 16, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96, "em": 16, "ex": 8,
}  # fmt: skip
"""Pixels in each unit (CSS Values 4, section 6); letters are 16 pixels high unless somebody says otherwise."""
_LARGEST: Final = 1e7
_NOT_DRAWN: Final = frozenset({"a", "script"})
"""What leads elsewhere and is no part of the picture."""
WRONG_SVG: Final = {
    "unreadable": "This is no well-formed XML; close every element, quote every attribute, write &amp; for &.",
    "no_root": f'An SVG begins with <svg xmlns="{_NAMESPACE}" …>; this does not.',
    "elsewhere": "The SVG shows another file, and none is fetched for it; embed it as data:…, or take a PNG.",
    "no_size": "The SVG does not say how large it is; give it a 'viewBox', or a 'width' and 'height'.",
}
"""What is wrong with one that is not drawn, in a sentence."""


class SvgError(Exception):
    """What is wrong with an SVG: `code` is unreadable, no_root, elsewhere or no_size."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Svg:
    """A drawing as text, and its own width and height in pixels, which are all above 0."""

    text: str
    width: float
    height: float

    @property
    def drawn(self) -> tuple[int | None, int | None]:
        """The longer side of the picture that is made of it, as width or height; the other one follows."""
        side = round(min(max(self.width, self.height, SHARP_PX), LONGEST_PX))
        return (side, None) if self.width >= self.height else (None, side)


def read_svg(data: bytes) -> Svg:
    """Read a drawing.

    Raises:
        SvgError: `unreadable` when it is no XML, `no_root` when it is XML of another kind, `elsewhere` when it shows
            other files, `no_size` when nothing says how large it is.
    """
    seen = _Seen()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = seen.element
    parser.EntityDeclHandler = seen.entity
    parser.XmlDeclHandler = seen.declared
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise SvgError("unreadable", f"it is no XML: {error}") from error
    width, height = _size(seen.root)
    try:
        text = data.decode("utf-8-sig" if seen.encoding is None else seen.encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise SvgError("unreadable", f"its letters cannot be read: {error}") from error
    return Svg(text.removeprefix("\ufeff"), width, height)


@dataclass(slots=True)
class _Seen:
    """What the parser has come by."""

    root: dict[str, str] = field(default_factory=dict)
    encoding: str | None = None
    begun: bool = False

    def declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.encoding = encoding if encoding is not None and encoding.lower() not in {"utf-8", "utf8"} else None

    def entity(
        self, _name: str, _parameter: bool, value: str | None, _base: str | None, system: str | None, *_rest: object  # noqa: FBT001 — expat's
    ) -> None:  # fmt: skip
        if value is None and system is not None:
            raise SvgError("elsewhere", f"an entity is in {system[:100]}")

    def element(self, name: str, attributes: dict[str, str]) -> None:
        space, _, local = name.rpartition(" ")
        if not self.begun:
            if (space, local) != (_NAMESPACE, "svg"):
                raise SvgError("no_root", f"its first element is {name[:100]}")
            self.begun, self.root = True, attributes
        if space != _NAMESPACE or local in _NOT_DRAWN:
            return
        for link in ("href", f"{_LINK} href"):
            target = attributes.get(link, "").strip()
            if target and not target.startswith("#") and target[:5].lower() != "data:":
                raise SvgError("elsewhere", f"<{local}> shows {target[:100]}")


def _size(root: dict[str, str]) -> tuple[float, float]:
    """Width and height in pixels (SVG 2, sections 8.2 and 8.5): of both, or of one and the view box, or of that."""
    view = _view(root.get("viewBox"))
    width = _length(root.get("width", "100%"), None if view is None else view[0])
    height = _length(root.get("height", "100%"), None if view is None else view[1])
    if view is not None and "width" in root and "height" not in root and width is not None:
        height = width * view[1] / view[0]
    if view is not None and "height" in root and "width" not in root and height is not None:
        width = height * view[0] / view[1]
    if width is None or height is None:
        raise SvgError("no_size", "it has neither width and height nor a view box")
    if not (0 < width <= _LARGEST and 0 < height <= _LARGEST):
        raise SvgError("no_size", f"it would be {width:g} x {height:g}")
    return width, height


def _view(said: str | None) -> tuple[float, float] | None:
    if said is None:
        return None
    try:
        _, _, width, height = (float(part) for part in said.replace(",", " ").split())
    except ValueError:
        return None
    return (width, height) if 0 < width <= _LARGEST and 0 < height <= _LARGEST else None


def _length(said: str, whole: float | None) -> float | None:
    """A length in pixels; a share is one of the view box, and nothing without one."""
    found = _LENGTH.fullmatch(said) if len(said) <= _LENGTH_SIGNS else None
    if found is None:
        return whole
    number = float(found[1])
    if found[2] == "%":
        return None if whole is None else whole * number / 100
    return number * _UNITS[found[2] or "px"]
