"""Highlights: passages of a recording that stand by themselves."""

from typing import Annotated, Final

from fastapi import Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.answers import ListOut
from cutroom.api.asking import Asked, ask
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.production_routes import AREA, Shelf
from cutroom.api.production_view import ProductionOut
from cutroom.api.routes import keyed
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait
from cutroom.highlights.document import HighlightsDocument
from cutroom.kit.schema import is_absent
from cutroom.workflows.find_highlights import FindHighlights

router: Final = keyed("highlights", area=AREA)


class HighlightsRequest(Asked, FindHighlights):
    """In which transcript to look, and for what kind of passages."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"transcript": "trn_01kb0000000000000000000000", "count": 3, "minLength": 20, "maxLength": 60}]
        }
    )


class HighlightsOut(ProductionOut):
    """The passages that were found in one recording, the best first."""

    document: Annotated[
        HighlightsDocument | None, Field(exclude_if=is_absent, description="The passages; left out of lists.")
    ] = None


class HighlightsList(ListOut[HighlightsOut]):
    """One page of highlights."""


@router.post(
    "/highlights",
    operation_id="createHighlights",
    status_code=202,
    responses={**ACCEPTED, **errors(408, 409, 413, 415)},
)
async def create_highlights(
    request: Request,
    services: Services,
    caller: Caller,
    wanted: HighlightsRequest,
    wait: Wait = 0.0,
    key: KeyHeader = None,
) -> Response:
    """Find the passages of a recording that stand by themselves.

    The answer is a job; its `output` names the highlights. None cuts into a word, and no two share half of their time.
    """
    return await ask(services, request, caller, "find_highlights", wanted, key=key, wait_s=wait)


Shelf(
    kind="highlights",
    path="highlights",
    one="Highlights",
    many="Highlights",
    parameter="highlights_id",
    out=HighlightsOut,
    page=HighlightsList,
    filters={"source": "source"},
).add_to(router)
