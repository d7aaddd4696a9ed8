"""Submitting work: keys that make a request safe to repeat, the wait for a quick job, and the answer."""

import asyncio
import hashlib
import json
import re
from contextlib import suppress
from typing import Annotated, Any, Final

from fastapi import Header, Query, Request
from starlette.responses import Response

from cutroom.api.answers import LOCATION, answer
from cutroom.api.deps import PREFIX, ApiServices
from cutroom.api.following import events_of
from cutroom.api.job_view import JobOut, job_view, job_views
from cutroom.api.racing import first_to_end, until_disconnected
from cutroom.jobs import Idempotency, Job
from cutroom.kit.errors import Detail, Invalid, NotFound, Unavailable

RETRY_AFTER_S: Final = 1
"""When to look at a job that was just accepted."""
_QUOTED: Final = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')  # RFC 8941 section 3.3.3
_KEY: Final = re.compile(r"[\x20-\x7e]{1,255}")

Wait = Annotated[
    float,
    Query(ge=0, le=90, allow_inf_nan=False, description="Seconds to wait for the job to end before answering."),
]
KeyHeader = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Makes the request safe to repeat for 24 hours: the same key and body give the same job. "
        "Quoted or bare, 1 to 255 printable ASCII characters; or `idempotencyKey` in the body.",
    ),
]
ACCEPTED: Final[dict[int | str, dict[str, Any]]] = {
    200: {"model": JobOut, "description": "The job ended within `wait` seconds.", "headers": LOCATION},
    202: {
        "model": JobOut,
        "description": "The job is accepted: whatever happens now, it is not lost.",
        "headers": {
            **LOCATION,
            "Retry-After": {"description": "When to look again, in seconds.", "schema": {"type": "integer"}},
            "Idempotent-Replayed": {
                "description": "`true` when an earlier request made this job.",
                "schema": {"type": "string"},
            },
        },
    },
}


def idempotency(route: str, header: str | None, in_body: Any, body: Any) -> Idempotency | None:
    """The key that a request carries, if any.

    Args:
        route: the operation's name; keys of different operations do not meet.
        header: the Idempotency-Key header (draft 07: quoted; bare is taken too).
        in_body: the body's own `idempotencyKey`.
        body: the rest of the body, as JSON data.

    Raises:
        Invalid: `bad_header`, `bad_idempotency_key`.
    """
    key = _from_header(header)
    if in_body is not None:
        if not isinstance(in_body, str) or _KEY.fullmatch(in_body) is None:
            raise _bad("bad_idempotency_key", "/idempotencyKey")
        if key is not None and key != in_body:
            message = "The body's idempotencyKey and the Idempotency-Key header differ; send one of them."
            raise Invalid(
                "bad_idempotency_key", message, details=[Detail("/idempotencyKey", "bad_idempotency_key", message)]
            )
        key = in_body
    if key is None:
        return None
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return Idempotency(route=route, key=key, body_hash=hashlib.sha256(canonical.encode()).hexdigest())


def _from_header(header: str | None) -> str | None:
    if header is None:
        return None
    text = header.strip()
    if (quoted := _QUOTED.fullmatch(text)) is not None:
        text = re.sub(r"\\(.)", r"\1", quoted.group(1))
    if _KEY.fullmatch(text) is None:
        raise _bad("bad_header", "Idempotency-Key:")
    return text


def _bad(code: str, pointer: str) -> Invalid:
    message = "An idempotency key is 1 to 255 printable ASCII characters."
    return Invalid(code, message, details=[Detail(pointer, code, message)])


async def accepted(
    services: ApiServices, request: Request, job: Job, *, created: bool, wait_s: float = 0.0
) -> Response:
    """The answer to a submission, once its transaction has committed. From here on nothing may turn it into an error.

    Args:
        services: what the route stands on.
        request: the request; a client that goes away ends the wait.
        job: the job that was made or found.
        created: False when an earlier request made it.
        wait_s: how long the client is ready to wait for the end.
    """
    view = job_view(job)
    if wait_s > 0 and not job.status.ended:
        await _end_of(services, request, job, wait_s)
    if wait_s > 0 or not created:
        with suppress(NotFound, Unavailable):  # what we know of it is still true
            async with services.database.begin() as session:
                job = await services.jobs.get(session, job.workspace_id, job.id)
                view = (await job_views(services, session, job.workspace_id, [job], with_input=True))[0]
    headers = {"Location": f"{PREFIX}/jobs/{job.id}"}
    if not created:
        headers["Idempotent-Replayed"] = "true"
    if wait_s > 0 and job.status.ended:
        return answer(view, headers=headers)
    return answer(view, status=202, headers={**headers, "Retry-After": str(RETRY_AFTER_S)})


async def _end_of(services: ApiServices, request: Request, job: Job, wait_s: float) -> None:
    """Wait until the job ended, the time is over, the client went away, or this process stops."""

    async def end() -> None:
        async for _ in events_of(services, job.workspace_id, job.id, job.event_seq):
            pass

    await first_to_end(
        end(),
        asyncio.sleep(min(wait_s, services.settings.max_wait_s)),
        until_disconnected(request.receive),
        services.stopping.wait(),
    )
