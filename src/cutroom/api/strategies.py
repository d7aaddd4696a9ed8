"""Strategies: how a model is to think, put before a pattern."""

import asyncio
from typing import Annotated, Final

from fastapi import Path, Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.answers import DEFAULT, ETAG, NEXT_LINK, Cursor, Limit, ListOut, Paging, answer, resource
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, ApiServices, Services
from cutroom.api.errors import errors
from cutroom.api.keeping import keep_strategy
from cutroom.api.patterns import AREA
from cutroom.api.prompting import Origin
from cutroom.api.routes import keyed
from cutroom.kit.errors import NotFound
from cutroom.kit.schema import Schema, is_absent
from cutroom.patterns import Strategy
from cutroom.prompts import STRATEGY, Entry, Prompt

router: Final = keyed("strategies", area=AREA, carries_texts=True)
LIST: Final = "strategies"
Name = Annotated[str, Path(alias="strategy_name", description="Of the strategy.")]


class StrategyRequest(Schema):
    """A strategy to keep."""

    description: Annotated[str, Field(max_length=1_000, description="What it is for, in a sentence.")] = ""
    prompt: Annotated[
        str, Field(min_length=1, max_length=50_000, description="What the model is told before all else.")
    ]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"description": "Looks for what is missing.", "prompt": "First list what the text leaves out."}
            ]
        }
    )


class StrategyOut(Schema):
    """How a model is to think."""

    name: str
    description: str
    origin: Annotated[
        Origin, Field(description="`workspace`: its own; `folder`: the operator's; `shipped`: comes with Cutroom.")
    ]
    version: Annotated[int | None, Field(description="Of the workspace's own; null for all others.")] = None
    prompt: Annotated[str | None, Field(exclude_if=is_absent, description="Left out of lists.")] = None


class StrategyList(ListOut[StrategyOut]):
    """One page of strategies."""


@router.get(
    "/strategies", operation_id="listStrategies", responses={200: {"model": StrategyList, "headers": NEXT_LINK}}
)
async def list_strategies(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """The strategies that the workspace can use, by name; its own hide others that are called the same."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    after = paging.start
    async with services.database.begin() as session:
        hidden = frozenset(await services.prompts.names(session, caller.workspace_id, STRATEGY))
        own = await services.prompts.page(session, caller.workspace_id, STRATEGY, limit=limit + 1, after=after)
    items = [_own_view(one) for one in own.items]
    items += [
        one
        for one in await asyncio.to_thread(_of_library, services)
        if one.name not in hidden and (after is None or one.name > after)
    ]
    items.sort(key=lambda one: one.name)
    last = items[limit - 1].name if len(items) > limit else None
    return paging.answer(StrategyList, items[:limit], last)


@router.get(
    "/strategies/{strategy_name}",
    operation_id="getStrategy",
    responses={200: {"model": StrategyOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_strategy(request: Request, services: Services, caller: Caller, name: Name) -> Response:
    """One strategy with its prompt."""
    async with services.database.begin() as session:
        kept = await services.prompts.find(session, caller.workspace_id, STRATEGY, name)
    view = _own_view(kept, kept.text) if kept is not None else await asyncio.to_thread(_library_one, services, name)
    return resource(request, view)


@router.put(
    "/strategies/{strategy_name}",
    operation_id="putStrategy",
    responses={
        200: {"model": StrategyOut, "description": "It is kept as the next version."},
        201: {"model": StrategyOut, "description": "It is kept, and is new."},
        **errors(408, 413, 415, 429),
    },
)
async def put_strategy(services: Services, caller: Caller, name: Name, wanted: StrategyRequest) -> Response:
    """Keep a strategy of the workspace's own."""
    kept, is_new = await keep_strategy(services, caller, name, description=wanted.description, prompt=wanted.prompt)
    headers = {"Location": f"{PREFIX}/strategies/{name}"} if is_new else {}
    return answer(_own_view(kept, kept.text), status=201 if is_new else 200, headers=headers)


@router.delete(
    "/strategies/{strategy_name}",
    operation_id="deleteStrategy",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone."}, **errors(404)},
)
async def delete_strategy(services: Services, caller: Caller, name: Name) -> Response:
    """Delete a strategy of the workspace's own for good. What it hid comes back."""
    async with services.database.begin() as session:
        await services.prompts.delete(session, caller.workspace_id, STRATEGY, name)
    return Response(status_code=204)


def _own_view(kept: Entry | Prompt, prompt: str | None = None) -> StrategyOut:
    description = str(kept.facts.get("description", ""))
    return StrategyOut(name=kept.name, description=description, origin="workspace", version=kept.version, prompt=prompt)


def _of_library(services: ApiServices) -> list[StrategyOut]:
    return [_library_view(services, one) for one in services.library.strategies()]


def _library_one(services: ApiServices, name: str) -> StrategyOut:
    try:
        found = services.library.strategy(name)
    except NotFound:
        message = "There is no such strategy here; GET /strategies lists all."
        raise NotFound("strategy_not_found", message) from None
    return _library_view(services, found, found.prompt)


def _library_view(services: ApiServices, strategy: Strategy, prompt: str | None = None) -> StrategyOut:
    origin: Origin = "shipped" if services.library.is_shipped_strategy(strategy.name) else "folder"
    return StrategyOut(name=strategy.name, description=strategy.description, origin=origin, prompt=prompt)
