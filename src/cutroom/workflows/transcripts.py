"""Transcripts as other workflows take them: which version is meant, and what it says."""

from cutroom.jobs import Context
from cutroom.kit.errors import Invalid
from cutroom.speech.document import TranscriptDocument


async def version_of(ctx: Context, production: str, version: int | None) -> int:
    """Which version of a transcript is meant. To be called as a step: the latest may change while a job runs.

    Raises:
        NotFound: when there is none of this id, or no such version.
        Invalid: `not_a_transcript`.
    """
    found = await ctx.productions.read(production, version)
    if found.kind != "transcript":
        message = f"'{production}' is no transcript; the id of one begins with 'trn_'."
        raise Invalid("not_a_transcript", message).at("/transcript")
    return found.version


async def read_transcript(ctx: Context, production: str, version: int) -> TranscriptDocument:
    """A version of a transcript. Hours of speech are megabytes, so this is no step: the version never changes."""
    return TranscriptDocument.model_validate_json((await ctx.productions.read(production, version)).body)
