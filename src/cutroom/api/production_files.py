"""Productions that can be read as caption files, each format at an address that ends as its files do."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Request, Response

from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.production_view import VersionQuery, as_file
from cutroom.productions import Written
from cutroom.speech.formats import CONTENT_TYPES, SubtitleFormat

_MEANING: Final[Mapping[SubtitleFormat, str]] = {
    "srt": "as SubRip",
    "vtt": "as WebVTT",
    "ass": "as Advanced SubStation Alpha",
    "txt": "as plain text",
    "json": "as its document alone, with the times of all words",
}


def add_files(
    router: APIRouter, kind: str, where: str, makers: Mapping[SubtitleFormat, Callable[[Written], str]]
) -> None:
    """Add a route for each format.

    Args:
        router: of the kind; before the routes whose paths are wider.
        kind: of the productions.
        where: the path of one of them, with its parameter.
        makers: give the file of a version, by format; called in a thread.
    """
    for name, make in makers.items():
        _add(router, kind, where, name, make)


def _add(router: APIRouter, kind: str, where: str, name: SubtitleFormat, make: Callable[[Written], str]) -> None:
    parameter = where[where.index("{") + 1 : -1]

    async def read_file(
        request: Request,
        services: Services,
        caller: Caller,
        production_id: Annotated[str, Path(alias=parameter)],
        version: VersionQuery = None,
    ) -> Response:
        async with services.database.begin() as session:
            written = await services.productions.read(session, caller.workspace_id, kind, production_id, version)
        return await as_file(request, written, make, extension=name, content_type=CONTENT_TYPES[name])

    content: dict[str, Any] = {CONTENT_TYPES[name]: {"schema": {"type": "string"}}}
    router.add_api_route(
        f"{where}.{name}",
        read_file,
        methods=["GET"],
        operation_id=f"get{kind.capitalize()}{name.capitalize()}",
        summary=f"Get {kind.capitalize()} as {name.upper()}",
        response_class=Response,
        description=f"The {kind} as a file: {_MEANING[name]}.",
        responses={
            200: {"description": "The file.", "content": content},
            304: {"description": "Not changed."},
            **errors(404),
        },
    )
