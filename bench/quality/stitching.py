"""Stitching: is a recording that was cut, heard in pieces and put together as good as one that was heard whole?

Ten minutes of three voices, by pocketsphinx: whole; cut at gaps, which is what the workflow does; and cut without
regard to gaps every quarter of a minute, with overlaps, which is what it does where nobody pauses.
"""

import asyncio
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from bench.quality.corpus.speech import Recipe, Recording, recording
from bench.quality.hearing import Comparison, bare, compare, truth_of
from bench.quality.table import Row
from cutroom.speech.activity import find_activity
from cutroom.speech.chunks import Piece, chunks_of, pieces_of
from cutroom.speech.finish import finish
from cutroom.speech.pcm import Span
from cutroom.speech.sphinx import Sphinx
from cutroom.speech.stitching import stitch
from cutroom.speech.transcriber import Listening, Pace
from cutroom.speech.transcript import Segment, Word

RECIPE = Recipe(600, ("slt", "rms", "kal16"), numbers=6)
NEAR_MS = 2_000


def measure() -> list[Row]:
    """The rows of the table."""
    return asyncio.run(_measured(recording(RECIPE)))


async def _measured(talk: Recording) -> list[Row]:
    activity = await find_activity(talk.pcm)
    spans, length_ms = activity.spans(), activity.length_ms
    everything = Span(0, length_ms)
    ways = {
        "whole": [Piece(everything, everything)],
        "gaps": pieces_of(spans, length_ms, Sphinx.pace),
        "overlaps": pieces_of([everything], length_ms, Pace(15_000, 19_000, Sphinx.pace.chunk_ms)),
    }
    limit = asyncio.Semaphore(2)
    async with asyncio.TaskGroup() as group:
        tasks = {name: group.create_task(_heard(talk.pcm, pieces, spans, limit)) for name, pieces in ways.items()}
    words = {name: task.result() for name, task in tasks.items()}
    found = {name: compare(truth_of(talk), heard) for name, heard in words.items()}
    rows: list[Row] = []
    for name in ("gaps", "overlaps"):
        worse = found[name].wer - found["whole"].wer
        told = f"{found[name].wer:.3f} against {found['whole'].wer:.3f} whole"
        rows.append(Row(f"stitching at {name}: word error rate", "<= whole + 0.01", told, worse <= 0.01))
        near, far = _recalls(found[name], ways[name])
        told = f"{near:.3f} near, {far:.3f} elsewhere"
        rows.append(
            Row(f"stitching at {name}: recall within 2 s of seams", ">= elsewhere - 0.03", told, near >= far - 0.03)
        )
        twice, back = _doubled(words[name], found[name], ways[name]), _reversed(words[name])
        told = f"{twice} and {back} in {len(words[name])} words, {len(ways[name]) - 1} seams"
        rows.append(Row(f"stitching at {name}: words doubled, reversed", "0 and 0", told, twice == back == 0))
    return rows


async def _heard(pcm: Path, pieces: Sequence[Piece], speech: Sequence[Span], limit: asyncio.Semaphore) -> list[Word]:
    """Hear pieces in chunks, as the workflow does, and stitch them."""

    async def chunk(part: Sequence[Piece]) -> list[list[Segment]]:
        async with limit:
            listening = Listening(pcm, tuple(piece.heard for piece in part), "en")
            with tempfile.TemporaryDirectory() as scratch:
                heard = await Sphinx().transcribe(listening, scratch=Path(scratch))
            return await finish(listening, heard, speech)

    parts = chunks_of(pieces, Sphinx.pace)
    heard = await asyncio.gather(*map(chunk, parts))
    stitched = stitch(pieces, [segments for one in heard for segments in one])
    return [word for segment in stitched for word in segment.words]


def _seams(pieces: Sequence[Piece]) -> list[int]:
    return [piece.kept.start_ms for piece in pieces[1:]]


def _is_near(moment_ms: float, seams: Sequence[int]) -> bool:
    return any(abs(moment_ms - seam) <= NEAR_MS for seam in seams)


def _recalls(found: Comparison, pieces: Sequence[Piece]) -> tuple[float, float]:
    """The share of true words that were heard: near seams, and elsewhere."""
    seams = _seams(pieces)
    near, far = [0, 0], [0, 0]
    for match in found.matches:
        counts = near if _is_near((match.true.start_ms + match.true.end_ms) / 2, seams) else far
        counts[0] += match.heard is not None
        counts[1] += 1
    return near[0] / max(near[1], 1), far[0] / max(far[1], 1)


def _doubled(words: Sequence[Word], found: Comparison, pieces: Sequence[Piece]) -> int:
    """Words near seams that repeat the one before them, where nobody said so."""
    seams = _seams(pieces)
    said = [bare(match.true.text) for match in found.matches]
    honest = {one for one, following in pairwise(said) if one == following}
    return sum(
        bare(one.text) == bare(following.text) and bare(one.text) not in honest and _is_near(following.start_ms, seams)
        for one, following in pairwise(words)
    )


def _reversed(words: Sequence[Word]) -> int:
    return sum(following.start_ms < one.end_ms for one, following in pairwise(words))


if __name__ == "__main__":
    from bench.quality.table import print_table

    print_table(measure())
