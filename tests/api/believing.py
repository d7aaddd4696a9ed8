"""A world that believes identity providers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
from sqlalchemy import func, select

from cutroom.accounts import read_issuers
from cutroom.accounts.rows import MembershipRow, WorkspaceRow
from cutroom.accounts.user_rows import IdentityRow, OrganisationRow, UserRow
from cutroom.api import ApiSettings
from cutroom.db import Database
from tests.accounts.provider import AUDIENCE, Provider, pem, rsa_key
from tests.api.conftest import QUICK, serving
from tests.api.world import World

ME = "/api/v1/me"
PAGE = "https://app.example.com"


@dataclass(frozen=True)
class Scene:
    """A world that believes one provider of each kind; they share one server and its keys."""

    world: World
    idp: Provider

    def clerk(self, **changes: Any) -> str:
        return self.idp.token(iss=f"{self.idp.url}/clerk", azp=PAGE, aud=None, **changes)

    def propelauth(self, **changes: Any) -> str:
        return self.idp.token(iss=f"{self.idp.url}/propelauth", aud=None, **changes)

    async def get(self, token: str, path: str = ME, **headers: str) -> httpx2.Response:
        return await self.world.nobody.get(path, headers={"Authorization": f"Bearer {token}", **headers})

    async def me(self, token: str, **headers: str) -> Any:
        answer = await self.get(token, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def count(self) -> list[int]:
        """Users, identities, organisations, workspaces, memberships; the world has two workspaces of its own."""
        async with self.world.services.database.begin() as session:
            tables = (UserRow, IdentityRow, OrganisationRow, WorkspaceRow, MembershipRow)
            return [await session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


@asynccontextmanager
async def believing(
    idp: Provider, database: Database, folder: Path, settings: ApiSettings | None = None, leeway_s: float = 60
) -> AsyncIterator[Scene]:
    issuers = read_issuers(
        [
            {"kind": "oidc", "issuer": idp.url, "audience": AUDIENCE, "leewayS": leeway_s},
            {"kind": "clerk", "issuer": f"{idp.url}/clerk", "authorizedParties": [PAGE]},
            {"kind": "propelauth", "issuer": f"{idp.url}/propelauth", "publicKey": pem(rsa_key())},
        ]
    )
    identity = replace(QUICK, issuers=issuers)
    async with serving(database, folder, settings or ApiSettings(), identity=identity) as world:
        yield Scene(world, idp)


def org(name: str, role: str) -> dict[str, Any]:
    """An organisation in a Clerk token of version 2."""
    return {"v": 2, "o": {"id": name, "rol": role, "slg": name}}


def member(name: str, role: str) -> dict[str, str]:
    """An organisation in a PropelAuth token."""
    return {"org_id": name, "org_name": name, "user_role": role}
