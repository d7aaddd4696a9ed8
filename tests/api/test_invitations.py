"""Invitations over HTTP, with and without a mail server."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import func, update
from structlog.testing import capture_logs

from cutroom.accounts import IdentitySettings
from cutroom.accounts.rows import InvitationRow
from cutroom.api import ApiSettings
from cutroom.api.deps import Pages
from cutroom.db import Database
from cutroom.kit.mail import Mailer, MailSettings
from tests.api.conftest import QUICK
from tests.api.conftest import serving as world_serving
from tests.api.matrix import somebody, unknown
from tests.api.world import World, error_of
from tests.kit.test_mail import Box
from tests.kit.test_mail import serving as mail_serving

API = "/api/v1"


async def invited(world: World, **more: object) -> httpx2.Response:
    path = f"{API}/workspaces/{world.workspace_id}/invitations"
    return await world.mine.post(path, json={"role": "editor", **more})


async def test_without_a_mail_server_the_maker_gets_the_link(world: World) -> None:
    answer = await invited(world, email="Bob@Example.com")
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["mail"], made["email"], made["status"]) == ("off", "bob@example.com", "pending")
    assert made["link"].endswith(f"/join#{made['token']}")
    ends = datetime.fromisoformat(made["expiresAt"])
    assert timedelta(days=6, hours=23) < ends - datetime.now(UTC) < timedelta(days=7, minutes=1)
    listed = (await world.mine.get(f"{API}/workspaces/{world.workspace_id}/invitations")).json()["items"]
    assert [one["id"] for one in listed] == [made["id"]]
    assert made["token"] not in str(listed)


async def test_a_letter_carries_the_link_and_the_answer_does_not(database: Database, tmp_path: Path) -> None:
    box = Box()
    async with mail_serving(box) as port:
        settings = MailSettings(host="localhost", port=port, sender="c@example.com", security="none")
        doors = ApiSettings(pages=Pages(join="https://cut.example/join"))
        async with world_serving(database, tmp_path, doors, mailer=Mailer(settings)) as world:
            with capture_logs() as logs:
                made = (await invited(world, email="bob@example.com")).json()
            assert made["mail"] == "sent"
            assert made.keys().isdisjoint({"token", "link"})
            (envelope,) = box.envelopes
            assert envelope.rcpt_tos == ["bob@example.com"]
            assert isinstance(envelope.content, bytes)
            letter = message_from_bytes(envelope.content, policy=policy.default)
            found = re.search(r"https://cut\.example/join#(cti_\w{43})", letter.get_content())
            assert found is not None
            assert found[1] not in str(logs)
            async with somebody(world) as guest:
                answer = await guest.post(f"{API}/invitations/accept", json={"token": found[1]})
                assert (answer.status_code, answer.json()["id"]) == (200, world.workspace_id)
            nobody = (await invited(world)).json()
            assert nobody["mail"] == "off"
            assert "token" in nobody


async def test_a_letter_that_could_not_be_sent_is_told_and_the_link_shown(database: Database, tmp_path: Path) -> None:
    async with mail_serving(Box(refuse="451 not now")) as port:
        settings = MailSettings(host="localhost", port=port, sender="c@example.com", security="none")
        async with world_serving(database, tmp_path, ApiSettings(), mailer=Mailer(settings)) as world:
            made = (await invited(world, email="bob@example.com")).json()
            assert made["mail"] == "failed"
            assert made["token"].startswith("cti_")
            listed = (await world.mine.get(f"{API}/workspaces/{world.workspace_id}/invitations")).json()["items"]
            assert listed[0]["mail"] == "failed"


@pytest.mark.threat("A90")
async def test_no_name_of_a_workspace_brings_a_header_along(database: Database, tmp_path: Path) -> None:
    box = Box()
    async with mail_serving(box) as port:
        settings = MailSettings(host="localhost", port=port, sender="c@example.com", security="none")
        async with world_serving(database, tmp_path, ApiSettings(), mailer=Mailer(settings)) as world:
            async with world.services.database.begin() as session:  # past the door, which refuses such a name
                name = "x\r\nBcc: eve@example.com\r\n\r\nHello"
                await world.services.accounts.workspaces.rename(session, world.workspace_id, name)
            assert (await invited(world, email="bob@example.com")).json()["mail"] == "sent"
    (envelope,) = box.envelopes
    assert envelope.rcpt_tos == ["bob@example.com"]
    assert isinstance(envelope.content, bytes)
    letter = message_from_bytes(envelope.content, policy=policy.default)
    assert letter["Bcc"] is None
    assert letter["Subject"] == "Invitation to x  Bcc: eve@example.com    Hello"


@pytest.mark.threat("A90")
@pytest.mark.parametrize(
    "email",
    ["", "nobody", "a@b", "a@b.example\nBcc: c@d.example", "a@b.example,c@d.example", "<a@b.example>", "a b@c.de"],
)
async def test_what_is_no_address_is_refused(world: World, email: str) -> None:
    error = error_of(await invited(world, email=email), 422, "bad_email")
    assert error["details"][0]["pointer"] == "/email"


async def test_an_invitation_lets_somebody_register_where_only_the_invited_may(
    database: Database, tmp_path: Path
) -> None:
    only_invited = IdentitySettings(registration="invited", passwords=QUICK.passwords)
    async with world_serving(database, tmp_path, ApiSettings(), identity=only_invited) as world:
        body = {"email": "bob@example.com", "password": "correct horse battery"}
        answer = await world.nobody.post(f"{API}/auth/register", json=body)
        error_of(answer, 403, "invitation_required")
        token = (await invited(world)).json()["token"]
        looked = await world.nobody.post(f"{API}/invitations/look", json={"token": token})
        assert looked.json() == {"workspaceName": "mine", "role": "editor"}
        made = await world.nobody.post(f"{API}/auth/register", json={**body, "invitation": token})
        assert made.status_code == 201, made.text
        places = (await world.nobody.get(f"{API}/workspaces")).json()["items"]
        assert [(one["id"], one["role"]) for one in places] == [(world.workspace_id, "editor")]
        world.nobody.cookies.clear()
        again = {"email": "eve@example.com", "password": "correct horse battery", "invitation": token}
        error_of(await world.nobody.post(f"{API}/auth/register", json=again), 404, "invitation_not_found")


@pytest.mark.threat("A47")
async def test_every_dead_token_is_refused_alike(world: World) -> None:
    async with somebody(world) as guest:
        revoked, expired, used = [(await invited(world)).json() for _ in range(3)]
        path = f"{API}/workspaces/{world.workspace_id}/invitations/{revoked['id']}"
        assert (await world.mine.delete(path)).status_code == 204
        error_of(await world.mine.delete(path), 404, "invitation_not_found")
        await guest.post(f"{API}/invitations/accept", json={"token": used["token"]})
        async with world.services.database.begin() as session:
            old = update(InvitationRow).where(InvitationRow.id == expired["id"])
            await session.execute(old.values(expires_at=func.now()))
        said = set()
        for token in (revoked["token"], expired["token"], used["token"], "cti_" + "a" * 43, "x"):
            for client, route in ((guest, "accept"), (world.nobody, "look")):
                answer = await client.post(f"{API}/invitations/{route}", json={"token": token})
                said.add(error_of(answer, 404, "invitation_not_found")["message"])
        assert len(said) == 1
        listed = (await world.mine.get(f"{API}/workspaces/{world.workspace_id}/invitations")).json()["items"]
        assert [one["status"] for one in listed] == ["accepted", "expired", "revoked"]


async def test_a_member_cannot_join_again(world: World) -> None:
    async with somebody(world) as guest:
        first, second = [(await invited(world)).json()["token"] for _ in range(2)]
        assert (await guest.post(f"{API}/invitations/accept", json={"token": first})).status_code == 200
        error_of(await guest.post(f"{API}/invitations/accept", json={"token": second}), 409, "already_member")
        looked = await guest.post(f"{API}/invitations/look", json={"token": second})
        assert looked.status_code == 200


async def test_an_invitation_of_another_workspace_is_not_there(world: World) -> None:
    made = (await invited(world)).json()
    theirs = (await world.theirs.get(f"{API}/workspaces")).json()["items"][0]["id"]
    for found in (made["id"], unknown("invitation_id")):
        answer = await world.theirs.delete(f"{API}/workspaces/{theirs}/invitations/{found}")
        error_of(answer, 404, "invitation_not_found")
