"""`callbackUrl`: a URL that is told of the end of the job that a request makes."""

from typing import Annotated, Any, Final

from fastapi import Header
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.api.deps import ApiServices
from cutroom.jobs import Submission, Submitted
from cutroom.kit.errors import Detail, Invalid

FIELD: Final = "callbackUrl"
HEADER: Final = "Callback-Url"
_MEANING: Final = (
    "A URL that is told when the job has ended, as a webhook is; signed with the secret at /webhooks/callback-secret."
)
CallbackUrl = Annotated[str | None, Field(max_length=2048, description=_MEANING)]
CallbackHeader = Annotated[
    str | None, Header(alias=HEADER, max_length=2048, description=f"{_MEANING} For rows that come as a file.")
]


def without_callback(document: Any) -> tuple[Any, Any]:
    """A document of JSON without its callback, which is no part of it; and the callback, unchecked."""
    if not isinstance(document, dict) or FIELD not in document:
        return document, None
    return {name: value for name, value in document.items() if name != FIELD}, document[FIELD]


async def checked_callback(services: ApiServices, given: Any, pointer: str = f"/{FIELD}") -> str | None:
    """The URL to tell, or None. Not to be called within a transaction: it looks names up.

    Raises:
        Invalid: `invalid_input` when it is no text; `url_not_allowed`.
    """
    if given is None:
        return None
    if not isinstance(given, str):
        message = f"'{FIELD}' is a URL, as text."
        raise Invalid("invalid_input", f"{pointer}: {message}", details=[Detail(pointer, "wrong_type", message)])
    await services.webhooks.check_url(given, pointer)
    return given


async def submit(
    services: ApiServices, session: AsyncSession, workspace_id: str, submission: Submission, callback: str | None
) -> Submitted:
    """Submit a job, and have its end told, in one transaction."""
    submitted = await services.jobs.submit(session, workspace_id, submission)
    if callback is not None:
        await services.webhooks.callbacks.add(session, services.jobs, submitted, callback)
    return submitted
