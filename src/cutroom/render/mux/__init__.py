"""One file out of many runs of packets: nothing is decoded, nothing is rounded."""

from cutroom.render.mux.join import join

__all__ = ["join"]
