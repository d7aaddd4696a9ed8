"""SHA-256 of files, and copies of files that may have been changed since they were hashed."""

import hashlib
from pathlib import Path
from typing import Final

_CHUNK_BYTES: Final = 1 << 20


def hash_file(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_verified(source: Path, target: Path, sha256: str) -> bool:
    """Copy a file; False, and no target, when it is gone or its bytes are not those of the hash (hexadecimal)."""
    digest = hashlib.sha256()
    try:
        with source.open("rb") as given, target.open("wb") as taken:
            while data := given.read(_CHUNK_BYTES):
                digest.update(data)
                taken.write(data)
    except FileNotFoundError:
        if not target.parent.is_dir():
            raise
        target.unlink(missing_ok=True)
        return False
    if digest.hexdigest() != sha256:
        target.unlink()
        return False
    return True
