"""What callers are refused with, by kind of prompt."""

from cutroom.kit.errors import Conflict, Detail, Invalid, NotFound
from cutroom.prompts.prompt import NAME, Kind


def check_name(name: str) -> None:
    """Refuse what is no name.

    Raises:
        Invalid: `bad_prompt_name`.
    """
    if NAME.fullmatch(name) is None:
        message = "A name has letters, digits, _, . and -, begins with a letter or a digit, and is at most 100 long."
        raise Invalid("bad_prompt_name", message, details=[Detail("/name", "bad_prompt_name", message)])


def not_found(kind: Kind) -> NotFound:
    """The workspace has nothing of this name; what is another's reads the same."""
    match kind:
        case "pattern":
            return NotFound("pattern_not_found", "The workspace has no such pattern of its own.")
        case "strategy":
            return NotFound("strategy_not_found", "The workspace has no such strategy of its own.")
        case "context":
            return NotFound("context_not_found", "The workspace has no such context.")
        case "session":
            return NotFound("session_not_found", "The workspace has no such session.")


def taken(kind: Kind, name: str) -> Conflict:
    """The workspace has something of this name already."""
    message = f"The workspace has a {kind} '{name}' already; choose another name, or delete that one."
    return Conflict("prompt_exists", message, details=[Detail("/name", "prompt_exists", message)])
