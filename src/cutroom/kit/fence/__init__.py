"""Fences around children: Landlock, a filter for system calls, namespaces, control groups."""

from cutroom.kit.fence.box import Box, Fence, libraries, runs_alone

__all__ = ["Box", "Fence", "libraries", "runs_alone"]
