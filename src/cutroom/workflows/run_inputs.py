"""What a pattern run reads: text, an upload, or a video of YouTube."""

import asyncio
import hashlib
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Protocol

from pydantic import Field

from cutroom.jobs import Context
from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.schema import Schema
from cutroom.media.documents import Document, DocumentKind, clean_text, document_kind, read_document
from cutroom.media.youtube import Captions, Video, YouTube
from cutroom.media.youtube.address import page_of
from cutroom.media.youtube.captions import is_in
from cutroom.speech import formats
from cutroom.timeline import Media
from cutroom.timeline.source import ASSET
from cutroom.workflows.blobs import adopt, blob_key, find
from cutroom.workflows.sources import bring
from cutroom.workflows.transcribe import FETCHED, Transcribing, Transcription, fetched, hold, remarks
from cutroom.workflows.warning import WorkflowWarning

UNTIL: Final = 0.3
"""Progress of a run when its input has been read."""
PREFIX: Final = "input:"
"""Begins the names of the steps that are taken here."""
_VERSION: Final = 1
"""Raised whenever the same bytes would be read as another text."""
_DOCUMENT: Final[Adapter[Document]] = Adapter(Document)
_MEDIA: Final[Adapter[Media]] = Adapter(Media)


class InputWishes(Protocol):
    """What a run says of its input: `workflows.run_wishes.RunWishes`."""

    @property
    def input(self) -> str:
        """The text, or what names the upload or video."""
        ...

    @property
    def input_source(self) -> str:
        """`text`, `upload` or `youtube`."""
        ...

    @property
    def language(self) -> str | None:
        """Of the captions that are wanted."""
        ...


class InputText(Schema):
    """What a run reads.

    `seconds` are those of a recording that was heard for it, 0 where none was.
    """

    text: str
    title: Annotated[str, Field(description="What its author calls it; empty for none.")] = ""
    source: Annotated[str, Field(description="Where it is from: `text`, `asset:ID`, or the address of a video.")]
    seconds: float = 0.0
    language: Annotated[str | None, Field(description="Which it is in, where that is known.")] = None
    warnings: tuple[WorkflowWarning, ...] = ()


class _Bytes(Schema):
    """An upload: what was brought in, and whether it is for reading."""

    sha256: str
    kind: DocumentKind | None
    name: str


class _Watched(Schema):
    """A video, and under which key its captions are kept; None where its sound has to be heard."""

    video: str
    title: str
    key: str | None = None
    language: str | None = None
    warnings: tuple[WorkflowWarning, ...] = ()


async def read_input(
    ctx: Context, wishes: InputWishes, transcribing: Transcribing, youtube: YouTube | None = None
) -> InputText:
    """Read what a run is to read. To be called once, and not as a step: hearing a recording takes steps of its own.

    Raises:
        Invalid: `input_too_large`, `input_empty`, `input_not_text`, `pdf_encrypted`, `pdf_damaged`, `pdf_without_text`;
            `bad_input`, when `input` names no upload; what is wrong with the upload; what `Transcribing.hear` and
            `YouTube` raise.
        Unavailable: when a service outside failed; likewise.
    """
    try:
        if wishes.input_source == "upload":
            return await _upload(ctx, wishes.input.strip(), transcribing)
        if wishes.input_source == "youtube":
            return await _youtube(ctx, wishes, transcribing, youtube or YouTube())
        return InputText(text=clean_text(wishes.input), source="text")
    except CutroomError as error:
        raise (error.at("/input") if not error.details else error) from error


async def _upload(ctx: Context, named: str, transcribing: Transcribing) -> InputText:
    if "://" in named:
        message = "An upload is named asset:ID; import a file from the internet first, with POST /assets/import."
        raise Invalid("bad_input", message)
    source = f"{ASSET}{named}" if named.startswith("ast_") else named
    brought = await ctx.step(f"{PREFIX}brought", _bring, ctx, source)
    if brought.kind is None:

        async def fetch() -> Media:
            return await fetched(ctx, source, "/input")

        return await _heard(ctx, InputText(text="", title=brought.name, source=source), transcribing, fetch)
    ctx.progress(0.0, "reading")
    key = await ctx.step(f"{PREFIX}read", _read, ctx, brought)
    document = await _kept(ctx, key)
    title = document.title or brought.name
    return InputText(text=document.text, title=title, source=source, warnings=_of_pages(document))


async def _bring(ctx: Context, source: str) -> _Bytes:
    sha256 = await bring(ctx.files, source)
    kind = document_kind(await find(ctx.files, blob_key(sha256)))
    return _Bytes(sha256=sha256, kind=kind, name=await ctx.files.name_of(source) or "")


async def _read(ctx: Context, brought: _Bytes) -> str:
    """Read a document, unless that was done before; the key of what it says. A PDF may take a minute."""
    key = f"text/{_VERSION}/{brought.sha256}"
    if await ctx.files.find(key) is None:
        document = await read_document(await find(ctx.files, blob_key(brought.sha256)), brought.kind or "text")
        await _keep(ctx, key, _DOCUMENT.dump_json(document))
    return key


def _of_pages(document: Document) -> tuple[WorkflowWarning, ...]:
    if not document.unread:
        return ()
    message = f"{document.unread} of the PDF's {document.pages} pages are damaged, and missing in what was read."
    return (WorkflowWarning(code="pages_unread", message=message),)


async def _heard(
    ctx: Context, known: InputText, transcribing: Transcribing, fetch: Callable[[], Awaitable[Media]]
) -> InputText:
    """What is said in a recording. In which language is for the engine to find out: the run's is that of its answer."""
    given = Transcription()
    hearing = await transcribing.hear(ctx, given, fetch, prefix=PREFIX, until=UNTIL)
    heard = await hearing.read(ctx.files)
    made = heard.transcript
    if not made.segments:
        raise Invalid("input_empty", "Nobody was heard to speak in this recording, so there is nothing to read.")
    return InputText(
        text=clean_text(formats.to_text(made)),
        title=known.title,
        source=known.source,
        seconds=made.duration_ms / 1000,
        language=made.language,
        warnings=(*known.warnings, *remarks(given, hearing.transcriber, heard)),
    )


async def _youtube(ctx: Context, wishes: InputWishes, transcribing: Transcribing, youtube: YouTube) -> InputText:
    """What is said in a video: by its captions, or, where there are none to be had, by its sound."""
    ctx.progress(0.0, "fetching")
    seen: list[Video] = []  # in this attempt: the addresses of a video's sound work for some hours only

    async def watch() -> _Watched:
        video = await youtube.watch(wishes.input, scratch=ctx.scratch)
        seen.append(video)
        return await _watched(ctx, video, await youtube.captions(video, wishes.language), wishes.language)

    async def fetch() -> Media:
        key = f"youtube/{_VERSION}/{watched.video}"
        kept = await ctx.files.find(key)
        if kept is not None:
            media = _MEDIA.validate_json(kept.read_bytes())
            if await ctx.files.find(blob_key(media.sha256)) is not None:
                await hold(ctx, media)
                return media
        video = seen[0] if seen else await youtube.watch(watched.video, scratch=ctx.scratch)
        await ctx.hold(video.seconds)  # by what YouTube says, and below by what came
        path = ctx.scratch / f"sound-{secrets.token_hex(8)}"
        await youtube.sound(video, path, progress=lambda part: ctx.progress(UNTIL * FETCHED * part))
        media = await adopt(ctx.files, ctx.scratch, path)
        await hold(ctx, media)
        await _keep(ctx, key, _MEDIA.dump_json(media))
        return media

    watched = await ctx.step(f"{PREFIX}video", watch)
    known = InputText(
        text="",
        title=watched.title,
        source=page_of(watched.video),
        language=watched.language,
        warnings=watched.warnings,
    )
    if watched.key is None:
        return await _heard(ctx, known, transcribing, fetch)
    document = await _kept(ctx, watched.key)
    return known.model_copy(update={"text": document.text})


async def _watched(ctx: Context, video: Video, captions: Captions | None, language: str | None) -> _Watched:
    if captions is None:
        message = "The video has no captions that can be had; its sound was heard instead."
        warnings = (WorkflowWarning(code="captions_missing", message=message),)
        return _Watched(video=video.id, title=video.title, warnings=warnings)
    found: list[WorkflowWarning] = []
    if language is not None and not is_in(captions.language, language):
        message = f"There are no captions in '{language}'; those in '{captions.language}' were read."
        found.append(WorkflowWarning(code="captions_in_other_language", message=message))
    if captions.translated:
        message = "The captions were translated by a machine from what a machine had heard; they err in names most."
        found.append(WorkflowWarning(code="captions_translated", message=message))
    text = clean_text(captions.text)
    key = f"text/{_VERSION}/{hashlib.sha256(text.encode()).hexdigest()}"
    await _keep(ctx, key, _DOCUMENT.dump_json(Document(text)))
    return _Watched(video=video.id, title=video.title, key=key, language=captions.language, warnings=tuple(found))


async def _kept(ctx: Context, key: str) -> Document:
    place = await find(ctx.files, key)
    return _DOCUMENT.validate_json(await asyncio.to_thread(place.read_bytes))  # may be megabytes


async def _keep(ctx: Context, key: str, data: bytes) -> None:
    """Keep what was read among the blobs: a journal is no place for megabytes."""
    draft = ctx.scratch / f"text-{secrets.token_hex(8)}"
    draft.write_bytes(data)
    await ctx.files.keep(key, draft)
