"""Keeping what a trial of the ladder found, for as long as nothing that it depends on has changed."""

import hashlib
import json
import os
import platform
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from cutroom import __version__
from cutroom.kit.fence import Fence
from cutroom.media import ffmpeg
from cutroom.media.sandbox.ladder import Ladder
from cutroom.media.sandbox.trial import Verdict

FILE: Final = "sandbox.json"
_MOST: Final = 8
"""Verdicts that are kept, the newest: several versions of us may share a folder, and each has one of its own."""


def read(folder: Path, rungs: Ladder) -> Verdict | None:
    """The verdict that is kept, if there is one of this boot, these programs and this user."""
    kept = _kept(folder).get(_of(rungs), {})
    try:
        failed = {int(level): tuple(probes) for level, probes in kept["failed"].items()}
        return Verdict(int(kept["level"]), failed)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def write(folder: Path, rungs: Ladder, verdict: Verdict) -> None:
    """Keep a verdict; where the folder cannot be written, it is found anew the next time."""
    of = _of(rungs)
    others = [(name, one) for name, one in _kept(folder).items() if name != of]
    mine = {"level": verdict.level, "failed": {str(k): v for k, v in verdict.failed.items()}}
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f"{FILE}.{os.getpid()}.part"
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(dict([*others, (of, mine)][-_MOST:])), encoding="utf-8")
        draft.replace(folder / FILE)


def _kept(folder: Path) -> dict[str, Any]:
    """All verdicts by what they are of, the newest last."""
    try:
        kept = json.loads((folder / FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}


def _of(rungs: Ladder) -> str:
    """A digest of all that a verdict depends on."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    programs = [Path(sys.executable), ffmpeg.find().path]
    programs += [fence.bubblewrap for fence in rungs.fences.values() if fence.bubblewrap is not None]
    facts = [
        __version__,
        boot.read_text() if boot.exists() else "",
        platform.platform(),
        sys.prefix,
        f"{os.getuid()} {os.geteuid()} {os.getgid()} {sorted(os.getgroups())}",
        *(str(space.readlink()) for space in sorted(Path("/proc/self/ns").glob("*"))),
        *(f"{level} {_shape(fence)}" for level, fence in sorted(rungs.fences.items())),
        *(f"{program} {_stamp(program)}" for program in dict.fromkeys(programs)),
        *(f"{code} {_stamp(code)}" for code in _code()),
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def _shape(fence: Fence) -> str:
    """What a fence is made of; not the name of our own control group, which changes with each login."""
    return f"{fence.landlock} {(fence.filter or b'').hex()} {fence.bubblewrap} {fence.groups is not None} {fence.user}"


def _code() -> list[Path]:
    here = Path(__file__).parent
    kit = here.parents[1] / "kit"
    return sorted([*here.glob("*.py"), *(kit / "fence").glob("*.py"), kit / "launch.py", kit / "process.py"])


def _stamp(path: Path) -> str:
    with suppress(OSError):
        about = path.stat()
        return f"{about.st_size} {about.st_mtime_ns} {about.st_ino}"
    return "gone"
