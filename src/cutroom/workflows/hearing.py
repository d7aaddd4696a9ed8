"""A chunk of a recording: heard by an engine, finished, and kept under all that determines it."""

import asyncio
import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from cutroom.jobs import Context, Files
from cutroom.kit.adapter import Adapter
from cutroom.speech import activity
from cutroom.speech.activity import Activity, find_activity
from cutroom.speech.chunks import Piece
from cutroom.speech.engines import Engines
from cutroom.speech.finish import finish
from cutroom.speech.pcm import Span, duration_ms
from cutroom.speech.transcriber import Listening, Transcriber
from cutroom.speech.transcript import Segment
from cutroom.timeline import Media
from cutroom.workflows.blobs import find
from cutroom.workflows.listening import listen, pcm_key

VERSION: Final = 1
"""Raised whenever the same answer of an engine would become other words."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Neighbouring pieces of a recording, to be heard in one go.

    Args:
        key: under which what is heard is kept.
        media: the recording.
        pieces: in order.
        engine: its name.
        model: its model.
        language: what is spoken; None when the engine shall find out.
        prompt: as in `Listening`.
        glossary: as in `Listening`.
    """

    key: str
    media: Media
    pieces: tuple[Piece, ...]
    engine: str
    model: str
    language: str | None
    prompt: str | None
    glossary: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chunked:
    """What was heard in a chunk.

    Args:
        language: in which.
        pieces: the segments of each piece.
        untimed: how many words the engine gave no times.
    """

    language: str
    pieces: tuple[tuple[Segment, ...], ...]
    untimed: int = 0


_CHUNKED: Final[Adapter[Chunked]] = Adapter(Chunked)


def key_of(
    media: Media,
    transcriber: Transcriber,
    language: str | None,
    prompt: str | None,
    glossary: Sequence[str],
    pieces: Sequence[Piece],
) -> str:
    """The key of a chunk: the recording, its pieces, the engine, and all that the engine is told."""
    told = [language, prompt, list(glossary)] if transcriber.takes_hints else [language]
    sound = pcm_key(media.sha256)
    facts = [VERSION, activity.VERSION, sound, transcriber.key, told, [asdict(piece) for piece in pieces]]
    return f"heard/{hashlib.sha256(json.dumps(facts).encode()).hexdigest()}"


async def hear(ctx: Context, chunk: Chunk, engines: Engines) -> str:
    """Hear a chunk and keep what was heard, unless it was heard before; the key is the result.

    Raises:
        CutroomError: what the engine raises.
    """
    if await ctx.files.find(chunk.key) is not None:
        return chunk.key
    transcriber = engines.choose(chunk.engine, chunk.model, chunk.language)
    pcm = await listen(ctx, chunk.media)
    found = await activity_of(ctx, chunk.media, pcm)
    listening = Listening(
        pcm, tuple(piece.heard for piece in chunk.pieces), chunk.language, chunk.prompt, chunk.glossary
    )
    heard = await transcriber.transcribe(listening, scratch=ctx.scratch, progress=ctx.progress)
    speech = await asyncio.to_thread(found.spans)
    segments = await finish(listening, heard, _within(speech, listening.spans))
    draft = ctx.scratch / f"heard-{secrets.token_hex(8)}"
    words = [word for utterances in heard.spans for utterance in utterances for word in utterance.words]
    untimed = sum(word.start_ms is None or word.end_ms is None for word in words)
    made = Chunked(heard.language, tuple(map(tuple, segments)), untimed)
    await asyncio.to_thread(draft.write_bytes, _CHUNKED.dump_json(made))
    await ctx.files.keep(chunk.key, draft)
    return chunk.key


async def read_chunk(files: Files, key: str) -> Chunked:
    """What was heard in a chunk; raises `Unavailable` (`blob_missing`) when it was swept meanwhile."""
    path = await find(files, key)
    return _CHUNKED.validate_json(await asyncio.to_thread(path.read_bytes))


async def activity_of(ctx: Context, media: Media, pcm: Path) -> Activity:
    """Where somebody speaks in a recording; found once, and kept with its bytes."""
    key = f"activity/{activity.VERSION}/{pcm_key(media.sha256)}"
    kept = await ctx.files.find(key)
    if kept is not None:
        length_ms = await asyncio.to_thread(duration_ms, pcm)
        return Activity(await asyncio.to_thread(kept.read_bytes), length_ms)
    found = await find_activity(pcm)
    draft = ctx.scratch / f"activity-{secrets.token_hex(8)}"
    await asyncio.to_thread(draft.write_bytes, found.likelihoods)
    await ctx.files.keep(key, draft)
    return found


def _within(speech: Sequence[Span], spans: Sequence[Span]) -> list[Span]:
    """The speech around some spans: hours of it would be asked for every word."""
    if not spans:
        return []
    low, high = spans[0].start_ms, max(span.end_ms for span in spans)
    return [span for span in speech if span.end_ms > low and span.start_ms < high]
