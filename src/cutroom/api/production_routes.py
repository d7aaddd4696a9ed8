"""What can be done with every kind of production: listed, read, made anew, deleted. Said once for all of them.

A kind's own module says what its documents are, and adds what only it has: the request that makes one, its edits.
"""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response

from cutroom.api.answers import DEFAULT, ETAG, NEXT_LINK, Cursor, Limit, ListOut, Paging
from cutroom.api.asking import ask_again
from cutroom.api.auth import Caller
from cutroom.api.callbacks import HEADER as CALLBACK_HEADER
from cutroom.api.callbacks import CallbackHeader
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.production_view import (
    ProductionOut,
    VersionList,
    VersionQuery,
    production_facts,
    version_view,
    whole,
)
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait
from cutroom.kit.errors import Conflict
from cutroom.workflows.remaking import remake_of

AREA: Final = "content"


@dataclass(frozen=True, slots=True)
class Shelf:
    """One kind of productions at the door.

    Args:
        kind: as records call it.
        path: where the list is: `transcripts`.
        one: what one of them is called in names of operations: `Transcript`.
        many: and several.
        parameter: what the id is called in paths.
        out: one of them on the wire, its document included.
        page: a page of them.
        filters: names of query parameters of the list, with what they ask of the plain values in a document.
        made_from: the kind of what the list can be asked for what was made from it; None where there is no such thing.
    """

    kind: str
    path: str
    one: str
    many: str
    parameter: str
    out: type[ProductionOut]
    page: type[ListOut[Any]]
    filters: Mapping[str, str] = field(default_factory=dict)
    made_from: str | None = "transcript"

    def add_to(self, router: APIRouter) -> None:
        """Put the routes that all kinds share on a router; after those of the kind's own whose paths are narrower."""
        self._add_list(router)
        self._add_get(router)
        self._add_versions(router)
        self._add_remake(router)
        self._add_delete(router)

    @property
    def _where(self) -> str:
        return f"/{self.path}/{{{self.parameter}}}"

    @property
    def _words(self) -> str:
        """What one of them is called in sentences."""
        return f"a {self.one.lower()}" if self.one != self.many else self.one.lower()

    def _add_list(self, router: APIRouter) -> None:
        name = f"{self.kind}s"

        async def list_productions(
            request: Request, services: Services, caller: Caller, limit: Limit, cursor: Cursor, **filters: str | None
        ) -> Response:
            given = {key: value for key, value in filters.items() if value is not None}
            paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, name)
            async with services.database.begin() as session:
                page = await services.productions.page(
                    session,
                    caller.workspace_id,
                    self.kind,
                    made_from=given.get(self.made_from or ""),
                    facts={self.filters[key]: value for key, value in given.items() if key in self.filters},
                    limit=limit,
                    before=paging.start,
                )
            items = [self.out.model_construct(**production_facts(one)) for one in page.items]
            return paging.answer(self.page, items, page.next_cursor, filters)

        _take(list_productions, [*self.filters, *([self.made_from] if self.made_from else [])])
        router.add_api_route(
            f"/{self.path}",
            list_productions,
            methods=["GET"],
            operation_id=f"list{self.many}",
            summary=f"List {self.many}",
            description=f"{self.many} of the workspace, newest first, without their documents.",
            responses={200: {"model": self.page, "headers": NEXT_LINK}},
        )

    def _add_get(self, router: APIRouter) -> None:
        async def get_production(
            request: Request,
            services: Services,
            caller: Caller,
            production_id: Annotated[str, Path(alias=self.parameter)],
            version: VersionQuery = None,
        ) -> Response:
            async with services.database.begin() as session:
                production = await services.productions.get(session, caller.workspace_id, self.kind, production_id)
                written = await services.productions.read(
                    session, caller.workspace_id, self.kind, production_id, version
                )
            return whole(request, production, written)

        router.add_api_route(
            self._where,
            get_production,
            methods=["GET"],
            operation_id=f"get{self.one}",
            summary=f"Get {self.one}",
            description=f"What is known of {self._words}, and its document, as it is now or as it was.",
            responses={
                200: {"model": self.out, "headers": ETAG},
                304: {"description": "Not changed."},
                **errors(404),
            },
        )

    def _add_versions(self, router: APIRouter) -> None:
        name = f"{self.kind}.versions"

        async def list_versions(
            request: Request,
            services: Services,
            caller: Caller,
            production_id: Annotated[str, Path(alias=self.parameter)],
            limit: Limit = DEFAULT,
            cursor: Cursor = None,
        ) -> Response:
            paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, name, production_id)
            async with services.database.begin() as session:
                await services.productions.get(session, caller.workspace_id, self.kind, production_id)
                page = await services.productions.versions(
                    session,
                    caller.workspace_id,
                    self.kind,
                    production_id,
                    limit=limit,
                    before=paging.number,
                )
            return paging.answer(VersionList, [version_view(one) for one in page.items], page.next_cursor)

        router.add_api_route(
            f"{self._where}/versions",
            list_versions,
            methods=["GET"],
            operation_id=f"list{self.one}Versions",
            summary=f"List {self.one} Versions",
            description=f"The versions of {self._words}, newest first; `?version=` reads one of them.",
            responses={200: {"model": VersionList, "headers": NEXT_LINK}, **errors(404)},
        )

    def _add_remake(self, router: APIRouter) -> None:
        async def remake(
            request: Request,
            services: Services,
            caller: Caller,
            production_id: Annotated[str, Path(alias=self.parameter)],
            wait: Wait = 0.0,
            key: KeyHeader = None,
            callback: CallbackHeader = None,
        ) -> Response:
            async with services.database.begin() as session:
                production = await services.productions.get(session, caller.workspace_id, self.kind, production_id)
            if production.recipe is None:
                raise Conflict("never_made", "No job has made this, so none can make it anew.")
            workflow, given = remake_of(self.kind, production_id, production.recipe.type, production.recipe.input)
            return await ask_again(
                services,
                request,
                caller,
                workflow,
                given,
                route=f"{self.path}.remake",
                keys=(key, None),
                callback=callback,
                wait_s=wait,
                pointer=f"{CALLBACK_HEADER}:",
                told=True,
            )

        router.add_api_route(
            f"{self._where}/remake",
            remake,
            methods=["POST"],
            operation_id=f"remake{self.one}",
            summary=f"Remake {self.one}",
            status_code=202,
            description=f"Make {self._words} anew, as it was asked for last, from the latest versions of what it was "
            "made from. The result is its next version; edits by people stay in those before it.",
            responses={**ACCEPTED, **errors(404, 409)},
        )

    def _add_delete(self, router: APIRouter) -> None:
        async def delete(
            services: Services, caller: Caller, production_id: Annotated[str, Path(alias=self.parameter)]
        ) -> Response:
            async with services.database.begin() as session:
                await services.productions.delete(session, caller.workspace_id, self.kind, production_id)
            return Response(status_code=204)

        router.add_api_route(
            self._where,
            delete,
            methods=["DELETE"],
            operation_id=f"delete{self.one}",
            summary=f"Delete {self.one}",
            status_code=204,
            response_class=Response,
            description=f"Delete {self._words} with all its versions, for good. What was made from it stays.",
            responses={204: {"description": "It is gone."}, **errors(404)},
        )


_MEANING: Final = {
    "transcript": "Only what was made from the transcript of this id, directly or by way of others.",
    "source": "Only those of this recording: `asset:<id>` or its URL.",
    "kind": "Only those for this platform: `blog`, `linkedin`, `twitter` or `instagram`.",
}


def _take(handler: Callable[..., Any], names: list[str]) -> None:
    """Let a handler take these query parameters, for FastAPI reads signatures: they arrive as keywords."""
    signature = inspect.signature(handler)
    fixed = [one for one in signature.parameters.values() if one.kind is not inspect.Parameter.VAR_KEYWORD]
    defaults = {"limit": DEFAULT, "cursor": None}
    fixed = [one.replace(default=defaults[one.name]) if one.name in defaults else one for one in fixed]
    more = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[str | None, Query(max_length=4096, description=_MEANING[name])],
        )
        for name in names
    ]
    handler.__signature__ = signature.replace(parameters=[*fixed, *more])  # type: ignore[attr-defined]
