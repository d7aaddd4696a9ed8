"""Putting the door together."""

from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Lifespan

from cutroom import __version__
from cutroom.api import (
    accounts,
    agents,
    api_keys,
    artifacts,
    assets,
    batch_rows,
    batches,
    clips,
    content,
    contexts,
    dead_letters,
    deliveries,
    description,
    events,
    files,
    health,
    highlights,
    invitations,
    jobs,
    letter_pages,
    looking,
    members,
    models,
    passwords,
    patterns,
    renders,
    repositories,
    repurpose,
    runs,
    strategies,
    streams,
    subtitles,
    tasks,
    templates,
    transcripts,
    tus,
    uploads,
    usage,
    voices,
    webhooks,
    workspaces,
)
from cutroom.api.body import BodyLimits
from cutroom.api.compat import (
    fabric_chat_door,
    fabric_facts,
    fabric_patterns,
    fabric_stored,
    fabric_youtube,
    openai_audio,
)
from cutroom.api.cors import Cors
from cutroom.api.deps import ApiServices
from cutroom.api.errors import on_cutroom_error, on_http_exception, on_validation_error
from cutroom.api.following import Seats
from cutroom.api.gate import Gate
from cutroom.api.middleware import RequestContext
from cutroom.api.rate_limits import RateLimits, Rates
from cutroom.api.shortcut import Shortcut
from cutroom.kit.errors import CutroomError

# Tried in this order: what is asked most often comes first.
_ROUTERS: Final = (
    jobs.router,
    renders.router,
    events.router,
    streams.router,
    accounts.doors,
    accounts.router,
    passwords.doors,
    passwords.router,
    looking.router,
    templates.router,
    patterns.router,
    strategies.router,
    contexts.router,
    transcripts.router,
    subtitles.router,
    highlights.router,
    clips.router,
    content.router,
    repurpose.router,
    runs.router,
    tasks.router,
    repositories.router,
    voices.router,
    usage.router,
    models.router,
    batches.router,
    batch_rows.router,
    dead_letters.router,
    webhooks.router,
    deliveries.router,
    tus.router,
    uploads.router,
    assets.router,
    artifacts.router,
    files.router,
    workspaces.router,
    members.router,
    invitations.router,
    invitations.door,
    api_keys.router,
    agents.router,
    openai_audio.router,
    fabric_patterns.router,
    fabric_stored.router,
    fabric_facts.router,
    fabric_chat_door.router,
    fabric_youtube.router,
    health.router,
    health.inner,
    description.router,
    letter_pages.router,
)


def _included() -> APIRouter:
    every = APIRouter()
    for router in _ROUTERS:
        every.include_router(router)
    return every


# FastAPI works an included route out when a request first looks for it, which takes a fifth of a second for all of
# them, and keeps what it found beside the router that includes it: so the applications of a process share that one.
_DOOR: Final = _included()
_DESCRIPTION: Final = """
Media and AI jobs. A timeline in JSON goes in, a job comes back, a video comes out.

Every error is `{"error": {"code", "message", "details"?, "correlationId"}}`. Every answer carries `X-Request-ID`.
"""


def bare_app(lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """All routes, with nothing behind them: enough to describe them."""
    app = FastAPI(
        title="Cutroom",
        version=__version__,
        description=_DESCRIPTION.strip(),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        # The description is in the repository; a running server shows nobody a map of itself.
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
        # Our own spans are thinner (decision 21); FastAPI's would hold addresses that users sent.
        telemetry={"tracing": False, "metrics": False, "logs": False},
        routes=_DOOR.routes,
    )
    app.state.routes = [route for router in _ROUTERS for route in router.routes if isinstance(route, Route)]
    app.add_exception_handler(CutroomError, on_cutroom_error)
    app.add_exception_handler(RequestValidationError, on_validation_error)
    app.add_exception_handler(HTTPException, on_http_exception)
    return app


def make_app(services: ApiServices, *, lifespan: Lifespan[FastAPI] | None = None) -> FastAPI:
    """The application over these services.

    Run it with `connections.server_config`, and set `services.stopping` before the server waits for its connections to
    end.
    """
    app = bare_app(lifespan)
    app.state.services = services
    app.state.seats = Seats(services.settings.max_streams)
    settings = services.settings
    app.state.rates = Rates(settings.rates, services.counters)
    # The last that is added is the first that a request passes.
    app.add_middleware(Shortcut, routes=app.state.routes)
    app.add_middleware(BodyLimits, max_bytes=settings.max_body_bytes, deadline_s=settings.body_deadline_s)
    app.add_middleware(RateLimits, rates=app.state.rates)
    app.add_middleware(Cors, origins=settings.cors_origins)
    app.add_middleware(Gate, trusted_proxies=settings.trusted_proxies, allowed_hosts=settings.allowed_hosts)
    app.add_middleware(RequestContext, only_https=settings.only_https)
    return app
