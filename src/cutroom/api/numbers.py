"""What a process has counted, as Prometheus asks for it: who may see it, and the one address that a worker has.

Each process tells of itself. What jobs, ffmpeg and webhooks take is counted where they run, so whoever watches asks the
workers too, with the same key.
"""

import asyncio
from collections.abc import Collection
from typing import Final

from fastapi import Response
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from cutroom.accounts import AccountService, Principal
from cutroom.api.auth import key_in_headers, wrong_key
from cutroom.api.errors import error_response
from cutroom.api.gate import Network, refuse_networks
from cutroom.api.routes import demand
from cutroom.db import Database
from cutroom.kit import metrics
from cutroom.kit.errors import CutroomError, Forbidden, NotFound
from cutroom.kit.ids import new_id

_NO_STORE: Final = {"Cache-Control": "no-store"}


async def refuse_tenants(database: Database, accounts: AccountService, caller: Principal) -> None:
    """Refuse whoever does not act in the default workspace, which is the operator's own.

    Raises:
        Forbidden: `operators_only`.
    """
    async with database.begin() as session:
        if not await accounts.workspaces.is_default(session, caller.workspace_id):
            message = "These numbers are of all workspaces together; only the default workspace may read them."
            raise Forbidden("operators_only", message)


async def numbers() -> Response:
    """What was counted, in Prometheus's text format."""
    return Response(await asyncio.to_thread(metrics.render), media_type=metrics.CONTENT_TYPE, headers=_NO_STORE)


def make_worker_app(database: Database, accounts: AccountService, blocked: Collection[Network] = ()) -> ASGIApp:
    """The application of a process that serves nothing but `GET /metrics`, for the API keys that may read it.

    Args:
        database: where keys are looked up.
        accounts: knows them.
        blocked: networks from which nobody is let in. Proxies stand before APIs: here the peer is the client.
    """

    async def answer(scope: Scope) -> Response:
        if scope["method"] != "GET" or scope["path"] != "/metrics":
            raise NotFound("not_found", "There is nothing at this address.")
        refuse_networks(scope, blocked)
        caller = await accounts.keys.recognise(database, key_in_headers(Headers(scope=scope)) or "")
        if caller is None:
            raise wrong_key()
        demand(caller, "metrics:read")
        await refuse_tenants(database, accounts, caller)
        return await numbers()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            found = await answer(scope)
        except CutroomError as error:
            request_id = new_id("req")
            found = error_response(error, request_id, {"X-Request-ID": request_id})
        await found(scope, receive, send)

    return app
