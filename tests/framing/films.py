"""Small films, made once per session, whose every picture is known."""

from pathlib import Path

from bench.quality.corpus.filming import film
from bench.quality.corpus.shots import Story, still, talk
from cutroom.framing.sight import Seen
from cutroom.framing.watch import Span, Stretch, find_shots, look_at
from cutroom.media.origin import zero
from cutroom.media.probe import probe

LENGTHS = (30, 20, 40)
WHOLE = Span()


def three_shots(folder: Path, name: str = "three.mp4") -> Path:
    """30 frames of a room, 20 of somebody who talks, 40 of another room; 640x360, 30 frames a second."""
    story = Story().shot(still(1), LENGTHS[0]).shot(talk(2, 420), LENGTHS[1]).shot(still(3), LENGTHS[2])
    return film(folder / name, story.pictures)


async def shots(path: Path, span: Span = WHOLE) -> Stretch:
    """The shots of a file."""
    info = await probe(path)
    return await find_shots(path, info, zero(info), span=span)


async def look(path: Path, span: Span = WHOLE) -> Seen:
    """What is to be seen in a file."""
    info = await probe(path)
    return await look_at(path, info, zero(info), span=span)
