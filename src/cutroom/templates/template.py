"""What the package hands out: frozen values, never rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

TEMPLATE_PREFIX: Final = "tpl"


@dataclass(frozen=True, slots=True)
class Template:
    """A stored document with placeholders.

    Args:
        document: JSON, checked by whoever stored it.
        fields: JSON that describes each placeholder, by name.
        version: grows by one with every change.
    """

    id: str
    workspace_id: str
    name: str
    document: Mapping[str, Any]
    fields: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
