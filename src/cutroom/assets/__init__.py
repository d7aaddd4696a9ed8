"""Floor 6: files that workspaces own. Bytes live in a store, everything known about them in rows."""

from cutroom.assets.asset import Artifact, ArtifactStatus, Asset, NewUpload, Published, Taken, Upload, UploadStatus
from cutroom.assets.bucket import open_bucket
from cutroom.assets.cache import LocalCache
from cutroom.assets.files import AttemptFiles
from cutroom.assets.local import LocalStore
from cutroom.assets.retention import Retention
from cutroom.assets.service import AssetService
from cutroom.assets.settings import AssetSettings, S3Settings
from cutroom.assets.store import ObjectInfo, SignedPut, Store

__all__ = [
    "Artifact",
    "ArtifactStatus",
    "Asset",
    "AssetService",
    "AssetSettings",
    "AttemptFiles",
    "LocalCache",
    "LocalStore",
    "NewUpload",
    "ObjectInfo",
    "Published",
    "Retention",
    "S3Settings",
    "SignedPut",
    "Store",
    "Taken",
    "Upload",
    "UploadStatus",
    "open_bucket",
]
