"""Floor 6: files that workspaces own. Bytes live in a store, everything known about them in rows."""

from cutroom.assets.asset import (
    Artifact,
    ArtifactStatus,
    Asset,
    NewUpload,
    Once,
    Published,
    SignedPart,
    Taken,
    Upload,
    UploadMethod,
    UploadStatus,
)
from cutroom.assets.bucket import open_bucket
from cutroom.assets.cache import LocalCache
from cutroom.assets.files import AttemptFiles
from cutroom.assets.limits import FileLimits, LimitsOf
from cutroom.assets.local import LocalStore
from cutroom.assets.resuming import Addition, Checksum
from cutroom.assets.retention import Retention
from cutroom.assets.sending import SentFiles
from cutroom.assets.service import AssetService
from cutroom.assets.settings import AssetSettings, S3Settings
from cutroom.assets.store import ObjectInfo, Part, SignedPut, Store
from cutroom.assets.writing import CHECKSUMS

__all__ = [
    "CHECKSUMS",
    "Addition",
    "Artifact",
    "ArtifactStatus",
    "Asset",
    "AssetService",
    "AssetSettings",
    "AttemptFiles",
    "Checksum",
    "FileLimits",
    "LimitsOf",
    "LocalCache",
    "LocalStore",
    "NewUpload",
    "ObjectInfo",
    "Once",
    "Part",
    "Published",
    "Retention",
    "S3Settings",
    "SentFiles",
    "SignedPart",
    "SignedPut",
    "Store",
    "Taken",
    "Upload",
    "UploadMethod",
    "UploadStatus",
    "open_bucket",
]
