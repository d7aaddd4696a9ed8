"""Interlaced pictures made whole, as the filter graph makes them (`video.py`)."""

from collections.abc import Iterator
from fractions import Fraction

import av
from av.filter import Graph
from av.video.frame import VideoFrame

Stamped = Iterator[tuple[int, VideoFrame]]


class Deinterlacer:
    """Makes a picture of every two fields, or of each; what is not marked as interlaced passes as it is.

    Args:
        time_base: seconds in a tick of the pictures that come in.
        fields: whether each field is to be a picture.
    """

    def __init__(self, time_base: Fraction, *, fields: bool) -> None:
        self._coming = time_base
        self._mode = "send_field" if fields else "send_frame"
        self._graph: Graph | None = None

    @property
    def time_base(self) -> Fraction:
        """Seconds in a tick of the pictures that come out: a field may lie between two ticks."""
        return self._coming / 2

    def pictures(self, coming: Stamped) -> Stamped:
        """The pictures made of these."""
        first: VideoFrame | None = None
        for stamp, frame in coming:
            if first is None:
                first = frame
                self._graph = self._built(frame)
            alike = _alike(frame, first)
            alike.pts, alike.time_base = stamp, self._coming
            yield from self._passed(alike)
        yield from self._passed(None)

    def _built(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        buffer = graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=self._coming)
        graph.link_nodes(buffer, graph.add("bwdif", mode=self._mode, deint="interlaced"), graph.add("buffersink"))
        graph.configure()
        return graph

    def _passed(self, frame: VideoFrame | None) -> Stamped:
        if self._graph is None:
            return
        self._graph.vpush(frame)
        while True:
            try:
                made = self._graph.vpull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            yield made.pts or 0, made


def _alike(frame: VideoFrame, first: VideoFrame) -> VideoFrame:
    """The picture in the size and the format of the first: only lines of equal length can be compared."""
    form = (first.width, first.height, first.format.name)
    if (frame.width, frame.height, frame.format.name) == form:
        return frame
    return frame.reformat(*form)
