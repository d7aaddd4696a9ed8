"""A filter graph whose inputs are the very streams that the probe chose."""

from cutroom.media.filtergraph import Graph, Pad, StreamKind


class StreamGraph(Graph):
    """A graph that takes a stream of an input by its number in the file."""

    def stream(self, number: int, kind: StreamKind, index: int) -> Pad:
        """Stream `index`, counted over streams of every kind, of the command's input `number`."""
        pad = Pad(f"{number}:{index}", kind)
        self._free.add(pad)
        return pad
