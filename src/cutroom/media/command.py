"""What ffmpeg is told, as values: the one place where its command line is written.

Every path is ours and gets the `file:` prefix, so that none is read as an option, a protocol or a pattern (threats A24,
A25). Every input is read by the one demuxer that the probe found, may open nothing else, and has caps on streams and
pixels; every output takes options of a closed list, carries no metadata of its sources, and has a cap on its size.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, Self

from cutroom.media.filtergraph import Graph
from cutroom.media.formats import demuxer
from cutroom.media.info import MediaInfo
from cutroom.media.kinds import Choice, Int, Ratio, Time, Value
from cutroom.media.options import DEMUXERS, MUXERS, OUTPUT_OPTIONS
from cutroom.media.probe import MAX_PIXELS
from cutroom.media.words import Word

MAX_ALLOC_BYTES: Final = 320 << 20
"""The largest single piece of memory: a picture of `MAX_PIXELS` with four bytes each, and some. Stops a graph that
scales to 30000 x 30000, which took 2.6 GB and which `-max_pixels` of the input does not stop (threat A36)."""
MAX_OUTPUT_BYTES: Final = 64 << 30
MAX_OUTPUT_S: Final = Fraction(24 * 3600)
"""The end of every output. Two frames with days between them would be filled up with millions (threat A37)."""
MAX_STREAMS: Final = 64
THREADS: Final = 2

_STREAM: Final = re.compile(r"out\d{1,4}|\d{1,4}:(?:V:0|a:0|\d{1,2})")
_ALPHA_DECODERS: Final = {"vp8": Word.LIBVPX, "vp9": Word.LIBVPX_VP9}
_DECODERS: Final = Choice(Word.LIBVPX, Word.LIBVPX_VP9)


@dataclass(frozen=True, slots=True)
class Input:
    """A file to read.

    Args:
        path: the file.
        demuxer: the only demuxer that may read it; `of` takes it from a probe.
        seek: seconds, counted from the file's earliest stream, before which nothing is wanted.
        duration: seconds after which nothing is wanted.
        loop: how many times more it is played; -1 for ever.
        offset: seconds added to its timestamps.
        framerate: frames per second of pictures without timestamps.
        decoder: a decoder other than FFmpeg's own choice.
        upright: whether pictures are turned as the file says.
        threads: threads of its decoder.
    """

    path: Path
    demuxer: Word
    seek: Fraction | None = None
    duration: Fraction | None = None
    loop: int = 0
    offset: Fraction | None = None
    framerate: Fraction | None = None
    decoder: Word | None = None
    upright: bool = True
    threads: int = THREADS

    @classmethod
    def of(cls, path: Path, info: MediaInfo, *, seek: Fraction | None = None, duration: Fraction | None = None) -> Self:
        """The input for a file that was probed; transparent WebM gets the decoder that sees the transparency."""
        video = info.video
        decoder = _ALPHA_DECODERS.get(video.codec) if video is not None and video.has_alpha else None
        return cls(path, demuxer(info.format), seek, duration, decoder=decoder)

    def arguments(self) -> list[str]:
        """The input on the command line."""
        if self.demuxer not in DEMUXERS:
            raise ValueError(f"{self.demuxer!r} is no demuxer of the list")
        written = ["-protocol_whitelist", "file", "-format_whitelist", self.demuxer.value, "-f", self.demuxer.value]
        written += ["-max_streams", str(MAX_STREAMS), "-max_pixels", str(MAX_PIXELS)]
        written += ["-threads", Int(1, 64).write(self.threads)]
        if self.demuxer is Word.MOV:
            written += ["-enable_drefs", "0", "-use_absolute_path", "0"]
        if self.seek is not None:
            written += ["-ss", Time().write(self.seek)]
        if self.duration is not None:
            written += ["-t", Time().write(self.duration)]
        if self.loop:
            written += ["-stream_loop", Int(-1).write(self.loop)]
        if self.offset is not None:
            written += ["-itsoffset", Time(-1e7).write(self.offset)]
        if self.framerate is not None:
            written += ["-framerate", Ratio().write(self.framerate)]
        if self.decoder is not None:
            written += ["-c:v", _DECODERS.write(self.decoder)]
        if not self.upright:
            written += ["-noautorotate"]
        return [*written, "-i", _file(self.path)]


@dataclass(frozen=True, slots=True)
class Output:
    """A file to write.

    Args:
        path: the file; what was there is overwritten.
        muxer: its container.
        streams: what goes in: names that `Graph.output` gave, or `n:m` for stream m of input n as it is.
        options: of `options.OUTPUT_OPTIONS`; flags are True or False.
        duration: seconds after which it ends.
        max_bytes: how large it may become.
    """

    path: Path
    muxer: Word
    streams: Sequence[str]
    options: Mapping[str, Value] = field(default_factory=dict)
    duration: Fraction | None = None
    max_bytes: int = MAX_OUTPUT_BYTES

    def arguments(self) -> list[str]:
        """The output on the command line."""
        if self.muxer not in MUXERS:
            raise ValueError(f"{self.muxer!r} is no muxer of the list")
        written: list[str] = []
        for stream in self.streams:
            if _STREAM.fullmatch(stream) is None:
                raise ValueError(f"{stream!r} is no stream")
            written += ["-map", f"[{stream}]" if stream.startswith("out") else stream]
        written += ["-map_metadata", "-1", "-map_chapters", "-1"]
        for name, value in self.options.items():
            kind = OUTPUT_OPTIONS.get(name)
            if kind is None:
                raise ValueError(f"the option {name!r} is not in the list")
            try:
                written += [f"-{name}", kind.write(value)]
            except (TypeError, ValueError) as error:
                raise type(error)(f"{name}: {error}") from error
        if self.muxer is Word.IMAGE2:
            written += ["-update", "1"]  # one picture under exactly this name, which is no pattern
        written += ["-t", Time().write(min(self.duration or MAX_OUTPUT_S, MAX_OUTPUT_S))]
        written += ["-fs", Int(1, 1 << 62).write(self.max_bytes), "-protocol_whitelist", "file"]
        return [*written, "-f", self.muxer.value, _file(self.path)]


@dataclass(frozen=True, slots=True)
class Command:
    """One run of ffmpeg.

    Args:
        inputs: files to read, numbered from 0.
        outputs: files to write.
        graph: what happens in between; None when streams are only copied or encoded.
        threads: threads of each filter of the graph.
        talkative: whether ffmpeg's log has what measuring filters find (`volumedetect`, `blackdetect`…).
        strict: whether the first damaged packet of a source ends the run; without, what is left of it is used.
    """

    inputs: Sequence[Input]
    outputs: Sequence[Output]
    graph: Graph | None = None
    threads: int = THREADS
    talkative: bool = False
    strict: bool = False

    def files(self) -> list[Path]:
        """Files and folders that it reads, its filters' among them."""
        return [*(source.path for source in self.inputs), *(() if self.graph is None else self.graph.files)]

    def arguments(self, graph_file: Path | None = None) -> list[str]:
        """Everything after the program's name.

        Args:
            graph_file: file that holds the graph, for one that is too long for a command line.

        Raises:
            ValueError: when an option or a value is not in the lists.
            TypeError: when a value is of the wrong kind.
        """
        written = ["-nostdin", "-hide_banner", "-nostats", "-y", "-v", "info" if self.talkative else "error"]
        written += ["-progress", "pipe:1", "-stats_period", "0.25", "-max_alloc", str(MAX_ALLOC_BYTES)]
        if self.strict:
            written += ["-xerror"]
        for source in self.inputs:
            written += source.arguments()
        if self.graph is not None:
            threads = Int(1, 64).write(self.threads)
            written += ["-filter_complex_threads", threads]
            if graph_file is None:
                written += ["-filter_complex", self.graph.render()]
            else:
                written += ["-/filter_complex", str(graph_file)]
        for output in self.outputs:
            written += output.arguments()
        return written


def _file(path: Path) -> str:
    if "\x00" in str(path):
        raise ValueError("a path cannot hold NUL")
    return f"file:{path.absolute()}"
