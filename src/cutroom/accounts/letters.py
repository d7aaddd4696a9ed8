"""What is written to people."""

from cutroom.accounts.membership import NewInvitation
from cutroom.kit.mail import Letter

_INVITATION = """\
You are invited to the workspace "{name}" as {role}.

Open this link to accept:

{link}

It works once, for one person, until {until} UTC. If you did not expect it, do nothing.
"""


def invitation_letter(made: NewInvitation, to: str, link: str) -> Letter:
    """The letter that carries an invitation's link. What strangers named has no way into its headers."""
    name = "".join(letter if letter.isprintable() else " " for letter in made.workspace_name)
    until = made.invitation.expires_at.strftime("%Y-%m-%d %H:%M")
    text = _INVITATION.format(name=name, role=made.invitation.role, link=link, until=until)
    return Letter(to=to, subject=f"Invitation to {name}", text=text)
