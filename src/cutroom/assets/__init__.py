"""Floor 6: files that workspaces own. Bytes live in a store, everything known about them in rows."""

from cutroom.assets.asset import Artifact, ArtifactStatus, Asset, NewUpload, Published, Taken, Upload, UploadStatus
from cutroom.assets.store import ObjectInfo, SignedPut, Store

__all__ = [
    "Artifact",
    "ArtifactStatus",
    "Asset",
    "NewUpload",
    "ObjectInfo",
    "Published",
    "SignedPut",
    "Store",
    "Taken",
    "Upload",
    "UploadStatus",
]
