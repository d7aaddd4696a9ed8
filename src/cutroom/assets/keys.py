"""Where things lie in a store. Every key starts with its workspace, and holds ids and hashes only."""

import re
from typing import Final

from cutroom.assets.store import workspace_key

EVERYTHING: Final = "ws/"
BLOBS: Final = "blobs"
UPLOADS: Final = "uploads"
SENT: Final = "sent"
_PART: Final = re.compile(r".+\.parts/[0-9]{5}")


def upload_key(workspace_id: str, upload_id: str) -> str:
    """Where the bytes of an upload are sent to."""
    return workspace_key(workspace_id, "uploads", upload_id)


def part_key(key: str, number: int) -> str:
    """Where a store without parts of its own keeps a part of the object `key`; in the order of the numbers."""
    return f"{key}.parts/{number:05}"


def tail_key(workspace_id: str, upload_id: str, name: str) -> str:
    """Where the end of a tus upload waits that is too small to be a part."""
    return workspace_key(workspace_id, "uploads", f"{upload_id}.tail", name)


def sent_key(workspace_id: str, sent_id: str) -> str:
    """Where an agent sends a file to, until it is looked at."""
    return workspace_key(workspace_id, SENT, sent_id)


def asset_key(workspace_id: str, asset_id: str, generation: int) -> str:
    """Where an asset is; nobody outside can ever write there."""
    return workspace_key(workspace_id, "assets", f"{asset_id}.{generation}")


def artifact_key(workspace_id: str, artifact_id: str) -> str:
    """Where an artifact is."""
    return workspace_key(workspace_id, "artifacts", artifact_id)


def blob_key(workspace_id: str, key: str) -> str:
    """Where content is kept for reuse under a key that says what it is, `src/<sha256>` for a source."""
    return workspace_key(workspace_id, BLOBS, key)


def source_key(sha256: str) -> str:
    """The content key of a source."""
    return f"src/{sha256}"


def is_part(key: str) -> bool:
    """Whether this is a key that `part_key` made."""
    return _PART.fullmatch(key) is not None


def parse(key: str) -> tuple[str, str, str] | None:
    """Workspace, kind (`uploads`, `assets`, `artifacts`, `blobs`) and the rest of a key; None for a stranger's key."""
    parts = key.split("/", 3)
    return (parts[1], parts[2], parts[3]) if len(parts) == 4 and parts[0] == "ws" else None
