"""Engine: speech becomes words with times, and words become cues."""

from cutroom.speech.transcript import Engine, Segment, Transcript, Word

__all__ = ["Engine", "Segment", "Transcript", "Word"]
