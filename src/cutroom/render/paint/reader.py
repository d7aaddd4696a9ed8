"""Reading the pictures of one source with PyAV: one open file, one demuxer, nothing else."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Final, NoReturn

import av
import av.container
from av.codec.context import ThreadType
from av.video.frame import VideoFrame

from cutroom.media.formats import INDEXED, MARGIN_WITHOUT_INDEX_S, UNSEEKABLE
from cutroom.media.info import MAX_PIXELS
from cutroom.render.paint.damaged import Damaged
from cutroom.render.paint.silence import keep_silent
from cutroom.render.parts import VideoSource

_MAX_STREAMS: Final = 64
_BUFFER_BYTES: Final = 1 << 18
_THREADS: Final = 2
_MARGIN_S: Final = Fraction(1, 4)  # margins as in `render.feed`
_UNSHOWN: Final = "avi"
"""A container that does not tell when packets are shown: pictures come in order, and are stamped as ffmpeg does it."""
_ALPHA_DECODERS: Final = {"vp8": "libvpx", "vp9": "libvpx-vp9"}


class Reader:
    """The pictures of one stream in the order they are shown."""

    def __init__(self, path: str, demuxer: str, stream: int | None = None, decoder: str | None = None) -> None:
        keep_silent()
        try:
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115, PTH123 — closed by `close`
            self._container = _opened(self._file, demuxer)
            self._unshown = demuxer == _UNSHOWN
            streams: Any = self._container.streams if stream is not None else self._container.streams.video
            self._stream = streams[stream or 0]
            self._codec = self._stream.codec_context
            if decoder is not None:
                self._codec = av.CodecContext.create(decoder, "r")
                self._codec.extradata = self._stream.codec_context.extradata
            self._codec.options = {"max_pixels": str(MAX_PIXELS)}
            self._codec.thread_type = ThreadType.AUTO
            self._codec.thread_count = _THREADS
        except MemoryError:  # one of FFmpeg's errors, and none of the source's
            raise
        except (av.error.FFmpegError, OSError, IndexError, AttributeError) as error:
            raise Damaged(str(error)) from error

    @property
    def time_base(self) -> Fraction:
        """Seconds in a tick of the pictures' timestamps."""
        return Fraction(self._stream.time_base or Fraction(1, 1000))

    def seek(self, seconds: Fraction, start: bool) -> None:  # noqa: FBT001 — internal
        """Go to the last key frame that is known to lie before a time; to the start of the file when `start`."""
        if start:
            return
        try:
            self._container.seek(int(seconds / self.time_base), stream=self._stream, backward=True)
        except av.error.FFmpegError as error:
            raise Damaged(str(error)) from error

    def pictures(self) -> Iterator[tuple[int, VideoFrame]]:
        """Timestamps and pictures; what cannot be decoded is passed over, as ffmpeg does it.

        Raises:
            Damaged: when there is no picture, or more than two thirds of the packets are broken.
        """
        good = broken = 0
        guess = 0
        for packet in self._packets():
            try:
                frames = self._codec.decode(packet)
            except MemoryError:
                raise
            except (av.error.FFmpegError, EOFError):
                broken += 1
                frames = []
            for frame in frames:
                if isinstance(frame, VideoFrame):
                    good += 1
                    said = frame.dts if self._unshown else frame.pts
                    stamp = said if said is not None else guess
                    guess = stamp + 1
                    yield stamp, frame
        if good == 0 or broken > 2 * good:
            raise Damaged(f"{good} pictures could be decoded, {broken} packets could not")

    def _packets(self) -> Iterator[Any]:
        try:
            for packet in self._container.demux(self._stream):
                yield packet if packet.size else None
                if packet.size == 0:
                    return
        except MemoryError:
            raise
        except av.error.FFmpegError:
            yield None  # what the decoder still holds

    def close(self) -> None:
        """Close the file."""
        self._container.close()
        self._file.close()


def video_reader(source: VideoSource, path: str, demuxer: str, at: Fraction) -> Reader:
    """A reader that stands before the picture which is shown at second `at` of a source."""
    decoder = _ALPHA_DECODERS.get(source.codec) if source.alpha else None
    reader = Reader(path, demuxer, source.stream, decoder)
    if source.duration is not None:
        at = min(at, source.duration)
    margin = _MARGIN_S if source.format in INDEXED else MARGIN_WITHOUT_INDEX_S
    seconds = at - margin
    reader.seek(source.zero + seconds, start=source.format in UNSEEKABLE or seconds <= 0)
    return reader


def _opened(file: Any, demuxer: str) -> "av.container.InputContainer":
    options = {"protocol_whitelist": "file", "format_whitelist": demuxer, "max_streams": str(_MAX_STREAMS)}
    return av.open(
        _Bare(file),
        "r",
        format=demuxer,
        container_options=options,
        options={"max_pixels": str(MAX_PIXELS)},
        buffer_size=_BUFFER_BYTES,
        io_open=_refuse,
        metadata_errors="replace",
    )


class _Bare:
    """A file without a name."""

    def __init__(self, file: Any) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


def _refuse(url: str, flags: int, options: object) -> NoReturn:
    raise PermissionError("a media file may not open another")
