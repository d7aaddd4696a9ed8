"""What may be switched off, because not every deployment wants its risk."""

from dataclasses import dataclass

from cutroom.kit.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Features:
    """Which of the risky things may be done here.

    Args:
        html_assets: pages and pieces of HTML, drawn by a browser.
        url_sources: sources by URL; without it, only assets can be used.
        url_imports: assets made from a URL.
    """

    html_assets: bool = True
    url_sources: bool = True
    url_imports: bool = True


def disabled(setting: str) -> Forbidden:
    """The refusal of what is switched off.

    Args:
        setting: what switches it, without prefix.
    """
    message = f"This server does not do that; its operator can allow it by CUTROOM_{setting.upper()}."
    return Forbidden("feature_disabled", message)
