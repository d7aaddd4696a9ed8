"""What may be switched off here, because not every deployment wants its risk. Documents know their own: `Limits`."""

from dataclasses import dataclass

from cutroom.kit.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Features:
    """Which of the risky things may be done.

    Args:
        url_imports: assets may be made from a URL.
    """

    url_imports: bool = True


def disabled(setting: str) -> Forbidden:
    """The refusal of what is switched off; `setting` is what switches it."""
    return Forbidden("feature_disabled", f"This server does not do that; its operator can allow it by {setting}.")
