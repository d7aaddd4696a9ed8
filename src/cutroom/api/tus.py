"""The tus protocol, version 1.0.0: uploads that go on where they broke off (tus.io/protocols/resumable-upload).

Who asks is found out as for every route. What a client needs besides the protocol is in headers of ours: the asset that
the upload becomes, and how it stands. The last bytes are answered when the asset is there, or refused.
"""

import base64
import binascii
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Annotated, Any, Final

from fastapi import Header, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.requests import ClientDisconnect

from cutroom.api.auth import Caller
from cutroom.api.body import SCOPE_KEY, Body, StrictRequest
from cutroom.api.deps import PREFIX, ApiServices, Services
from cutroom.api.errors import error_response, errors, on_validation_error, request_id_of
from cutroom.api.routes import KeyedRoute, keyed, needs
from cutroom.api.straight import Handler
from cutroom.assets import CHECKSUMS, Addition, Checksum, Upload, UploadStatus
from cutroom.kit.errors import Conflict, CutroomError, Detail, Invalid

VERSION: Final = "1.0.0"
EXTENSIONS: Final = "creation,creation-with-upload,creation-defer-length,checksum,expiration,termination,concatenation"
BYTES: Final = "application/offset+octet-stream"
PATH: Final = f"{PREFIX}/uploads/tus"
SLACK_S: Final = 60.0
MAX_METADATA_CHARS: Final = 4096
MAX_CONCAT_CHARS: Final = 16_384
_NUMBER: Final = re.compile("[0-9]{1,18}")
_PAIR: Final = re.compile("([!-+\\--~]+)(?: ([A-Za-z0-9+/=]*))?")  # a name without space or comma
_PIECE: Final = re.compile(r"(?:https?://[^/\s]{1,255})?\S{0,512}/uploads/tus/(upl_[0-9a-z]{26})/?")
_BODY: Final[dict[str, Any]] = {
    "content": {BYTES: {"schema": {"type": "string", "format": "binary"}}},
}


class TusRoute(KeyedRoute):
    """Speaks one version of the protocol, and says so in every answer, refusals included."""

    area = "assets"

    def get_route_handler(self) -> Handler:
        """The keyed handler behind the protocol's own rules."""
        handler = super().get_route_handler()

        async def speaking(request: Request) -> Response:
            try:
                made = await handler(request)
            except CutroomError as error:
                made = error_response(error, request_id_of(request.scope))
            except RequestValidationError as error:
                made = await on_validation_error(request, error)
            made.headers["Tus-Resumable"] = VERSION
            if made.status_code == 412:
                made.headers["Tus-Version"] = VERSION
            return made

        return speaking

    async def admit(self, request: StrictRequest) -> None:
        """Whoever may come in, and speaks our version."""
        await super().admit(request)
        if request.method != "OPTIONS" and request.headers.get("tus-resumable") != VERSION:
            message = f"Send the header 'Tus-Resumable: {VERSION}'; no other version is spoken here."
            raise Conflict("tus_version_unsupported", message)


router: Final = keyed("uploads", area="assets")
router.route_class = TusRoute

_SPOKEN: Final = {"Tus-Resumable": {"description": "The version of the protocol.", "schema": {"type": "string"}}}
_TOLD: Final = {
    **_SPOKEN,
    "Upload-Offset": {"description": "How many bytes are here.", "schema": {"type": "integer"}},
    "Upload-Expires": {"description": "Until when further ones are taken.", "schema": {"type": "string"}},
    "Cutroom-Asset-Id": {"description": "The asset that the upload becomes.", "schema": {"type": "string"}},
    "Cutroom-Upload-Status": {"description": "As in `GET /uploads/{id}`.", "schema": {"type": "string"}},
}
Version = Annotated[str, Header(alias="Tus-Resumable", description="`1.0.0`.")]
Length = Annotated[str | None, Header(alias="Upload-Length", description="Bytes of the whole file.")]
Sum = Annotated[
    str | None, Header(alias="Upload-Checksum", description="`sha256 <base64>` of the bytes of this request.")
]
Type = Annotated[str | None, Header(alias="Content-Type", description=f"`{BYTES}`, where bytes are sent.")]


@router.options(
    "/uploads/tus",
    operation_id="describeTus",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "What is spoken here.", "headers": _SPOKEN}},
    openapi_extra=needs("assets:read"),
)
async def describe_tus(services: Services, caller: Caller) -> Response:
    """What is spoken here: version, extensions, largest upload, checksums."""
    async with services.database.begin() as session:
        limits = await services.assets.limits(session, caller.workspace_id)
    headers = {
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(limits.max_upload_bytes),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }
    return Response(status_code=204, headers=headers)


@router.post(
    "/uploads/tus",
    operation_id="createTusUpload",
    status_code=201,
    response_class=Response,
    responses={
        201: {
            "description": "`Location` takes the bytes.",
            "headers": {"Location": {"description": "Where.", "schema": {"type": "string"}}, **_TOLD},
        },
        **errors(404, 408, 409, 410, 412, 413, 415, 460),
    },
    openapi_extra={"requestBody": {"required": False, **_BODY}},
)
async def create_tus_upload(
    request: Request,
    services: Services,
    caller: Caller,
    version: Version,
    length: Length = None,
    defer: Annotated[
        str | None, Header(alias="Upload-Defer-Length", description="`1`: the length comes later.")
    ] = None,
    metadata: Annotated[
        str | None,
        Header(alias="Upload-Metadata", description="`filename`, `filetype` and `sha256`, each in base64."),
    ] = None,
    concat: Annotated[
        str | None, Header(alias="Upload-Concat", description="`partial`, or `final;` and the pieces' addresses.")
    ] = None,
    checksum: Sum = None,
    content_type: Type = None,
) -> Response:
    """Begin an upload, with its first bytes if you like."""
    about = _about(metadata)
    pieces = _pieces(concat)
    size_bytes = _length(length, defer, needed=pieces is None)
    facts: dict[str, Any] = {"name": about.name, "content_type": about.content_type, "sha256": about.sha256}
    async with services.database.begin() as session:
        if pieces is None:
            upload = await services.assets.resumable.create(
                session,
                caller.workspace_id,
                size_bytes=size_bytes,
                metadata=metadata,
                partial=concat == "partial",
                **facts,
            )
        else:
            upload = await services.assets.resumable.create_joined(
                session, caller.workspace_id, pieces, metadata=metadata, **facts
            )
    has_body = content_type is not None and content_type.strip().lower() == BYTES
    if pieces is not None:
        upload = await _completed(services, upload)
    elif has_body:
        upload = await _append(services, request, upload, offset=0, checksum=checksum)
    headers = {"Location": f"{PATH}/{upload.id}", **_told(upload)}
    if not has_body and pieces is None:
        del headers["Upload-Offset"]  # it would say that the body was read
    return Response(status_code=201, headers=headers)


@router.head(
    "/uploads/tus/{upload_id}",
    operation_id="getTusOffset",
    response_class=Response,
    responses={200: {"description": "How much is here.", "headers": _TOLD}, **errors(404, 412)},
)
async def get_tus_offset(services: Services, caller: Caller, upload_id: str, version: Version) -> Response:
    """How many bytes are here: where to go on."""
    upload = await _find(services, caller.workspace_id, upload_id)
    headers = _told(upload)
    if upload.size_bytes is None:
        headers["Upload-Defer-Length"] = "1"
    else:
        headers["Upload-Length"] = str(upload.size_bytes)
    if upload.tus_metadata:
        headers["Upload-Metadata"] = upload.tus_metadata
    if upload.partial:
        headers["Upload-Concat"] = "partial"
    elif upload.joins is not None:
        headers["Upload-Concat"] = "final;" + " ".join(f"{PATH}/{piece}" for piece in upload.joins)
    return Response(status_code=200, headers={**headers, "Cache-Control": "no-store"})


@router.patch(
    "/uploads/tus/{upload_id}",
    operation_id="appendToTusUpload",
    status_code=204,
    response_class=Response,
    responses={
        204: {"description": "The bytes are here, and stay.", "headers": _TOLD},
        **errors(404, 408, 409, 410, 412, 413, 415, 460),
    },
    openapi_extra={"requestBody": {"required": True, **_BODY}},
)
async def append_to_tus_upload(
    request: Request,
    services: Services,
    caller: Caller,
    upload_id: str,
    version: Version,
    offset: Annotated[str, Header(alias="Upload-Offset", description="Where these bytes begin.")],
    length: Length = None,
    checksum: Sum = None,
    content_type: Type = None,
) -> Response:
    """Send more bytes. When the connection breaks, what had come is kept."""
    if content_type is None or content_type.strip().lower() != BYTES:
        raise Invalid("unsupported_media_type", f"Send the bytes with 'Content-Type: {BYTES}'.")
    upload = await _find(services, caller.workspace_id, upload_id)
    at = _number("Upload-Offset", offset)
    whole = None if length is None else _number("Upload-Length", length)
    upload = await _append(services, request, upload, offset=at, length=whole, checksum=checksum)
    return Response(status_code=204, headers=_told(upload))


@router.delete(
    "/uploads/tus/{upload_id}",
    operation_id="terminateTusUpload",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is given up.", "headers": _SPOKEN}, **errors(404, 409, 412)},
)
async def terminate_tus_upload(services: Services, caller: Caller, upload_id: str, version: Version) -> Response:
    """Give an upload up, and remove what was sent for it."""
    await _find(services, caller.workspace_id, upload_id)
    await services.assets.abort_upload(caller.workspace_id, upload_id)
    return Response(status_code=204)


@dataclass(frozen=True, slots=True)
class _About:
    """What `Upload-Metadata` says of a file."""

    name: str
    content_type: str
    sha256: str | None


async def _find(services: ApiServices, workspace_id: str, upload_id: str) -> Upload:
    async with services.database.begin() as session:
        return await services.assets.resumable.get(session, workspace_id, upload_id)


async def _append(
    services: ApiServices,
    request: Request,
    upload: Upload,
    *,
    offset: int,
    length: int | None = None,
    checksum: str | None = None,
) -> Upload:
    expected = _checksum(checksum)
    async with services.database.begin() as session:
        limits = await services.assets.limits(session, upload.workspace_id)
    most = max((upload.size_bytes or length or limits.max_upload_bytes) - offset, 0)
    body: Body = request.scope[SCOPE_KEY]
    announced = body.declared
    # What is too much is refused by the upload itself, in the protocol's terms and before a byte is read.
    body.allow(most + 1, SLACK_S + most / services.settings.upload_bytes_per_s)
    addition = Addition(offset, _chunks(request), announced=announced, length=length, checksum=expected)
    appended = await services.assets.resumable.append(upload.workspace_id, upload.id, addition)
    if appended.offset_bytes == appended.size_bytes and not appended.partial:
        return await _completed(services, appended)
    return appended


async def _completed(services: ApiServices, upload: Upload) -> Upload:
    """The upload once it is verified; the refusal of its bytes goes to whoever sent the last of them."""
    await services.assets.complete_upload(upload.workspace_id, upload.id)
    return await _find(services, upload.workspace_id, upload.id)


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    try:
        async for chunk in request.stream():
            yield chunk
    except ClientDisconnect as error:
        # Nobody reads the answer; whoever reads the log should not take it for a fault of ours.
        raise Invalid("body_cut_short", "The connection broke before the body had ended.") from error


def _told(upload: Upload) -> dict[str, str]:
    headers = {
        "Upload-Offset": str(upload.offset_bytes),
        "Cutroom-Upload-Id": upload.id,
        "Cutroom-Upload-Status": upload.status.value,
        "Cutroom-Asset-Id": upload.asset_id,
    }
    if upload.status is UploadStatus.PENDING:
        headers["Upload-Expires"] = format_datetime(upload.expires_at, usegmt=True)
    return headers


def _length(length: str | None, defer: str | None, *, needed: bool) -> int | None:
    if not needed:
        return None
    if (length is None) == (defer is None):
        raise _bad("Upload-Length", "Send either Upload-Length or 'Upload-Defer-Length: 1'.")
    if length is not None:
        return _number("Upload-Length", length)
    if defer != "1":
        raise _bad("Upload-Defer-Length", "Upload-Defer-Length is '1' or absent.")
    return None


def _number(name: str, text: str) -> int:
    if _NUMBER.fullmatch(text) is None:
        raise _bad(name, f"{name} is a number of bytes.")
    return int(text)


def _checksum(header: str | None) -> Checksum | None:
    if header is None:
        return None
    algorithm, _, digest = header.partition(" ")
    if algorithm not in CHECKSUMS:
        raise _bad("Upload-Checksum", f"Upload-Checksum is one of {', '.join(CHECKSUMS)}, a space, and base64.")
    return Checksum(algorithm, _decoded("Upload-Checksum", digest))


def _about(header: str | None) -> _About:
    if header is not None and len(header) > MAX_METADATA_CHARS:
        raise _bad("Upload-Metadata", f"Upload-Metadata has at most {MAX_METADATA_CHARS} characters.")
    found: dict[str, str] = {}
    for pair in (header or "").split(","):
        if not pair.strip():
            continue
        match = _PAIR.fullmatch(pair.strip())
        if match is None or match[1] in found:
            raise _bad("Upload-Metadata", "Upload-Metadata is a list of different names, each with a value in base64.")
        try:
            found[match[1]] = _decoded("Upload-Metadata", match[2] or "").decode()
        except UnicodeDecodeError as error:
            raise _bad("Upload-Metadata", f"The value of '{match[1]}' is not UTF-8.") from error
    name = found.get("filename") or found.get("name") or "upload"
    content_type = found.get("filetype") or found.get("type") or "application/octet-stream"
    return _About(name, content_type, found.get("sha256"))


def _decoded(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad(name, f"{name} is not in base64.") from error


def _pieces(header: str | None) -> list[str] | None:
    """Ids of the uploads that are to be joined; None when none are."""
    if header is None or header == "partial":
        return None
    kind, _, addresses = header.partition(";")
    found = [_PIECE.fullmatch(address) for address in addresses.split()] if len(header) <= MAX_CONCAT_CHARS else []
    ids = [match[1] for match in found if match is not None]
    if kind != "final" or not ids or len(ids) < len(found):
        raise _bad("Upload-Concat", "Upload-Concat is 'partial', or 'final;' and the addresses of uploads.")
    return ids


def _bad(name: str, message: str) -> Invalid:
    return Invalid("bad_header", message, details=[Detail(f"{name}:", "bad_header", message)])
