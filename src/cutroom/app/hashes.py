"""SHA-256 of local files; that of a large one is remembered between commands, for as long as nothing touches the file.

Every clip out of a recording would begin with reading all of it: two seconds of processor for an hour in 1080p, and
more where the disk is slow. A note names a file by its mark, as `again` does, and trusts it on the same terms.
"""

import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

from cutroom.app.again import Seen
from cutroom.app.environment import mark
from cutroom.kit.hashes import hash_file

_LARGE_BYTES: Final = 64 << 20
"""Smaller files are hashed in less time than is worth a note."""
_DIGITS: Final = 64


def hash_seen(path: Path, seen: Seen, folder: Path) -> str:
    """SHA-256 of a file as it was seen, from the notes in `folder` if there is one."""
    if seen.mark[0] < _LARGE_BYTES:
        return hash_file(path)
    note = folder / "hashes" / "-".join(map(str, seen.mark))
    with suppress(OSError):
        if len(kept := note.read_text("ascii")) == _DIGITS:
            return kept
    found = hash_file(path)
    if seen.settled and mark(path) == seen.mark:
        with suppress(OSError):
            note.parent.mkdir(exist_ok=True)
            draft = note.with_name(f"{secrets.token_hex(8)}.part")
            draft.write_text(found, "ascii")
            draft.replace(note)
    return found
