"""What a pattern run reads: text, an upload, or a video of YouTube."""

import secrets
from typing import Annotated, Final, Protocol

from pydantic import Field

from cutroom.jobs import Context
from cutroom.kit.adapter import Adapter
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.schema import Schema
from cutroom.media.documents import Document, DocumentKind, clean_text, document_kind, read_document
from cutroom.speech import formats
from cutroom.workflows.blobs import blob_key, find
from cutroom.workflows.sources import bring
from cutroom.workflows.transcribe import Transcribing, Transcription, remarks
from cutroom.workflows.warning import WorkflowWarning

UNTIL: Final = 0.3
"""Progress of a run when its input has been read."""
PREFIX: Final = "input:"
"""Begins the names of the steps that are taken here."""
_VERSION: Final = 1
"""Raised whenever the same bytes would be read as another text."""
_ASSET: Final = "asset:"
_DOCUMENT: Final[Adapter[Document]] = Adapter(Document)


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


async def read_input(ctx: Context, wishes: InputWishes, transcribing: Transcribing) -> InputText:
    """Read what a run is to read. To be called once, and not as a step: hearing a recording takes steps of its own.

    Raises:
        Invalid: `input_too_large`, `input_empty`, `input_not_text`, `pdf_encrypted`, `pdf_damaged`, `pdf_without_text`;
            `bad_input`, when `input` names no upload; what is wrong with the upload; what `Transcribing.hear` raises.
        Unavailable: when a service outside failed.
    """
    try:
        if wishes.input_source == "upload":
            return await _upload(ctx, wishes.input.strip(), transcribing)
        return InputText(text=clean_text(wishes.input), source="text")
    except CutroomError as error:
        raise (error.at("/input") if not error.details else error) from error


async def _upload(ctx: Context, named: str, transcribing: Transcribing) -> InputText:
    if "://" in named:
        message = "An upload is named asset:ID; import a file from the internet first, with POST /assets/import."
        raise Invalid("bad_input", message)
    source = f"{_ASSET}{named}" if named.startswith("ast_") else named
    brought = await ctx.step(f"{PREFIX}brought", _bring, ctx, source)
    if brought.kind is None:
        return await _heard(ctx, source, transcribing)
    ctx.progress(0.0, "reading")
    key = await ctx.step(f"{PREFIX}read", _read, ctx, brought)
    document = _DOCUMENT.validate_json((await find(ctx.files, key)).read_bytes())
    return InputText(text=document.text, title=document.title, source=source, warnings=_of_pages(document))


async def _bring(ctx: Context, source: str) -> _Bytes:
    sha256 = await bring(ctx.files, source)
    return _Bytes(sha256=sha256, kind=document_kind(await find(ctx.files, blob_key(sha256))))


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


async def _heard(ctx: Context, source: str, transcribing: Transcribing) -> InputText:
    given = Transcription()
    hearing = await transcribing.hear(ctx, given, source, prefix=PREFIX, until=UNTIL, pointer="/input")
    heard = await hearing.read(ctx.files)
    made = heard.transcript
    warnings = tuple(remarks(given, hearing.transcriber, heard))
    if not made.segments:
        raise Invalid("input_empty", "Nobody was heard to speak in this recording, so there is nothing to read.")
    return InputText(
        text=clean_text(formats.to_text(made)),
        source=source,
        seconds=made.duration_ms / 1000,
        language=made.language,
        warnings=warnings,
    )


async def _keep(ctx: Context, key: str, data: bytes) -> None:
    """Keep what was read among the blobs: a journal is no place for megabytes."""
    draft = ctx.scratch / f"text-{secrets.token_hex(8)}"
    draft.write_bytes(data)
    await ctx.files.keep(key, draft)
