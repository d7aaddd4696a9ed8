"""Figures that are drawn: rectangles, ellipses, lines, polygons, stars and paths."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from cutroom.timeline.agreement import Agreed, Agreement, both, equals, given, only, when
from cutroom.timeline.assets.path import MAX_LENGTH, PATTERN, problem_of
from cutroom.timeline.colors import read_color
from cutroom.timeline.fields import ColorText, Number, Part, wrong
from cutroom.timeline.paint import PAINT, PaintValue, paint_of
from cutroom.timeline.resolved import Shape, ShapeForm

_WHITE: Final = "#ffffff"
_LINE_PX: Final = 3
_SHARE: Final = Fraction(1, 3)
"""Side of a shape without `size`, as a share of the picture's shorter side."""
_POINTS: Final = {"polygon": 6, "star": 5}
_ONLY_FOR: Final = {
    "radius": ("rectangle",),
    "points": ("polygon", "star"),
    "path": ("path",),
    "view_box": ("path",),
}
_PATH: Final = Agreed({"pattern": PATTERN, "maxLength": MAX_LENGTH})
_ONE_COLOR: Final = "A line has one colour: give 'fill', or 'stroke' with its width, not both."
_Side = Annotated[float, Number(more_than=0, at_most=100_000)]


def _only_for(name: str) -> str:
    return f"it is for {' and '.join(_ONLY_FOR[name])}"


class ShapeStroke(Part):
    """The outline of a shape; it lies inside of it."""

    color: Annotated[ColorText, Field(description="Colour of the outline.")] = _WHITE
    width: Annotated[
        Annotated[float, Number(more_than=0, at_most=1000, unit="pixels")],
        Field(description="Thickness of the outline in pixels."),
    ] = 4.0


class ShapeAsset(Part):
    """A figure that fills the clip's box.

    Without `size` the box is a square whose side is a third of the picture's shorter side (a path keeps the proportions
    of its `viewBox`); a line is 3 pixels high, or as thick as its stroke. One side alone gives the other.
    """

    type: Literal["shape"]
    form: Annotated[ShapeForm, Field(description="What is drawn. A line runs from left to right; turn it by rotation.")]
    fill: Annotated[
        Annotated[PaintValue, PAINT] | None,
        Field(description="A colour or a gradient; white when neither `fill` nor `stroke` is given, else none."),
    ] = None
    stroke: Annotated[
        ShapeStroke | None, Field(description="An outline; none when not given. A line takes its colour and width.")
    ] = None
    radius: Annotated[
        Annotated[float, Number(at_least=0, at_most=4096, unit="pixels")],
        Field(description="Radius of a rectangle's corners in pixels."),
    ] = 0.0
    points: Annotated[
        Annotated[int, Number(integer=True, at_least=3, at_most=100)] | None,
        Field(description="Corners of a polygon (6 when not given), or points of a star (5)."),
    ] = None
    path: Annotated[
        Annotated[str, _PATH] | None,
        Field(description="SVG path data, for the form `path`: commands and numbers only."),
    ] = None
    view_box: Annotated[
        Annotated[tuple[_Side, _Side], Field(strict=False)] | None,
        Field(description="Width and height in which the path is drawn; it is stretched over the box. [100, 100]."),
    ] = None

    @classmethod
    def agreements(cls) -> Sequence[Agreement]:
        """What each form has."""
        forms = get_args(ShapeForm)
        without = {name: [form for form in forms if form not in having] for name, having in _ONLY_FOR.items()}
        fields = {name: cls.model_fields[name] for name in without}
        alone = {
            name: {field.alias or name: only(field.default, f"{_only_for(name)[0].upper()}{_only_for(name)[1:]}.")}
            for name, field in fields.items()
        }
        return [
            *(when(equals("form", without[name]), alone[name]) for name in without),
            when(equals("form", ["path"]), **given("path")),
            when(both(equals("form", ["line"]), given("fill")), {"stroke": only(None, _ONE_COLOR)}),
        ]

    @model_validator(mode="after")
    def _agree(self) -> Self:
        problems = []
        for name, forms in _ONLY_FOR.items():
            field = type(self).model_fields[name]
            if self.form not in forms and getattr(self, name) != field.default:
                alias = field.alias or name
                sentence = f"'{alias}' has no effect on the form '{self.form}'; {_only_for(name)}."
                problems.append((alias, "not_applicable", sentence))
        if self.form == "path" and self.path is None:
            problems.append(("path", "missing_field", "The form 'path' needs a 'path': SVG path data."))
        elif self.path is not None and (found := problem_of(self.path)) is not None:
            problems.append(("path", "bad_path", f"{found}."))
        if self.form == "line" and self.fill is not None and self.stroke is not None:
            problems.append(("stroke", "conflicting_fields", _ONE_COLOR))
        if problems:
            raise wrong(problems)
        return self

    def box(self, width: int | None, height: int | None, canvas: tuple[int, int]) -> tuple[int, int]:
        """The box in pixels, from the sides that the clip gives."""
        side = max(1, round(min(canvas) * _SHARE))
        if self.form == "line":
            thick = self.stroke.width if self.stroke is not None else _LINE_PX
            return width or side, height or max(1, round(thick))
        across, down = self._view() if self.form == "path" else (1.0, 1.0)
        if width is None and height is None:
            width, height = (side, None) if across >= down else (None, side)
        if width is None:
            width = max(1, round((height or side) * across / down))
        return width, height or max(1, round(width * down / across))

    def resolved(self) -> Shape:
        """The shape with every default decided."""
        fill, stroke = self.fill, self.stroke
        if self.form == "line" and stroke is not None:
            fill, stroke = stroke.color, None
        if fill is None and stroke is None:
            fill = _WHITE
        return Shape(
            form=self.form,
            fill=None if fill is None else paint_of(fill),
            stroke=None if stroke is None else read_color(stroke.color),
            stroke_px=0.0 if stroke is None else stroke.width,
            radius_px=self.radius,
            points=self.points or _POINTS.get(self.form, 0),
            path=self.path,
            view=self._view() if self.form == "path" else None,
        )

    def _view(self) -> tuple[float, float]:
        return self.view_box or (100.0, 100.0)
