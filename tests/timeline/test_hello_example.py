import hashlib
import json
from fractions import Fraction
from pathlib import Path

from cutroom.media.probe import probe
from cutroom.timeline import Limits, Media, parse, resolve, sources

HELLO = Path(__file__).parents[2] / "examples" / "hello"


async def test_the_hello_film_resolves_without_a_warning() -> None:
    edit = parse(json.loads((HELLO / "timeline.json").read_text("utf-8")), Limits(allow_local=True))
    media = {}
    for use in sources(edit):
        path = HELLO / use.src
        media[use.src] = Media(hashlib.sha256(path.read_bytes()).hexdigest(), await probe(path))
    result = resolve(edit, media)
    assert result.warnings == ()
    assert (result.frames, result.output.width, result.output.height) == (450, 1280, 720)
    assert result.output.fps == Fraction(30)
    assert {clip.kind for clip in result.clips} == {"video", "image", "text"}
    assert result.soundtrack is not None


def test_the_hello_film_is_small_and_all_of_it_is_used() -> None:
    edit = parse(json.loads((HELLO / "timeline.json").read_text("utf-8")), Limits(allow_local=True))
    used = {use.src for use in sources(edit)}
    assert used == {f"media/{path.name}" for path in (HELLO / "media").iterdir()}
    assert sum(path.stat().st_size for path in (HELLO / "media").iterdir()) < 3_000_000
