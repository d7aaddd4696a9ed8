"""What the package hands out: frozen values, never rows."""

from collections.abc import Sequence
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
    deleted_at: datetime | None = None


class UploadStatus(StrEnum):
    """Where an upload stands."""

    PENDING = "pending"  # the bytes may be sent until it expires
    RECEIVED = "received"  # a piece of another upload, and all of it is here
    VERIFYING = "verifying"  # complete was called; size, hash and media are being checked
    COMPLETED = "completed"  # it became an asset
    FAILED = "failed"  # the bytes were refused, or did not come in time; `error` says why
    ABORTED = "aborted"  # its owner gave it up; seen by nobody, and swept


class UploadMethod(StrEnum):
    """How the bytes come."""

    SINGLE = "single"  # one signed PUT
    MULTIPART = "multipart"  # signed PUTs of parts of one size
    TUS = "tus"  # the tus protocol, through the API


@dataclass(frozen=True, slots=True)
class Once:
    """What makes an announcement safe to repeat: the client's key, and a hash of what it asked for."""

    key: str
    body_hash: str


@dataclass(frozen=True, slots=True)
class Upload:
    """A promise of bytes. `asset_id` exists from the start and becomes an asset when the upload completes.

    Args:
        size_bytes: None while a tus client has not said it.
        part_size_bytes: size of every part but the last, of an upload in parts.
        offset_bytes: how much of a tus upload is durable.
        tus_metadata: the `Upload-Metadata` that it came with.
        partial: it is a piece, to be joined with others.
        joins: the pieces that it is made of.
    """

    id: str
    workspace_id: str
    asset_id: str
    name: str
    content_type: str
    method: UploadMethod
    size_bytes: int | None
    sha256: str | None
    status: UploadStatus
    error: CutroomError | None
    part_size_bytes: int | None
    offset_bytes: int
    tus_metadata: str | None
    partial: bool
    joins: Sequence[str] | None
    created_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignedPart:
    """Permission to send one part of an upload."""

    number: int
    size_bytes: int
    put: SignedPut


@dataclass(frozen=True, slots=True)
class NewUpload:
    """An upload just made, and where to send its bytes: `put`, or the first of the parts.

    `created` is False when an earlier request with the same key made it.
    """

    upload: Upload
    put: SignedPut | None
    parts: Sequence[SignedPart] = ()
    created: bool = True


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
