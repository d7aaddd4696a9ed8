"""`cutroom user …`: what an operator does for people with a password."""

import sys

import typer

from cutroom.accounts import NewUser, Role, User
from cutroom.app.console import out
from cutroom.app.operating import operated
from cutroom.app.settings import load
from cutroom.app.stack import Connection
from cutroom.kit.errors import Invalid

MAX_STDIN_CHARS = 4_096


def ask_password(*, from_stdin: bool) -> str:
    """A password, typed twice and unseen, or the first line of standard input: never an argument, which others see."""
    if from_stdin:
        return sys.stdin.readline(MAX_STDIN_CHARS).rstrip("\r\n")
    return str(typer.prompt("Password", hide_input=True, confirmation_prompt=True))


async def create(email: str, password: str, *, name: str | None, workspace_id: str | None, role: str) -> None:
    """Make a user and print their id.

    Raises:
        Invalid: `bad_role`, `bad_email`, `bad_password`, `bad_name`.
        NotFound: `workspace_not_found`.
        Conflict: `email_taken`.
    """
    if role not in set(Role):
        raise Invalid("bad_role", f"'{role}' is no role; there are {', '.join(Role)}.")
    async with operated("cutroom-user") as parts:
        wanted = NewUser(email, password, name)
        user = await parts.identity.people.create(wanted, workspace_id=workspace_id, role=Role(role))
    out.print(user.id, markup=False)


async def set_password(user: str, password: str) -> None:
    """Give somebody, by e-mail address or id, another password.

    Raises:
        NotFound: `user_not_found`.
        Invalid: `bad_password`.
    """
    async with operated("cutroom-user") as parts:
        changed = await parts.identity.people.set_password(user, password)
    out.print(f"{_named(changed)} has another password and is logged out everywhere.", markup=False)


async def reset_link(user: str) -> None:
    """Print a link with which somebody, by e-mail address or id, may choose a password, for an hour, once.

    Raises:
        NotFound: `user_not_found`.
        Forbidden: `user_disabled`.
        Conflict: `no_password`.
    """
    settings = load()
    if settings.database_url is None and settings.public_url is None:
        found = Connection.read(settings.data)  # `up --port` is known to nobody else
        settings = settings.model_copy(update={"public_url": None if found is None else found.url})
    async with operated("cutroom-user", settings) as parts:
        link = await parts.identity.people.reset_link(user)
    out.print(f"{settings.page('reset')}#{link.token}", markup=False)


async def set_disabled(user: str, *, disabled: bool) -> None:
    """Shut somebody, by e-mail address or id, out, or let them in again.

    Raises:
        NotFound: `user_not_found`.
    """
    async with operated("cutroom-user") as parts:
        changed = await parts.identity.people.set_disabled(user, disabled=disabled)
    out.print(f"{_named(changed)} is {'shut out' if disabled else 'let in'}.", markup=False)


def _named(user: User) -> str:
    return user.email or user.id
