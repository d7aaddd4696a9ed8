"""Pages: what a browser draws, where one is at hand."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from cutroom.timeline.fields import ClearOrColor, Number, Part
from cutroom.timeline.limits import limits_of, switched_off

_Side = Annotated[int, Number(integer=True, at_least=16, at_most=4096, unit="pixels")]


class HtmlAsset(Part):
    """A picture of a page. It is drawn once, without scripts and without a network."""

    type: Literal["html"]
    html: Annotated[
        str,
        Field(min_length=1, max_length=500_000, description="What stands in the page's body, or a whole page."),
    ]
    css: Annotated[str, Field(max_length=200_000, description="Style sheet of the page.")] = ""
    width: Annotated[
        _Side | None, Field(description="Width of the page in pixels; that of the picture when not given.")
    ] = None
    height: Annotated[
        _Side | None, Field(description="Height of the page in pixels; that of the picture when not given.")
    ] = None
    background: Annotated[
        ClearOrColor,
        Field(description="What lies behind the page: `transparent`, or a colour."),
    ] = "transparent"

    @field_validator("html", mode="after")
    @classmethod
    def _is_allowed(cls, value: str, info: ValidationInfo) -> str:
        limits = limits_of(info)
        if limits is not None and not limits.html:
            raise switched_off("pages of HTML")
        return value

    def sized(self, canvas: tuple[int, int]) -> "HtmlAsset":
        """The same page with both sides said."""
        return self.model_copy(update={"width": self.width or canvas[0], "height": self.height or canvas[1]})
