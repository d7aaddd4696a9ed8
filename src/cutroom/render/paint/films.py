"""What a painting shows of films and pictures that FFmpeg's decoders read."""

from fractions import Fraction

from av.video.frame import VideoFrame

from cutroom.media.formats import demuxer
from cutroom.render.paint.colors import bright, converted
from cutroom.render.paint.damaged import Damaged
from cutroom.render.paint.fields import Deinterlacer
from cutroom.render.paint.reader import Reader, video_reader
from cutroom.render.paint.warp import Picture
from cutroom.render.painting import ImageSubject, VideoSubject
from cutroom.render.sampling import due, fielded, sampling, tick


class VideoContent:
    """Moving pictures; the first stays before its time, and the last after it."""

    still = False

    def __init__(self, subject: VideoSubject, path: str, size: tuple[int, int], first: int, fps: Fraction) -> None:
        source = subject.source
        self._source, self._size, self._fps = source, size, fps
        self._rule = sampling(source, subject.trim, subject.speed, fps)
        at = subject.trim + subject.speed * first / fps
        self._reader = video_reader(source, path, demuxer(source.format).value, at)
        self._pictures, self._time_base = self._reader.pictures(), self._reader.time_base
        if source.interlaced:
            whole = Deinterlacer(self._time_base, fields=fielded(source, subject.speed, fps))
            self._pictures, self._time_base = whole.pictures(self._pictures), whole.time_base
        self._next = self._read()
        self._now: VideoFrame | None = None
        self._made: Picture | None = None

    def frame(self, number: int) -> Picture:
        """The picture that the source shows at a frame; those in between are decoded but not converted."""
        last = due(number, self._fps, self._rule)
        while self._next is not None and (self._now is None or self._next[0] <= last):
            self._now, self._made = self._next[1], None
            self._next = self._read()
        if self._now is None:
            raise Damaged("there is no picture")
        if self._made is None:
            self._made = self._converted(self._now)
        return self._made

    def close(self) -> None:
        """Close the file."""
        self._reader.close()

    def _converted(self, frame: VideoFrame) -> Picture:
        source = self._source
        if source.hdr is not None:
            return bright(frame, self._size, source.hdr)
        return converted(frame, self._size, alpha=source.alpha, hd=source.hd)

    def _read(self) -> tuple[int, VideoFrame] | None:
        found = next(self._pictures, None)
        return None if found is None else (tick(found[0], self._time_base, self._rule), found[1])


def still(subject: ImageSubject, path: str, size: tuple[int, int]) -> Picture:
    """The picture of a file, at about a size.

    Raises:
        Damaged: when it cannot be read.
    """
    reader = Reader(path, demuxer(subject.format).value)
    try:
        for _, frame in reader.pictures():
            return converted(frame, size, alpha=subject.alpha, hd=None, finest=True)
    finally:
        reader.close()
    raise Damaged("there is no picture")
