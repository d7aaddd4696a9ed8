"""Lists the packets of H.264 files, without decoding any: a program that `packets.py` starts and kills.

Run as `python -I packets_child.py`, with a JSON list of what is wanted on standard input. For each file it writes a
line of JSON and the numbers that this line announces. The demuxer gets one open file and nothing else, as in
`probe_child.py`. Imports nothing of ours, so that the child starts in the time PyAV takes.
"""

import json
import os
import sys
from array import array
from typing import Any, NoReturn

import av
import av.container
import av.logging
from av.packet import Packet

MAX_STREAMS = 64
BUFFER_BYTES = 1 << 20
KEY, INSTANT, FOREIGN, DISCARD = 1, 2, 4, 8
# NAL unit types that a copied packet may hold (ITU-T H.264, table 7-1): slices, IDR slices, SEI, delimiter, filler.
PLAIN = frozenset({1, 5, 6, 9, 12})
SETS = frozenset({7, 8})
IDR = 5


class Bare:
    """A file without a name."""

    def __init__(self, path: str) -> None:
        file = open(path, "rb", buffering=0)  # noqa: SIM115, PTH123 — lives as long as the program
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


def main() -> None:
    """List the packets of every file that is asked for."""
    av.logging.set_level(av.logging.PANIC)
    for wanted in json.load(sys.stdin):
        try:
            facts, columns = listed(wanted)
        except (av.error.FFmpegError, OSError, ValueError, IndexError, MemoryError) as error:
            facts, columns = {"error": str(error)[:300], "packets": 0}, []
        out = sys.stdout.buffer
        out.write(json.dumps(facts).encode() + b"\n")
        for column in columns:
            out.write(column.tobytes())
    sys.stdout.flush()
    os._exit(0)  # tearing down a hostile file's state is not our business


def listed(wanted: dict[str, Any]) -> tuple[dict[str, Any], list["array[int]"]]:
    """What one file says of its stream, and the packets in the spans: times, places, sizes and marks."""
    options = {"protocol_whitelist": "file", "format_whitelist": wanted["demuxer"], "max_streams": str(MAX_STREAMS)}
    source = av.open(
        Bare(wanted["path"]),
        "r",
        format=wanted["demuxer"],
        container_options=options,
        buffer_size=BUFFER_BYTES,
        io_open=_refuse,
        metadata_errors="replace",
    )
    stream = source.streams[wanted["stream"]]
    context = stream.codec_context
    config = bytes(context.extradata or b"")
    marks = Marks(config) if context.name == "h264" else None
    columns = [array("q"), array("q"), array("q"), array("i"), array("b")]
    reached: int | None = None
    for first, last in wanted["spans"]:
        if reached is None or first > reached:
            source.seek(first, stream=stream)
        for packet in source.demux(stream):
            if packet.size == 0 or packet.dts is None or packet.pts is None:
                continue
            if reached is None or packet.dts > reached:
                reached = packet.dts
                _note(columns, packet, marks)
            if packet.dts > last:
                break
    facts = {"config": config.hex(), "packets": len(columns[0]), "upright": _upright(wanted["path"])}
    if stream.type == "video":
        facts["colors"] = [
            int(context.color_range),
            int(context.color_primaries),
            int(context.color_trc),
            int(context.colorspace),
        ]
    return facts, columns


def _note(columns: list["array[int]"], packet: "Packet[Any]", marks: "Marks | None") -> None:
    pts, dts, places, sizes, flags = columns
    pts.append(packet.pts or 0)
    dts.append(packet.dts or 0)
    places.append(-1 if packet.pos is None else packet.pos)
    sizes.append(packet.size)
    mark = (KEY if packet.is_keyframe else 0) | (DISCARD if packet.is_discard or packet.is_corrupt else 0)
    flags.append(mark | (marks.of(bytes(packet)) if marks is not None else 0))


class Marks:
    """Tells of H.264 packets what they hold; `config` is the stream's avcC record (ISO/IEC 14496-15, 5.3.3.1)."""

    def __init__(self, config: bytes) -> None:
        if len(config) < 7 or config[0] != 1:
            raise ValueError("there is no avcC record")
        self._length = (config[4] & 3) + 1
        self._config = config

    def of(self, data: bytes) -> int:
        """Whether a packet is an IDR picture, and whether it holds what cannot be copied."""
        at, kinds, length = 0, set(), self._length
        while at < len(data):
            size = int.from_bytes(data[at : at + length], "big")
            at += length
            if not 0 < size <= len(data) - at:
                return FOREIGN
            kind = data[at] & 31
            if kind in SETS and data[at : at + size] not in self._config:
                return FOREIGN
            kinds.add(kind)
            at += size
        if kinds - PLAIN - SETS or not kinds & {1, IDR}:
            return FOREIGN
        return INSTANT if IDR in kinds and 1 not in kinds else 0


def _refuse(url: str, flags: int, options: object) -> NoReturn:
    raise PermissionError("a media file may not open another")


def _upright(path: str) -> bool:
    """Whether no track of an MP4 is turned or mirrored (ISO/IEC 14496-12, 8.3.2: the matrix of `tkhd`)."""
    with open(path, "rb") as file:  # noqa: PTH123 — no pathlib: its import costs milliseconds
        size = os.fstat(file.fileno()).st_size
        movie = _find(file, b"moov", 0, size)
        if movie is None:
            return False
        at, end = movie
        while (track := _find(file, b"trak", at, end)) is not None:
            at = track[1]
            header = _find(file, b"tkhd", *track)
            if header is None:
                return False
            file.seek(header[0])
            body = file.read(96)
            matrix = body[52:88] if body[:1] == b"\x01" else body[40:76]
            numbers = [int.from_bytes(matrix[place : place + 4], "big") for place in (0, 4, 12, 16)]
            if numbers != [0x10000, 0, 0, 0x10000]:
                return False
    return True


def _find(file: Any, name: bytes, at: int, end: int) -> tuple[int, int] | None:
    """Where the content of the first box of that name begins and ends."""
    while at + 8 <= end:
        file.seek(at)
        header = file.read(16)
        size, begin = int.from_bytes(header[:4], "big"), at + 8
        if size == 1:
            size, begin = int.from_bytes(header[8:16], "big"), at + 16
        size = end - at if size == 0 else size
        if size < begin - at or at + size > end:
            return None
        if header[4:8] == name:
            return begin, at + size
        at += size
    return None


if __name__ == "__main__":
    main()
