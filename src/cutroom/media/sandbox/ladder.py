"""The levels, by what each is made of on this machine.

- 0: nothing that holds.
- 1: typed command lines, allow-lists, limits, a session and a clean environment of its own. Stops most abuse of
  options, and no bug of a parser.
- 2: adds no new privileges, Landlock and a filter for system calls. Stops reach for files and network after a parser
  was broken into.
- 3: bubblewrap in Landlock's place: namespaces, and a root with nothing else in it. Stops sight of the machine.
- 4: adds control groups, and a user of its own where we are root. Stops noisy neighbours, and reach for root's files.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from cutroom.kit.fence import Fence, bubblewrap, cgroups, landlock, seccomp

HIGHEST: Final = 4
_USER: Final = 60_999
"""A user and group that nobody has: above those that distributions give out, below those of systemd's services."""


@dataclass(frozen=True, slots=True)
class Ladder:
    """What there is to try.

    Args:
        fences: the fence of each level for which this machine has the parts.
        lacking: for each of the others, what is not there.
    """

    fences: Mapping[int, Fence]
    lacking: Mapping[int, str]


def ladder() -> Ladder:
    """Look at this machine; nothing is tried yet."""
    calls, version = seccomp.program(), landlock.version()
    wrap, groups = bubblewrap.find(), cgroups.find()
    if groups is not None:
        cgroups.sweep(groups)
    fences: dict[int, Fence] = {1: Fence()}
    lacking: dict[int, str] = {}
    if calls is None:
        lacking.update(dict.fromkeys((2, 3, 4), "system calls of this processor are not known"))
    elif version is None:
        lacking[2] = "the kernel has no Landlock, or has it switched off"
    else:
        fences[2] = Fence(landlock=version, filter=calls)
    if calls is not None and wrap is None:
        lacking.update(dict.fromkeys((3, 4), "bubblewrap is not installed"))
    elif calls is not None:
        fences[3] = Fence(filter=calls, bubblewrap=wrap)
        if groups is None:
            lacking[4] = "no control groups of memory and pids can be made here"
        else:
            user = (_USER, _USER) if os.geteuid() == 0 else None
            fences[4] = Fence(filter=calls, bubblewrap=wrap, groups=groups, user=user)
    return Ladder(MappingProxyType(fences), MappingProxyType(lacking))
