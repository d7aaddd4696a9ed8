"""What is written to people."""

from datetime import datetime
from typing import Final

from cutroom.accounts.membership import NewInvitation
from cutroom.accounts.user import Link
from cutroom.kit.mail import Letter

_INVITATION = """\
You are invited to the workspace "{name}" as {role}.

Open this link to accept:

{link}

It works once, for one person, until {until} UTC. If you did not expect it, do nothing.
"""
_CONFIRM = """\
An account was made with this address.

Open this link and log in to confirm that it is yours:

{link}

It works once, until {until} UTC.
If you have made no account, do nothing: nobody can use it without this link.
"""
_RESET = """\
Somebody asked for another password for the account with this address, or
tried to register with it once more.

If it was you, open this link and choose one:

{link}

It works once, until {until} UTC, unless a newer one is sent.
If it was not you, do nothing: your password stays as it is.
"""
_CHANGED = """\
The password of your account here was changed at {at} UTC.
Other browsers that were logged in are logged out; API keys go on working.

If it was not you, choose another one at once:

{page}
"""
_ABOUT_LINKS: Final = {"confirm": ("Confirm your address", _CONFIRM), "reset": ("Choose another password", _RESET)}


def invitation_letter(made: NewInvitation, to: str, link: str) -> Letter:
    """The letter that carries an invitation's link. What strangers named has no way into its headers."""
    name = "".join(letter if letter.isprintable() else " " for letter in made.workspace_name)
    text = _INVITATION.format(name=name, role=made.invitation.role, link=link, until=_told(made.invitation.expires_at))
    return Letter(to=to, subject=f"Invitation to {name}", text=text)


def link_letter(made: Link, to: str, page: str) -> Letter:
    """The letter that carries somebody's own link, to a page that takes its token. Nothing in it is a stranger's."""
    subject, text = _ABOUT_LINKS[made.purpose]
    return Letter(to=to, subject=subject, text=text.format(link=f"{page}#{made.token}", until=_told(made.expires_at)))


def changed_letter(to: str, at: datetime, page: str) -> Letter:
    """The letter that tells of another password; at `page` one may choose yet another."""
    return Letter(to=to, subject="Your password was changed", text=_CHANGED.format(at=_told(at), page=page))


def _told(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")
