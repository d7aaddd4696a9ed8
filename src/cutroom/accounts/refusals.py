"""The refusals that are the same on every way in."""

from cutroom.kit.errors import Forbidden, NotFound


def not_known(message: str) -> Forbidden:
    """Nobody we know is asking."""
    return Forbidden("unauthenticated", message)


def disabled() -> Forbidden:
    """Somebody we know is asking, who was shut out."""
    return Forbidden("user_disabled", "This account is disabled; ask whoever runs this installation.")


def no_such_workspace() -> NotFound:
    """The workspace does not exist, or not for whoever asks: both look the same."""
    return NotFound("workspace_not_found", "There is no such workspace.")
