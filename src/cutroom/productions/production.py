"""What the package hands out: frozen values, never rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

PREFIXES: Final[Mapping[str, str]] = {
    "transcript": "trn",
    "subtitles": "sub",
    "highlights": "hls",
    "clip": "clp",
    "post": "pst",
}
"""How the ids of each kind begin."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One version of a production from which another was made."""

    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Outdated:
    """What a production was made from, directly or by way of others, and that has changed since.

    Args:
        version: from which the production was made.
        latest: which there is now.
    """

    id: str
    kind: str
    title: str
    version: int
    latest: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """The job that makes a production.

    Args:
        type: name of its workflow.
        input: JSON data, as the job had it.
    """

    type: str
    input: Any


@dataclass(frozen=True, slots=True)
class Production:
    """Typed data made of a recording, as it is now, without its body.

    Args:
        version: the latest.
        facts: the plain values at the top of the body.
        size_bytes: of the body.
        job_id: the job that wrote the latest version; None when a person did.
        origins: what the latest version was made from.
        outdated: what of it, and of what that was made from, has changed since; nothing when it is up to date.
        recipe: how it was made last; None when a person made it.
    """

    id: str
    workspace_id: str
    kind: str
    title: str
    version: int
    facts: Mapping[str, Any]
    size_bytes: int
    job_id: str | None
    created_at: datetime
    updated_at: datetime
    origins: Sequence[Origin] = ()
    outdated: Sequence[Outdated] = ()
    recipe: Recipe | None = None

    @property
    def is_stale(self) -> bool:
        """Whether it would be made differently now."""
        return bool(self.outdated)


@dataclass(frozen=True, slots=True)
class Written:
    """One version of a production.

    Args:
        body: JSON text; its shape is the kind's.
        sha256: hash of the body, in hexadecimal.
        origins: what it was made from.
    """

    id: str
    kind: str
    version: int
    title: str
    body: str
    sha256: str
    created_at: datetime
    origins: Sequence[Origin] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """What is told of one version where bodies are not shown.

    Args:
        job_id: the job that wrote it; None when a person did.
        editor: who did, then: the id of a person or an API key.
    """

    version: int
    title: str
    size_bytes: int
    job_id: str | None
    editor: str | None
    created_at: datetime
    origins: Sequence[Origin] = ()
