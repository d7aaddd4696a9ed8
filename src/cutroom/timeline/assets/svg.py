"""Drawings that stand in the document."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from cutroom.media.svg import WRONG_SVG, SvgError, read_svg
from cutroom.timeline.fields import Part


def _drawable(markup: str) -> str:
    try:
        read_svg(markup.encode())
    except SvgError as error:
        raise PydanticCustomError("bad_svg", "{sentence}", {"sentence": WRONG_SVG[error.code]}) from None
    return markup


class SvgAsset(Part):
    """A drawing in SVG, sharp at any size. One that lies in a file is an `image`.

    It is drawn once, without scripts, movement and other files; its letters in the bundled fonts, Inter where it asks
    for none of them. What it says of its size gives its proportions only: with `fit` `none` it has 2,048 pixels on its
    longer side, so say how large it is by `size`.
    """

    type: Literal["svg"]
    svg: Annotated[
        str,
        Field(
            min_length=1,
            max_length=500_000,
            description="The markup, from `<svg xmlns=…>` to `</svg>`, with a `viewBox`, or a `width` and `height`.",
        ),
        AfterValidator(_drawable),
    ]
