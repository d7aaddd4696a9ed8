"""What inputs of workflows name: looked for before there is a job that would certainly fail for want of it.

Inputs name things by the same fields, whichever workflow they are for: `source`, `transcript` with `version`,
`highlights` with `highlight`, `voice`; a language `model`, with the `method` that insists on one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.api.deps import ApiServices
from cutroom.kit.errors import Detail, Invalid, NotFound
from cutroom.productions import Production
from cutroom.timeline.source import ASSET

_NAMED: Final = ("transcript", "highlights")
"""Fields that hold the id of a production of the kind that they are called."""
_HEARD: Final = frozenset({"transcribe", "repurpose"})
"""Workflows that need something to be heard."""
_WRITTEN: Final = {"write_posts": ("",), "find_highlights": ("",), "repurpose": ("posts", "highlights")}
"""Workflows that a language model may work for, and the parts of their inputs that name it."""


@dataclass(slots=True)
class Found:
    """What was found out about an input.

    Args:
        given: the input as the workflow takes it.
        seconds: the most that it can be about, where that is known.
        details: what is wrong with it.
    """

    given: dict[str, Any]
    seconds: float | None = None
    details: list[Detail] = field(default_factory=list)


async def checked(
    services: ApiServices,
    session: AsyncSession,
    workspace_id: str,
    workflow: str,
    given: Mapping[str, Any],
    *,
    told: bool,
) -> Found:
    """Look for everything that an input names; in one that a job was `told` before, a voice is a text already.

    Raises:
        Invalid: `source_not_found`, `url_not_allowed`, `no_sound`, `transcript_not_found`, `highlights_not_found`,
            `version_not_found`, `highlight_not_found`, `voice_not_found`, `model_not_configured`, `model_not_found`;
            `invalid_sources` where there are several; with a detail for each.
    """
    found = Found(dict(given))
    for name in _NAMED:
        if isinstance(given.get(name), str):
            await _production(services, session, workspace_id, found, name)
    if isinstance(given.get("source"), str):
        await _source(services, session, workspace_id, workflow, found)
    if isinstance(given.get("voice"), str) and not told:
        await _voice(services, session, workspace_id, found)
    for part in _WRITTEN.get(workflow, ()):
        _model(services, found, part)
    start, end = given.get("start"), given.get("end")
    if isinstance(start, int | float) and isinstance(end, int | float) and end > start:
        found.seconds = end - start
    if found.details:
        codes = {detail.code for detail in found.details}
        code = codes.pop() if len(codes) == 1 else "invalid_sources"
        raise Invalid(code, f"{found.details[0].pointer}: {found.details[0].message}", details=found.details)
    return found


async def _production(services: ApiServices, session: AsyncSession, workspace_id: str, found: Found, kind: str) -> None:
    named = str(found.given[kind])
    try:
        production = await services.productions.get(session, workspace_id, kind, named)
    except NotFound:
        found.details.append(_missing(kind, named[:80]))
        return
    version = found.given.get("version")
    is_meant = kind == "highlights" or "highlights" not in found.given
    if is_meant and isinstance(version, int) and version > production.version:
        found.details.append(
            Detail("/version", "version_not_found", f"There are {production.version} versions of '{named}'.")
        )
        return
    seconds = production.facts.get("duration")
    if isinstance(seconds, int | float):
        found.seconds = float(seconds)
    if kind == "highlights" and "highlight" in found.given:
        await _highlight(services, session, workspace_id, found, production)


async def budget_of(
    services: ApiServices, session: AsyncSession, workspace_id: str, workflow: str, given: Mapping[str, Any]
) -> int | None:
    """What models may cost for an input that was checked, in millionths of a dollar.

    None is without limit, and where no model will be asked.

    Raises:
        Invalid: `price_unknown`, when there is a limit and nobody knows what the model costs.
    """
    asking = [part for part in _WRITTEN.get(workflow, ()) if _asks(given, part)] if services.models.configured else []
    if not asking:
        return None
    budget = (await services.quotas.plan(session, workspace_id)).budget_micro()
    for part in asking if budget is not None else ():
        model = (given.get(part) or {} if part else given).get("model")
        provider, name = services.models.find(model)
        if provider.price(name) is None:
            message = (
                f"Nobody said what the model '{name[:100]}' costs, so the limit of your plan cannot be kept: name one "
                "with a price (GET /models), or a 'method' that asks none."
            )
            pointer = f"/{part}/model" if part else "/model"
            raise Invalid("price_unknown", message, details=[Detail(pointer, "price_unknown", message)])
    return budget


def _asks(given: Mapping[str, Any], part: str) -> bool:
    """Whether a part of an input has a model asked, where there is one: all do, unless they say otherwise."""
    wishes = given.get(part, {}) if part else given
    return isinstance(wishes, Mapping) and wishes.get("method", "auto") in {"auto", "model"}


def _missing(kind: str, named: str) -> Detail:
    if kind == "transcript":
        message = f"There is no transcript with the id '{named}'; make one with POST /transcripts."
        return Detail("/transcript", "transcript_not_found", message)
    message = f"There are no highlights with the id '{named}'; find some with POST /highlights."
    return Detail("/highlights", "highlights_not_found", message)


def _model(services: ApiServices, found: Found, part: str) -> None:
    """A language model that is insisted on, or named where there are any: without one, a name changes nothing."""
    given = found.given.get(part) if part else found.given
    if not isinstance(given, Mapping):
        return
    insists, model = given.get("method") == "model", given.get("model")
    if not insists and (model is None or not services.models.configured):
        return
    try:
        services.models.find(model)
    except Invalid as error:
        field_name = "method" if model is None or error.code == "model_not_configured" else "model"
        pointer = f"/{part}/{field_name}" if part else f"/{field_name}"
        found.details.append(Detail(pointer, error.code, error.message))


async def _highlight(
    services: ApiServices, session: AsyncSession, workspace_id: str, found: Found, production: Production
) -> None:
    """One of the highlights, by its place or its own id; a clip lasts as long as it."""
    written = await services.productions.read(
        session, workspace_id, "highlights", production.id, found.given.get("version")
    )
    items = json.loads(written.body)["items"]
    wanted = found.given["highlight"]
    chosen = [item for at, item in enumerate(items) if wanted in (at, item["id"]) and not isinstance(wanted, bool)]
    if chosen:
        found.seconds = chosen[0]["end"] - chosen[0]["start"]
    else:
        message = f"There are {len(items)} highlights; name one by its place, from 0, or by its id."
        found.details.append(Detail("/highlight", "highlight_not_found", message))


async def _source(services: ApiServices, session: AsyncSession, workspace_id: str, workflow: str, found: Found) -> None:
    source = str(found.given["source"])
    if not source.startswith(ASSET):
        try:
            services.check_url(source)
        except Invalid as error:
            found.details.append(Detail("/source", error.code, error.message))
        return
    try:
        asset = await services.assets.get(session, workspace_id, source.removeprefix(ASSET))
    except NotFound:
        message = f"There is no asset with the id '{source.removeprefix(ASSET)[:80]}'; upload the file first."
        found.details.append(Detail("/source", "source_not_found", message))
        return
    if workflow in _HEARD and asset.info.audio is None:
        found.details.append(
            Detail("/source", "no_sound", "There is no sound in this file, so there is nothing to transcribe.")
        )
    if asset.info.duration is not None:
        found.seconds = float(asset.info.duration)


async def _voice(services: ApiServices, session: AsyncSession, workspace_id: str, found: Found) -> None:
    """A voice by its id or its name becomes its text: what a job was told is what it does, whatever changes later."""
    named = str(found.given["voice"])
    try:
        voice = await services.voices.named(session, workspace_id, named)
    except NotFound:
        message = f"There is no voice with the id or name '{named[:80]}'; keep one with POST /voices."
        found.details.append(Detail("/voice", "voice_not_found", message))
        return
    found.given["voice"] = voice.text()
