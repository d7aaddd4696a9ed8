"""What a machine has, as an agent tells it."""

import os
import platform
from pathlib import Path
from typing import Any, Final

_GPUS: Final = Path("/proc/driver/nvidia/gpus")


def facts() -> dict[str, Any]:
    """Cores that may be used, memory, GPUs and the machine's name."""
    return {
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        "memory_bytes": _memory_bytes(),
        "gpus": gpus(),
        "host": platform.node(),
    }


def gpus(folder: Path = _GPUS) -> list[str]:
    """Models of the GPUs that NVIDIA's driver knows."""
    found = []
    for path in sorted(folder.glob("*/information")):
        for line in path.read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name == "Model":
                found.append(value.strip())
    return found


def _memory_bytes() -> int:
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return 0
