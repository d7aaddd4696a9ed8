"""What the package hands out: frozen values, never rows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from cutroom.assets.store import SignedPut
from cutroom.kit.errors import CutroomError
from cutroom.media.info import MediaInfo

ASSET_PREFIX: Final = "ast"
UPLOAD_PREFIX: Final = "upl"
ARTIFACT_PREFIX: Final = "art"


@dataclass(frozen=True, slots=True)
class Asset:
    """A media file that a workspace owns and can use as input: `asset:<id>` in a timeline."""

    id: str
    workspace_id: str
    name: str
    content_type: str
    size_bytes: int
    sha256: str
    info: MediaInfo
    created_at: datetime


class UploadStatus(StrEnum):
    """Where an upload stands."""

    PENDING = "pending"  # the bytes may be sent until it expires
    VERIFYING = "verifying"  # complete was called; size, hash and media are being checked
    COMPLETED = "completed"  # it became an asset
    FAILED = "failed"  # the bytes were refused; `error` says why


@dataclass(frozen=True, slots=True)
class Upload:
    """A promise of bytes. `asset_id` exists from the start and becomes an asset when the upload completes."""

    id: str
    workspace_id: str
    asset_id: str
    name: str
    content_type: str
    size_bytes: int
    sha256: str | None
    status: UploadStatus
    error: CutroomError | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewUpload:
    """An upload just made, and where to send its bytes."""

    upload: Upload
    put: SignedPut


class ArtifactStatus(StrEnum):
    """Where an artifact stands; each state says who repairs it when its writer dies."""

    WRITING = "writing"  # its bytes may or may not be in the store; `sweep_artifacts` discards it after hours
    READY = "ready"  # written by an attempt of a job that has not ended; `sweep_unsettled` discards it after its job
    KEPT = "kept"  # part of a job's output
    DISCARDED = "discarded"  # not part of it; `sweep_artifacts` removes bytes, then row


@dataclass(frozen=True, slots=True)
class Artifact:
    """An immutable file that a job produced, with a signed URL that reads it until `expires_at`."""

    id: str
    job_id: str
    kind: str
    name: str
    content_type: str
    size_bytes: int
    sha256: str
    url: str
    expires_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """A source that was brought in: its bytes are the blob `src/<sha256>` of the workspace."""

    sha256: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Published:
    """A file of an attempt that became an artifact; `url` is a signed link, for other results that refer to it."""

    id: str
    sha256: str
    size_bytes: int
    content_type: str
    url: str
