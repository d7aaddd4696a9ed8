"""Which version of Landlock this kernel has: landlock(7).

The kernel is asked, and not the file in securityfs, which is not mounted everywhere. The rules themselves are made in
`kit/launch.py`, by the process that they are for.
"""

import ctypes
import sys
from typing import Final

_CREATE_RULESET: Final = 444
_VERSION: Final = 1  # LANDLOCK_CREATE_RULESET_VERSION


def version() -> int | None:
    """The ABI, from 1; None where there is no Landlock, or where it is switched off."""
    if sys.platform != "linux":
        return None
    found = int(ctypes.CDLL(None, use_errno=True).syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION))
    return found if found > 0 else None
