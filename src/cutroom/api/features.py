"""What may be switched off, because not every deployment wants its risk."""

from dataclasses import dataclass, fields
from typing import Final

from cutroom.kit.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Features:
    """Which of the risky things may be done here.

    Args:
        html: pages and pieces of HTML drawn by a browser.
        fetching: sources by URL; without it, only assets can be used.
        registration: strangers may make an account for themselves.
        imports: assets made from a URL.
    """

    html: bool = True
    fetching: bool = True
    registration: bool = True
    imports: bool = True

    def demand(self, name: str) -> None:
        """Refuse what is switched off.

        Raises:
            Forbidden: `feature_disabled`.
        """
        if not getattr(self, name):
            raise disabled(name)


def disabled(name: str) -> Forbidden:
    """The refusal of what is switched off."""
    return Forbidden("feature_disabled", f"'{name}' is switched off on this server; its operator can allow it.")


NAMES: Final = tuple(field.name for field in fields(Features))
