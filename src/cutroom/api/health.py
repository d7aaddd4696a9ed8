"""Whether this process lives, whether it can serve, and what it counts."""

import asyncio
import json
import platform
from typing import Annotated, Any, Final, Literal

from fastapi import Request, Response
from pydantic import Field
from sqlalchemy import text

from cutroom import __version__
from cutroom.api.answers import answer
from cutroom.api.auth import Caller, key_in_headers, principal_of
from cutroom.api.deps import ApiServices, Services
from cutroom.api.errors import errors
from cutroom.api.numbers import numbers, refuse_tenants
from cutroom.api.routes import keyed, open_to_all
from cutroom.jobs.metrics import DEPTH
from cutroom.kit.cache import NOBODY, Rule
from cutroom.kit.errors import Forbidden, NotFound, Unavailable
from cutroom.kit.schema import Schema

router: Final = open_to_all("health")
inner: Final = keyed("health", area="metrics", prefix="")
DATABASE_WITHIN_S: Final = 3.0
DEPTHS: Final = Rule("jobs.depths", 5.0)
"""Counting what waits takes long when much does, and several may scrape; no change makes them count again."""
_TEXT: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}}


class LiveOut(Schema):
    """The process answers."""

    status: Literal["ok"] = "ok"


Status = Annotated[
    Literal["ok", "degraded"],
    Field(description="`degraded`: the database does not answer, or the sandbox is too low for workers to work."),
]


class StatusOut(Schema):
    """As much as strangers need to know."""

    status: Status


class HealthOut(Schema):
    """What runs here."""

    status: Status
    version: str
    engine: Annotated[str, Field(description="The job engine.")]
    sandbox_level: Annotated[int | None, Field(description="How well media tools are fenced in; null: not known here.")]
    min_sandbox_level: Annotated[int, Field(description="The least level under which workers take jobs.")]
    sandbox_failed: Annotated[
        dict[str, list[str]], Field(description="Why the level is not higher: the probes that failed, by level.")
    ]
    versions: Annotated[dict[str, str], Field(description="Versions of what it stands on.")]
    hardware: Annotated[
        str | None, Field(description="Encoders of graphics cards found on this machine; null: not known here.")
    ]


@router.get("/livez", operation_id="isLive")
async def livez() -> LiveOut:
    """Whether the process answers at all; says nothing about what it stands on."""
    return LiveOut()


@router.get("/readyz", operation_id="isReady", responses=errors(503))
async def readyz(services: Services) -> LiveOut:
    """Whether requests can be served now."""
    if services.stopping.is_set():
        raise Unavailable("stopping", "This process is stopping; another one will answer.")
    await _database_version(services)
    return LiveOut()


@router.get("/health", operation_id="getHealth", responses={200: {"model": HealthOut | StatusOut}})
async def health(request: Request, services: Services) -> Response:
    """Versions, engine and sandbox level; always 200 while the process lives.

    Outside of development, strangers hear the status alone; send an API key for the rest.
    """
    versions = {"python": platform.python_version(), **services.versions}
    low = services.sandbox_level is not None and services.sandbox_level < services.min_sandbox_level
    status: Literal["ok", "degraded"] = "degraded" if low else "ok"
    try:
        versions["postgres"] = await _database_version(services)
    except Unavailable:
        status = "degraded"
    if not services.settings.open_health and not await _is_known(request):
        return answer(StatusOut(status=status))
    found = HealthOut(
        status=status,
        version=__version__,
        engine=services.engine,
        sandbox_level=services.sandbox_level,
        min_sandbox_level=services.min_sandbox_level,
        sandbox_failed={str(level): list(probes) for level, probes in services.sandbox_failed.items()},
        hardware=services.hardware,
        versions=versions,
    )
    return answer(found)


@inner.get("/metrics", operation_id="getMetrics", response_class=Response, responses=_TEXT)
async def read_metrics(services: Services, caller: Caller) -> Response:
    """What this process has counted, in Prometheus's text format; for who acts in the default workspace alone.

    Raises:
        Forbidden: `operators_only`.
    """
    await refuse_tenants(services.database, services.accounts, caller)

    async def depths() -> bytes:
        async with services.database.begin() as session:
            return json.dumps(dict(await services.jobs.depths(session))).encode()

    for state, number in json.loads(await services.cache.recall(DEPTHS, NOBODY, "", depths)).items():
        DEPTH.labels(state).set(number)
    return await numbers()


async def _is_known(request: Request) -> bool:
    try:
        await principal_of(request, key_in_headers(request.headers))
    except (Forbidden, NotFound, Unavailable):
        return False
    return True


async def _database_version(services: ApiServices) -> str:
    try:
        async with asyncio.timeout(DATABASE_WITHIN_S), services.database.begin() as session:
            return str(await session.scalar(text("SHOW server_version")))
    except TimeoutError as error:
        raise Unavailable("database_unavailable", "The database does not answer in time.", retry_after_s=2) from error
