"""`cutroom seed`: a development database that somebody can look around in."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cutroom import timeline
from cutroom.accounts import NewUser, Principal, Role
from cutroom.app.console import out
from cutroom.app.container import Container
from cutroom.app.operating import operated
from cutroom.app.settings import Settings, load
from cutroom.jobs import Submission
from cutroom.kit.errors import Conflict, Forbidden
from cutroom.templates import TemplateService

PASSWORD: Final = "a password of development"  # noqa: S105 — refused where strangers could use it
WAIT_S: Final = 60.0
_OUTPUT: Final = {"format": "mp4", "width": 640, "height": 360, "fps": 25}


@dataclass(frozen=True, slots=True)
class _Workspace:
    """One to be made: its name, and the e-mail addresses of whom it gets, by role."""

    name: str
    people: dict[Role, str]


_WORKSPACES: Final = (
    _Workspace(
        "Studio",
        {
            Role.OWNER: "owner@studio.example",
            Role.EDITOR: "editor@studio.example",
            Role.VIEWER: "viewer@studio.example",
        },
    ),
    _Workspace("Agency", {Role.OWNER: "owner@agency.example"}),
)


async def seed(*, data: Path | None) -> None:
    """Make two workspaces with people, keys, a template and some jobs, in the database of a running `cutroom up`.

    Raises:
        Forbidden: `not_in_development`.
        Conflict: `nothing_runs`, `already_seeded`.
    """
    settings = load(data=data)
    if settings.exposed:
        message = f"Everybody knows the passwords that this makes; it does nothing in {settings.environment}."
        raise Forbidden("not_in_development", message)
    async with operated("cutroom-seed", settings) as parts:
        for workspace in _WORKSPACES:
            await _fill(parts, settings, workspace)


async def _fill(parts: Container, settings: Settings, wanted: _Workspace) -> None:
    people = parts.identity.people
    try:
        owner = await people.create(NewUser(wanted.people[Role.OWNER], PASSWORD, wanted.name))
    except Conflict as error:
        message = f"{wanted.people[Role.OWNER]} is there already; for a fresh start, remove the data folder."
        raise Conflict("already_seeded", message) from error
    async with parts.database.begin() as session:
        who = Principal("", owner.id, "session", frozenset(), user_id=owner.id)
        workspace_id = (await parts.identity.places(session, who))[0].workspace_id
        key = await parts.accounts.create_api_key(session, workspace_id, "development")
        await _template(session, settings, workspace_id)
        jobs = [await _submit(parts, session, workspace_id, text) for text in ("first", "second", "third")]
    for role, email in wanted.people.items():
        if role is not Role.OWNER:
            await people.create(NewUser(email, PASSWORD), workspace_id=workspace_id, role=role)
    ended = await _ended(parts, workspace_id, jobs)
    out.print(f"[bold]{wanted.name}[/] ({workspace_id})")
    for role, email in wanted.people.items():
        out.print(f"  {role.value:8} {email}, password: {PASSWORD}", markup=False)
    out.print(f"  API key  {key.plaintext}", markup=False)
    out.print(f"  Jobs     {len(jobs)}, of which {ended} have ended; one template", markup=False)


async def _template(session: Any, settings: Settings, workspace_id: str) -> None:
    document = {**_document("{{ title }}"), "merge": {"title": "A title"}}
    form = timeline.make_form(document, None, settings.limits())
    fields = timeline.FIELDS.dump_python(dict(form.fields), mode="json", exclude_none=True)
    await TemplateService().create(session, workspace_id, name="Title card", document=form.document, fields=fields)


async def _submit(parts: Container, session: Any, workspace_id: str, text: str) -> str:
    edit = timeline.parse(_document(f"The {text} film"), parts.settings.limits())
    submitted = await parts.jobs.submit(session, workspace_id, Submission(type="render", input=edit))
    return submitted.job.id


async def _ended(parts: Container, workspace_id: str, jobs: list[str]) -> int:
    """How many of the jobs have ended; waits for them as long as some worker gets on with them."""
    ended, waited = 0, 0.0
    while ended < len(jobs) and waited < WAIT_S:
        await asyncio.sleep(0.5)
        waited += 0.5
        async with parts.database.begin() as session:
            found = [await parts.jobs.get(session, workspace_id, job_id) for job_id in jobs]
        ended = sum(job.status.ended for job in found)
        if waited >= 5 and all(job.attempt == 0 for job in found):
            break  # no worker is there
    return ended


def _document(text: str) -> dict[str, Any]:
    asset = {"type": "text", "text": text, "font": {"size": 48}}
    clip = {"asset": asset, "start": 0, "length": 2, "transition": {"in": "fade", "out": "fade"}}
    return {"output": _OUTPUT, "timeline": {"background": "#102030", "tracks": [{"clips": [clip]}]}}
