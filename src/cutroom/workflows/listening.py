"""What a recording sounds like to a recogniser of speech: decoded once, and kept with its bytes."""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from cutroom.jobs import Context
from cutroom.kit.errors import Invalid
from cutroom.media.command import MAX_OUTPUT_S, Command, Input, Output
from cutroom.media.filtergraph import Graph
from cutroom.media.origin import zero
from cutroom.media.run import Progress, run_ffmpeg
from cutroom.media.words import Word
from cutroom.speech.pcm import SAMPLE_RATE, mix
from cutroom.timeline import Media
from cutroom.workflows.blobs import blob_key, find

VERSION: Final = 3
"""Raised whenever the same source would become other samples."""


def pcm_key(sha256: str) -> str:
    """The key under which the sound of a source is kept as 16 kHz mono 16-bit samples, without a header."""
    return f"pcm16k/{VERSION}/{sha256}"


async def listen(ctx: Context, media: Media, progress: Callable[[float], None] | None = None) -> Path:
    """The sound of a source as raw samples: 16 kHz, mono, signed 16 bits, little-endian, from its zero on (`zero`).

    Decoded at the first call; every later one, in whatever job, finds what was kept. Sound that begins later than the
    pictures has silence before it, and holes are filled, so that sample n is heard at second n / 16,000. Of channels
    that cancel each other out, the louder side is heard.

    Args:
        ctx: the attempt.
        media: the source, whose bytes are among the blobs.
        progress: called with the part that is done, from 0 to 1.

    Raises:
        Invalid: `no_speech_track` when it has no sound; `source_damaged` and what else `run_ffmpeg` raises.
        Unavailable: `blob_missing` when its bytes were swept meanwhile.
    """
    key = pcm_key(media.sha256)
    kept = await ctx.files.find(key)
    if kept is not None:
        return kept
    out = ctx.scratch / f"listen-{secrets.token_hex(8)}"
    length = media.info.duration or Fraction(0)

    def tell(done: Progress) -> None:
        if progress is not None and length > 0:
            progress(min(1.0, float(done.seconds / length)))

    await run_ffmpeg(
        _decoding(await find(ctx.files, blob_key(media.sha256)), media, out), scratch=ctx.scratch, progress=tell
    )
    if _sides(media) > 1:
        mixed = out.with_suffix(".mixed")
        await asyncio.to_thread(mix, out, mixed)
        out.unlink()
        out = mixed
    await ctx.files.keep(key, out)
    return await find(ctx.files, key)


def _decoding(path: Path, media: Media, out: Path) -> Command:
    """The command that decodes the sound of a source."""
    info = media.info
    if info.audio is None:
        sentence = "The recording has no sound, so there is nothing to hear; choose a file with a sound track."
        raise Invalid("no_speech_track", sentence)
    graph = Graph()
    # "async" fills holes with silence, and "first_pts" the time before sound that begins late: all stays in its place.
    pad = graph.add(
        "aresample", graph.input(0, "a", info.audio.index), sample_rate=SAMPLE_RATE, first_pts=0, **_FILL_HOLES
    )
    if (early := round((zero(info) - info.start) * SAMPLE_RATE)) > 0:
        pad = graph.add("atrim", pad, start_sample=early)
    layout = Word.STEREO if _sides(media) > 1 else Word.MONO
    pad = graph.add("aformat", pad, sample_fmts=Word.S16, sample_rates=SAMPLE_RATE, channel_layouts=layout)
    written = Output(
        out, Word.S16LE, [graph.output(pad)], {"c:a": Word.PCM_S16LE}, max_bytes=_MOST_BYTES * _sides(media)
    )
    return Command([Input.of(path, info)], [written], graph)


def _sides(media: Media) -> int:
    """How many channels are decoded: left and right, to be mixed with care, where there are several."""
    return 1 if media.info.audio is None else min(2, media.info.audio.channels)


_FILL_HOLES: Final[Mapping[str, Any]] = {"async": 1}
_MOST_BYTES: Final = int(MAX_OUTPUT_S) * SAMPLE_RATE * 2
