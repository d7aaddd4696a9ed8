"""Members, invitations and keys, as the records keep them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update

from cutroom.accounts import SCOPES_OF, AccountService, Invitation, Principal, Role, Workspace
from cutroom.accounts.invitations import Invitations
from cutroom.accounts.keys import Keys
from cutroom.accounts.rows import ApiKeyRow, InvitationRow, MembershipRow, WorkspaceRow
from cutroom.accounts.workspaces import Workspaces
from cutroom.db import Database
from cutroom.kit.errors import Conflict, Forbidden, Invalid, NotFound, QuotaExceeded
from cutroom.kit.ids import new_id

accounts = AccountService()


async def person(database: Database, workspace_id: str | None = None, role: Role = Role.OWNER) -> Principal:
    """Somebody new, in a workspace of their own or in this one."""
    user_id = new_id("usr")
    async with database.begin() as session:
        await session.execute(text("INSERT INTO users (id, name) VALUES (:id, 'somebody')"), {"id": user_id})
        if workspace_id is None:
            workspace_id = (await accounts.workspaces.create(session, "studio", owner=user_id)).id
        else:
            await accounts.members.add(session, workspace_id, user_id, role)
    return Principal(workspace_id, user_id, "session", SCOPES_OF[role], user_id=user_id)


async def invite(database: Database, by: Principal, role: Role = Role.EDITOR) -> tuple[Invitation, str]:
    async with database.begin() as session:
        workspace = await accounts.workspaces.get(session, by.workspace_id)
        made = await accounts.invitations.create(session, by, workspace, role=role, email=None, mails=False)
    return made.invitation, made.token


async def role_of(database: Database, who: Principal) -> Role | None:
    async with database.begin() as session:
        return await accounts.members.role_of(session, who.workspace_id, str(who.user_id))


async def change(database: Database, by: Principal, who: Principal, role: Role) -> None:
    async with database.begin() as session:
        await accounts.members.change(session, by, str(who.user_id), role)


async def remove(database: Database, by: Principal, who: Principal, *, revoke_keys: bool = False) -> None:
    async with database.begin() as session:
        await accounts.members.remove(session, by, str(who.user_id), revoke_keys=revoke_keys)


async def test_who_makes_a_workspace_owns_it(database: Database) -> None:
    ada = await person(database)
    assert await role_of(database, ada) is Role.OWNER
    async with database.begin() as session:
        page = await accounts.workspaces.page(session, ada)
    assert [(seat.workspace.name, seat.role) for seat in page.items] == [("studio", Role.OWNER)]


@pytest.mark.threat("A51")
@pytest.mark.parametrize("by", [Role.ADMIN, Role.EDITOR, Role.VIEWER])
async def test_nobody_makes_or_touches_those_above_them(database: Database, by: Role) -> None:
    owner = await person(database)
    actor = await person(database, owner.workspace_id, by)
    other = await person(database, owner.workspace_id, Role.VIEWER)
    higher = [role for role in Role if list(Role).index(role) < list(Role).index(by)]
    for role in higher:
        with pytest.raises(Forbidden) as raised:
            await change(database, actor, other, role)
        assert raised.value.code == "role_above_yours"
        with pytest.raises(Forbidden):
            await invite(database, actor, role)
        with pytest.raises(Forbidden):
            await change(database, actor, actor, role)
    with pytest.raises(Forbidden):
        await change(database, actor, owner, Role.VIEWER)
    with pytest.raises(Forbidden):
        await remove(database, actor, owner)
    assert await role_of(database, owner) is Role.OWNER
    assert await role_of(database, other) is Role.VIEWER


@pytest.mark.threat("A51")
async def test_a_key_for_members_alone_cannot_give_what_it_has_not(database: Database) -> None:
    owner = await person(database)
    key = Principal(owner.workspace_id, "key_x", "api_key", frozenset({"members:write", "members:read"}))
    for role in Role:
        with pytest.raises(Forbidden):
            await invite(database, key, role)


async def test_an_admin_does_all_below(database: Database) -> None:
    owner = await person(database)
    admin = await person(database, owner.workspace_id, Role.ADMIN)
    other = await person(database, owner.workspace_id, Role.VIEWER)
    await change(database, admin, other, Role.ADMIN)
    assert await role_of(database, other) is Role.ADMIN
    await remove(database, admin, other)
    assert await role_of(database, other) is None


async def test_the_last_owner_stays_one(database: Database) -> None:
    owner = await person(database)
    for act in (change(database, owner, owner, Role.ADMIN), remove(database, owner, owner)):
        with pytest.raises(Conflict) as raised:
            await act
        assert raised.value.code == "last_owner"
    second = await person(database, owner.workspace_id, Role.OWNER)
    await remove(database, owner, owner)
    with pytest.raises(Conflict):
        await change(database, second, second, Role.VIEWER)


async def test_two_owners_who_leave_at_once_do_not_both_go(database: Database) -> None:
    first = await person(database)
    second = await person(database, first.workspace_id, Role.OWNER)
    gone = await asyncio.gather(
        remove(database, first, first),
        remove(database, second, second),
        change(database, first, second, Role.VIEWER),
        return_exceptions=True,
    )
    assert any(isinstance(result, Conflict | NotFound) for result in gone)
    async with database.begin() as session:
        owners = select(func.count()).select_from(MembershipRow).where(MembershipRow.role == Role.OWNER)
        assert await session.scalar(owners) == 1


@pytest.mark.threat("A47")
async def test_members_of_others_are_not_there(database: Database) -> None:
    mine, theirs = await person(database), await person(database)
    for act in (change(database, mine, theirs, Role.VIEWER), remove(database, mine, theirs)):
        with pytest.raises(NotFound) as raised:
            await act
        assert raised.value.code == "member_not_found"
    assert await role_of(database, theirs) is Role.OWNER


async def test_an_invitation_makes_one_member_once(database: Database) -> None:
    owner, guest, late = await person(database), await person(database), await person(database)
    _, token = await invite(database, owner)
    async with database.begin() as session:
        seat = await accounts.invitations.accept(session, token, str(guest.user_id))
    assert (seat.workspace.id, seat.role) == (owner.workspace_id, Role.EDITOR)
    async with database.begin() as session:
        assert await accounts.members.role_of(session, owner.workspace_id, str(guest.user_id)) is Role.EDITOR
    with pytest.raises(NotFound):
        async with database.begin() as session:
            await accounts.invitations.accept(session, token, str(late.user_id))


async def test_of_many_who_accept_at_once_one_gets_in(database: Database) -> None:
    owner = await person(database)
    guests = [await person(database) for _ in range(6)]
    _, token = await invite(database, owner)

    async def accept(who: Principal) -> None:
        async with database.begin() as session:
            await accounts.invitations.accept(session, token, str(who.user_id))

    results = await asyncio.gather(*(accept(guest) for guest in guests), return_exceptions=True)
    assert sum(result is None for result in results) == 1
    assert sum(isinstance(result, NotFound) for result in results) == 5


async def test_a_member_who_accepts_leaves_the_invitation_open(database: Database) -> None:
    owner, guest = await person(database), await person(database)
    _, token = await invite(database, owner)
    with pytest.raises(Conflict) as raised:
        async with database.begin() as session:
            await accounts.invitations.accept(session, token, str(owner.user_id))
    assert raised.value.code == "already_member"
    async with database.begin() as session:
        await accounts.invitations.accept(session, token, str(guest.user_id))


async def test_an_invitation_that_is_over_looks_like_one_that_never_was(database: Database) -> None:
    owner, guest = await person(database), await person(database)
    revoked, expired, closed = [await invite(database, owner) for _ in range(3)]
    other = await person(database)
    (_, of_closed) = await invite(database, other)
    async with database.begin() as session:
        await accounts.invitations.revoke(session, owner.workspace_id, revoked[0].id)
        old = update(InvitationRow).where(InvitationRow.id == expired[0].id)
        await session.execute(old.values(expires_at=func.now() - timedelta(seconds=1)))
        await accounts.workspaces.close(session, other.workspace_id)
    said = set()
    for token in (revoked[1], expired[1], of_closed, "cti_" + "a" * 43, "x", "", closed[1][:-1]):
        with pytest.raises(NotFound) as raised:
            async with database.begin() as session:
                await accounts.invitations.accept(session, token, str(guest.user_id))
        said.add((raised.value.code, raised.value.message))
    assert len(said) == 1
    with pytest.raises(NotFound):
        async with database.begin() as session:
            await accounts.invitations.revoke(session, owner.workspace_id, revoked[0].id)


async def test_a_token_is_stored_nowhere(database: Database) -> None:
    owner = await person(database)
    _, token = await invite(database, owner)
    async with database.begin() as session:
        row = (await session.scalars(select(InvitationRow))).one()
        assert token not in " ".join(repr(getattr(row, column.key)) for column in InvitationRow.__table__.columns)
        assert len(row.hash) == 32


@pytest.mark.threat("A64")
async def test_who_loses_a_role_loses_the_invitations_made_with_it(database: Database) -> None:
    owner = await person(database)
    admin = await person(database, owner.workspace_id, Role.ADMIN)
    guest = await person(database)
    for act in (change(database, owner, admin, Role.VIEWER), remove(database, owner, admin)):
        _, token = await invite(database, admin, Role.ADMIN)
        await act
        with pytest.raises(NotFound):
            async with database.begin() as session:
                await accounts.invitations.accept(session, token, str(guest.user_id))


async def test_keys_stay_the_workspaces_unless_they_are_ended_with_their_maker(database: Database) -> None:
    owner = await person(database)
    for revoke_keys in (False, True):
        admin = await person(database, owner.workspace_id, Role.ADMIN)
        async with database.begin() as session:
            made = await accounts.keys.create(session, owner.workspace_id, "a", scopes=["jobs:read"], by=admin)
        await remove(database, owner, admin, revoke_keys=revoke_keys)
        async with database.begin() as session:
            assert (await accounts.authenticate(session, made.plaintext) is None) is revoke_keys


@pytest.mark.threat("A51", "A64")
async def test_what_somebody_made_by_a_key_of_theirs_ends_with_it(database: Database) -> None:
    owner = await person(database)
    admin = await person(database, owner.workspace_id, Role.ADMIN)

    async def key_by(by: Principal) -> tuple[str, Principal]:
        async with database.begin() as session:
            made = await accounts.keys.create(session, owner.workspace_id, "a", scopes=SCOPES_OF[Role.ADMIN], by=by)
            principal = await accounts.authenticate(session, made.plaintext)
        assert principal is not None
        return made.plaintext, principal

    async def is_open(token: str) -> bool:
        async with database.begin() as session:
            try:
                await accounts.invitations.look(session, token)
            except NotFound:
                return False
            return True

    first, by_first = await key_by(admin)
    second, by_second = await key_by(by_first)
    other, by_other = await key_by(owner)
    tokens = [(await invite(database, by))[1] for by in (admin, by_first, by_second, by_other)]
    async with database.begin() as session:
        removed = await accounts.members.remove(session, owner, str(admin.user_id), revoke_keys=True)
    assert (removed.keys_revoked, removed.invitations_revoked, removed.keys_left) == (2, 3, 0)
    async with database.begin() as session:
        working = [await accounts.authenticate(session, text) is not None for text in (first, second, other)]
    assert working == [False, False, True]
    assert [await is_open(token) for token in tokens] == [False, False, False, True]
    # Whoever took a key away from a thief does not expect to meet them by the link that they made with it.
    async with database.begin() as session:
        await accounts.keys.revoke(session, owner.workspace_id, by_other.id)
    assert not await is_open(tokens[-1])


async def test_a_closed_workspace_has_no_way_in(database: Database) -> None:
    owner = await person(database)
    _, token = await invite(database, owner)
    async with database.begin() as session:
        key = await accounts.create_api_key(session, owner.workspace_id, "a")
        closed = await accounts.workspaces.close(session, owner.workspace_id)
    assert (closed.members, closed.invitations, closed.api_keys) == (1, 1, 1)
    async with database.begin() as session:
        assert await accounts.authenticate(session, key.plaintext) is None
        assert await accounts.members.role_of(session, owner.workspace_id, str(owner.user_id)) is None
        assert (await accounts.workspaces.page(session, owner)).items == ()
        with pytest.raises(NotFound):
            await accounts.invitations.look(session, token)
        with pytest.raises(NotFound):
            await accounts.workspaces.get(session, owner.workspace_id)
        with pytest.raises(NotFound):
            await accounts.workspaces.close(session, owner.workspace_id)
        assert await session.scalar(select(func.count()).select_from(WorkspaceRow)) == 1


async def test_another_default_follows_one_that_was_closed(database: Database) -> None:
    async with database.begin() as session:
        first = await accounts.ensure_default(session)
        await accounts.workspaces.close(session, first.id)
        second = await accounts.ensure_default(session)
    assert isinstance(second, Workspace)
    assert first.id != second.id


@pytest.mark.threat("A51")
@pytest.mark.parametrize("wanted", [["*"], ["jobs:*"], ["jobs:write"], ["jobs:read", "members:write"]])
async def test_a_key_makes_none_that_may_do_more(database: Database, wanted: list[str]) -> None:
    owner = await person(database)
    narrow = Principal(owner.workspace_id, "key_x", "api_key", frozenset({"jobs:read", "keys:*"}))
    async with database.begin() as session:
        with pytest.raises(Forbidden) as raised:
            await accounts.keys.create(session, owner.workspace_id, "a", scopes=wanted, by=narrow)
        assert raised.value.code == "scope_not_yours"
        made = await accounts.keys.create(session, owner.workspace_id, "a", scopes=["jobs:read"], by=narrow)
        assert made.key.created_by == "key_x"


@pytest.mark.threat("A51")
async def test_a_key_gets_no_text_of_one_that_may_do_more(database: Database) -> None:
    owner = await person(database)
    narrow = Principal(owner.workspace_id, "key_x", "api_key", frozenset({"keys:*"}))
    async with database.begin() as session:
        whole = await accounts.create_api_key(session, owner.workspace_id, "whole")
        with pytest.raises(Forbidden):
            await accounts.keys.rotate(session, owner.workspace_id, whole.key.id, by=narrow)
        assert await accounts.authenticate(session, whole.plaintext) is not None


@pytest.mark.parametrize("scopes", [[], ["jobs"], ["jobs:delete"], ["*:read"], ["nothing:read"], ["jobs:read "], [""]])
async def test_what_is_no_scope_is_refused(database: Database, scopes: list[str]) -> None:
    owner = await person(database)
    async with database.begin() as session:
        with pytest.raises(Invalid) as raised:
            await accounts.keys.create(session, owner.workspace_id, "a", scopes=scopes)
    assert raised.value.code == "bad_scope"


async def test_a_rotated_key_has_two_texts_for_a_while(database: Database) -> None:
    owner = await person(database)
    async with database.begin() as session:
        first = await accounts.create_api_key(session, owner.workspace_id, "a")
    texts = [first.plaintext]
    for _ in range(2):
        async with database.begin() as session:
            made = await accounts.keys.rotate(session, owner.workspace_id, first.key.id, by=owner)
        assert made.key.id == first.key.id
        assert made.key.last_four == made.plaintext[-4:]
        assert made.key.previous_until is not None
        assert timedelta(hours=23) < made.key.previous_until - datetime.now(UTC) < timedelta(hours=25)
        texts.append(made.plaintext)
    async with database.begin() as session:
        known = [await accounts.authenticate(session, plaintext) for plaintext in texts]
        assert [one is not None for one in known] == [False, True, True]
        assert {one.id for one in known if one is not None} == {first.key.id}
        await session.execute(update(ApiKeyRow).values(previous_until=func.now() - timedelta(seconds=1)))
    async with database.begin() as session:
        known = [await accounts.authenticate(session, plaintext) for plaintext in texts]
        assert [one is not None for one in known] == [False, False, True]
        await accounts.keys.revoke(session, owner.workspace_id, first.key.id)
        assert await accounts.authenticate(session, texts[-1]) is None


async def test_without_an_overlap_the_old_text_dies_at_once(database: Database) -> None:
    owner = await person(database)
    async with database.begin() as session:
        first = await accounts.create_api_key(session, owner.workspace_id, "a")
        await accounts.keys.rotate(session, owner.workspace_id, first.key.id, overlap=timedelta(0), by=owner)
    async with database.begin() as session:
        assert await accounts.authenticate(session, first.plaintext) is None


async def test_a_key_ends_when_it_said_it_would(database: Database) -> None:
    owner = await person(database)
    ends = datetime.now(UTC) + timedelta(hours=1)
    async with database.begin() as session:
        made = await accounts.create_api_key(session, owner.workspace_id, "a", expires_at=ends)
        principal = await accounts.authenticate(session, made.plaintext)
        assert principal is not None
        assert principal.expires_at == ends
        await session.execute(update(ApiKeyRow).values(expires_at=func.now()))
    async with database.begin() as session:
        assert await accounts.authenticate(session, made.plaintext) is None
        for wrong in (datetime.now(UTC) - timedelta(days=1), datetime.max.replace(tzinfo=UTC)):
            with pytest.raises(Invalid):
                await accounts.create_api_key(session, owner.workspace_id, "a", expires_at=wrong)


async def test_there_is_an_end_to_how_many_there_may_be(database: Database) -> None:
    owner = await person(database)
    async with database.begin() as session:
        workspace = await accounts.workspaces.get(session, owner.workspace_id)
        keys, invitations = Keys(max_keys=1), Invitations(max_open=1)
        await keys.create(session, workspace.id, "a")
        with pytest.raises(QuotaExceeded):
            await keys.create(session, workspace.id, "b")
        for allowed in (True, False):
            try:
                await invitations.create(session, owner, workspace, role=Role.VIEWER, email=None, mails=False)
                assert allowed
            except QuotaExceeded:
                assert not allowed
        with pytest.raises(QuotaExceeded):
            await Workspaces(max_owned=1).create(session, "more", owner=str(owner.user_id))
