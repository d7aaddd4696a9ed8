"""Whatever a workspace may have so many of: of all who come at once for the last place, one gets it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.accounts import SCOPES_OF, AccountService, Principal, Role
from cutroom.accounts.invitations import Invitations
from cutroom.accounts.keys import Keys
from cutroom.accounts.workspaces import Workspaces
from cutroom.db import Database
from cutroom.fleet import FleetService
from cutroom.kit.errors import CutroomError, Unavailable
from cutroom.kit.ids import new_id
from cutroom.productions import VoiceService
from cutroom.productions.voices import Wording
from cutroom.prompts import PATTERN, PromptLimits, PromptService
from cutroom.tasks import TaskService
from cutroom.tasks.service import TaskLimits
from cutroom.tasks.task import Written
from cutroom.templates import TemplateService

Take = Callable[[AsyncSession, Principal, str], Awaitable[Any]]


async def invite(session: AsyncSession, owner: Principal, _name: str) -> None:
    workspace = await AccountService().workspaces.get(session, owner.workspace_id)
    await Invitations(max_open=3).create(session, owner, workspace, role=Role.VIEWER, email=None, mails=False)


async def own(session: AsyncSession, owner: Principal, name: str) -> None:
    await Workspaces(max_owned=4).create(session, name, owner=owner.user_id)  # the one that they came with is the first


PLACES: dict[str, Take] = {
    "too_many_workspaces": own,
    "too_many_invitations": invite,
    "too_many_api_keys": lambda session, who, name: Keys(max_keys=3).create(session, who.workspace_id, name),
    "too_many_templates": lambda session, who, name: TemplateService(max_templates=3).create(
        session, who.workspace_id, name=name, document={}, fields={}
    ),
    "too_many_voices": lambda session, who, name: VoiceService(max_voices=3).create(
        session, who.workspace_id, Wording(name, "", (), (), ())
    ),
    "too_many_prompts": lambda session, who, name: PromptService(PromptLimits(prompts=3)).put(
        session, who.workspace_id, PATTERN, name, "x", facts={}, editor=who.who
    ),
    "too_many_repositories": lambda session, who, name: TaskService(TaskLimits(repositories=3)).register(
        session, who.workspace_id, Written(name=name, url="https://example.com/r.git")
    ),
    "too_many_agents": lambda session, who, name: FleetService(max_agents=3).create(session, who.workspace_id, name),
}


@pytest.mark.threat("A89")
@pytest.mark.parametrize("refusal", PLACES)
async def test_of_many_at_the_last_place_one_gets_it(database: Database, refusal: str) -> None:
    user_id = new_id("usr")
    async with database.begin() as session:
        await session.execute(text("INSERT INTO users (id, name) VALUES (:id, 'somebody')"), {"id": user_id})
        workspace = await AccountService().workspaces.create(session, "studio", owner=user_id)
    owner = Principal(workspace.id, user_id, "session", SCOPES_OF[Role.OWNER], user_id=user_id)

    async def take(name: str) -> str | None:
        while True:
            try:
                async with database.begin() as session:
                    await PLACES[refusal](session, owner, name)
                    await asyncio.sleep(0.05)  # so that the others come before this is committed
            except Unavailable:  # too few connections for all of them, on a machine that may be busy
                await asyncio.sleep(0.05)
            except CutroomError as refused:
                return refused.code
            else:
                return None

    assert [await take(name) for name in ("first", "second")] == [None, None]
    found = await asyncio.gather(*(take(f"at-once-{number}") for number in range(8)))
    assert sorted(map(str, found)) == sorted(["None", *[refusal] * 7])
