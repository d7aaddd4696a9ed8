"""Asking for work on recordings: one way from a body that is a workflow's input to its job.

Every route of this kind takes the input of its workflow and, beside it, what `Asked` adds.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Request, Response
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from cutroom.accounts import Principal
from cutroom.api.asked_inputs import budget_of, checked
from cutroom.api.callbacks import CallbackUrl, checked_callback, submit
from cutroom.api.deps import ApiServices
from cutroom.api.errors import request_id_of
from cutroom.api.submission import accepted, idempotency
from cutroom.jobs import Submission
from cutroom.kit.schema import Schema
from cutroom.workflows.answers import BUDGET
from cutroom.workflows.metering import CHARGED


class Asked(Schema):
    """What a request carries besides the input of its workflow.

    `into` is not for clients: what is made anew is said by the address of `…/remake`. Nor is `budgetMicro`, which says
    what was reserved.
    """

    into: SkipJsonSchema[None] = None
    budget_micro: SkipJsonSchema[None] = None
    idempotency_key: Annotated[
        str | None, Field(min_length=1, max_length=255, description="The same as the Idempotency-Key header.")
    ] = None
    callback_url: CallbackUrl = None

    def given(self) -> dict[str, Any]:
        """The input of the workflow as JSON data, as its author wrote it."""
        return self.model_dump(mode="json", exclude_unset=True, exclude=set(Asked.model_fields))


async def ask(
    services: ApiServices,
    request: Request,
    caller: Principal,
    workflow: str,
    wanted: Asked,
    *,
    key: str | None,
    wait_s: float,
) -> Response:
    """Make the job that a body asks for, once all is known to be there that it names."""
    given = wanted.given()
    return await ask_again(
        services,
        request,
        caller,
        workflow,
        given,
        route=workflow,
        keys=(key, wanted.idempotency_key),
        callback=wanted.callback_url,
        wait_s=wait_s,
    )


async def ask_again(
    services: ApiServices,
    request: Request,
    caller: Principal,
    workflow: str,
    given: Mapping[str, Any],
    *,
    route: str,
    keys: tuple[str | None, str | None],
    callback: str | None,
    wait_s: float,
    pointer: str = "/callbackUrl",
    told: bool = False,
) -> Response:
    """Make a job of this input.

    Args:
        services: what the route stands on.
        request: the request.
        caller: who asks.
        workflow: which one.
        given: its input, as JSON data.
        route: the operation; keys of different operations do not meet.
        keys: the idempotency keys of the header and of the body.
        callback: the URL to tell, unchecked.
        wait_s: how long the client is ready to wait for the end.
        pointer: where the callback was given.
        told: whether it is the input of an earlier job, in which names stand no more for what is behind them.
    """
    once = idempotency(route, keys[0], keys[1], [dict(given), callback])
    callback = await checked_callback(services, callback, pointer)
    async with services.database.begin() as session:
        submitted = await services.jobs.repeated(session, caller.workspace_id, once)
        if submitted is None:
            found = await checked(services, session, caller.workspace_id, workflow, given, told=told)
            budget = await budget_of(services, session, caller.workspace_id, workflow, found.given)
            submission = Submission(
                type=workflow,
                input=found.given if budget is None else {**found.given, BUDGET: budget},
                correlation_id=request_id_of(request.scope),
                idempotency=once,
                seconds=(found.seconds or 0.0) if workflow in CHARGED else None,
                micro=budget or 0,
            )
            submitted = await submit(services, session, caller.workspace_id, submission, callback)
    return await accepted(services, request, submitted.job, created=submitted.created, wait_s=wait_s)
