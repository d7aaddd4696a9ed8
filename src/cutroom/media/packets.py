"""Where the packets of a stream lie in a file, without decoding any.

What most files are like is read from their tables here (`mp4.py`). All others are listed by a child of its own: one
child lists all files that are asked for, since starting it takes longer than listing one; when it dies, each file
gets a child of its own, and the one at fault is left out.
"""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutroom.kit.errors import Unavailable
from cutroom.kit.later import later_log
from cutroom.kit.process import Limits, run
from cutroom.media.formats import demuxer
from cutroom.media.mp4 import read_samples
from cutroom.media.sandbox import for_python
from cutroom.media.turns import turn

_log = later_log()
_CHILD: Final = Path(__file__).with_name("packets_child.py")
_TIMEOUT_S: Final = 120.0
_LIMITS: Final = Limits(memory_bytes=2 << 30, file_bytes=0, cpu_s=120)
_OUTPUT_BYTES: Final = 1 << 29
_COLUMNS: Final = (np.int64, np.int64, np.int64, np.int32, np.int8)
_KEY, _INSTANT, _FOREIGN, _DISCARD = 1, 2, 4, 8
_TABLES: Final = frozenset({"mp4", "mov"})

Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What shall be listed of a file.

    Args:
        path: a file of ours; nothing is read from its name.
        format: its container, as the probe gave it.
        stream: index of the stream.
        spans: presentation times, in ticks of the stream, first and last; every packet shown in one of them is listed.
    """

    path: Path
    format: str
    stream: int
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class PacketIndex:
    """Packets of one stream in decoding order; those of one span lie together. Arrays have one entry for each.

    Args:
        config: what its decoder needs: the `avcC` record of H.264.
        upright: whether the file asks for no turning and no mirroring of any track.
        colors: range, primaries, transfer and matrix as the file says, in code points of ITU-T H.273 (range as FFmpeg
            has it: 1 is limited); 2, and 0 for the range, is unspecified. Empty for sound.
        pts: presentation times, in ticks of the stream, as players count after edit lists; int64.
        dts: decoding times; int64.
        offsets: where each begins in the file, in bytes; int64.
        sizes: bytes; int32.
        keys: whether the file calls it a key frame; bool.
        instant: whether it is an IDR picture of H.264; bool.
        foreign: whether it holds anything but slices and what may be dropped, or parameter sets of its own; bool.
        discarded: whether players decode it and do not show it; bool.
    """

    config: bytes
    upright: bool
    colors: tuple[int, ...]
    pts: Integers
    dts: Integers
    offsets: Integers
    sizes: NDArray[np.int32]
    keys: Flags
    instant: Flags
    foreign: Flags
    discarded: Flags

    def __len__(self) -> int:
        return len(self.pts)


async def list_packets(wanted: Mapping[str, Wanted]) -> dict[str, PacketIndex]:
    """List packets of several files; those that cannot be read are left out.

    Args:
        wanted: what to list, under names of the caller's choice.
    """
    read = await asyncio.to_thread(lambda: {name: _tables(one) for name, one in wanted.items()})
    found = {name: index for name, index in read.items() if index is not None}
    unusual = {name: one for name, one in wanted.items() if name not in found}
    return {**found, **await _by_child(unusual)} if unusual else found


def _tables(one: Wanted) -> PacketIndex | None:
    """What the tables of an MP4 say, if it is an usual one."""
    found = read_samples(one.path, one.stream, _merged(one.spans)) if one.format in _TABLES else None
    if found is None:
        return None
    return PacketIndex(
        config=found.config,
        upright=found.upright,
        colors=found.colors,
        pts=found.pts,
        dts=found.dts,
        offsets=found.offsets,
        sizes=found.sizes,
        keys=found.keys,
        instant=found.marks & _INSTANT > 0,
        foreign=found.marks & _FOREIGN > 0,
        discarded=np.zeros(len(found.pts), np.bool_),
    )


async def _by_child(wanted: Mapping[str, Wanted]) -> dict[str, PacketIndex]:
    found = await _listed(wanted)
    if found is None:
        singly = [await _listed({name: one}) for name, one in wanted.items()]
        found = {name: index for one in singly if one is not None for name, index in one.items()}
    return found


async def _listed(wanted: Mapping[str, Wanted]) -> dict[str, PacketIndex] | None:
    """What one child says; None when it died or took too long."""
    request = [
        {
            "path": str(one.path.absolute()),
            "demuxer": demuxer(one.format).value,
            "stream": one.stream,
            "spans": _merged(one.spans),
        }
        for one in wanted.values()
    ]
    command = [sys.executable, "-I", str(_CHILD)]
    folder = next(iter(wanted.values())).path.absolute().parent
    try:
        async with turn("probe"):
            done = await run(
                command,
                cwd=folder,
                timeout_s=_TIMEOUT_S,
                limits=_LIMITS,
                stdin=json.dumps(request).encode(),
                output_cap_bytes=_OUTPUT_BYTES,
                box=for_python((one.path for one in wanted.values()), memory_bytes=_LIMITS.memory_bytes),
            )
    except Unavailable:
        _log.warning("packets.timeout", files=len(wanted))
        return None
    if done.returncode != 0:
        _log.warning("packets.died", returncode=done.returncode, stderr=done.stderr[-2000:].decode("utf-8", "replace"))
        return None
    return await asyncio.to_thread(_read, done.stdout, list(wanted))


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order; those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return merged


def _read(data: bytes, names: Sequence[str]) -> dict[str, PacketIndex] | None:
    found: dict[str, PacketIndex] = {}
    at = 0
    for name in names:
        end = data.find(b"\n", at)
        if end < 0:
            return None
        facts = json.loads(data[at:end])
        at = end + 1
        if "error" in facts:
            _log.info("packets.refused", reason=facts["error"])
            continue
        columns: list[NDArray[Any]] = []
        for kind in _COLUMNS:
            size = facts["packets"] * np.dtype(kind).itemsize
            if at + size > len(data):
                return None
            columns.append(np.frombuffer(data, kind, facts["packets"], at))
            at += size
        found[name] = _index(facts, columns)
    return found


def _index(facts: dict[str, Any], columns: Sequence[NDArray[Any]]) -> PacketIndex:
    pts, dts, offsets, sizes, marks = columns
    return PacketIndex(
        config=bytes.fromhex(facts["config"]),
        upright=facts["upright"],
        colors=tuple(facts.get("colors", ())),
        pts=pts,
        dts=dts,
        offsets=offsets,
        sizes=sizes,
        keys=marks & _KEY > 0,
        instant=marks & _INSTANT > 0,
        foreign=marks & _FOREIGN > 0,
        discarded=marks & _DISCARD > 0,
    )
