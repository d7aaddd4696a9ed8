"""Uploads: a promise of bytes, a signed link to send them to, and an asset when they are what was promised."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Request, Response
from pydantic import ConfigDict, Field, ValidationError

from cutroom.api.answers import ETAG, LOCATION, answer, resource
from cutroom.api.assets import AssetOut, asset_view
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, Services
from cutroom.api.errors import ErrorDetail, errors
from cutroom.api.routes import keyed
from cutroom.api.submission import KeyHeader, idempotency
from cutroom.assets import NewUpload, Once, SignedPart, Upload, UploadMethod, UploadStatus
from cutroom.assets.sizes import part_count
from cutroom.assets.store import MOST_PARTS
from cutroom.assets.uploads import MOST_SIGNED
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.schema import Schema, invalid, is_absent

router: Final = keyed("uploads", area="assets")
_POINTERS: Final = {
    "bad_name": "/name",
    "bad_content_type": "/contentType",
    "bad_size": "/sizeBytes",
    "upload_too_large": "/sizeBytes",
    "bad_sha256": "/sha256",
    "needs_parts": "/multipart",
}
ROUTE: Final = "uploads"
STATUSES: Final = [status.value for status in UploadStatus if status is not UploadStatus.ABORTED]
METHODS: Final = [method.value for method in UploadMethod]
REPLAYED: Final = {
    "Idempotent-Replayed": {
        "description": "`true` when an earlier request made this upload.",
        "schema": {"type": "string"},
    },
}


class UploadRequest(Schema):
    """A file that you want to send."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "talk.mp4", "contentType": "video/mp4", "sizeBytes": 73400320}]}
    )

    name: Annotated[str, Field(min_length=1, max_length=255, description="What to call it; never a path.")]
    content_type: Annotated[
        str,
        Field(
            max_length=127,
            description="Media type, such as `video/mp4`; send the bytes with the headers that the answer names.",
        ),
    ]
    size_bytes: Annotated[int, Field(gt=0, le=1 << 50, description="Exact size.")]
    sha256: Annotated[
        str | None, Field(pattern=r"^[0-9a-f]{64}$", description="If given, the bytes are checked against it.")
    ] = None
    multipart: Annotated[
        bool | None,
        Field(description="Whether to send it in parts, each by itself; above 100 MiB it is so unless you say false."),
    ] = None
    idempotency_key: Annotated[
        str | None, Field(min_length=1, max_length=255, description="The same as the Idempotency-Key header.")
    ] = None


class PartsRequest(Schema):
    """Parts that you want to send."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"numbers": [1, 2, 3]}]})

    numbers: Annotated[
        list[Annotated[int, Field(ge=1, le=MOST_PARTS)]],
        Field(min_length=1, max_length=MOST_SIGNED, description="Numbers of parts, from 1."),
    ]


class SentPart(Schema):
    """A part that you have sent."""

    number: Annotated[int, Field(ge=1, le=MOST_PARTS)]
    etag: Annotated[str, Field(min_length=1, max_length=128, description="The ETag that answered it.")]


class CompleteRequest(Schema):
    """What you have sent; may be left out."""

    parts: Annotated[
        list[SentPart] | None,
        Field(max_length=MOST_PARTS, description="If given, compared with the parts that are here."),
    ] = None


_MAYBE_PARTS: Final[dict[str, Any]] = {
    "requestBody": {
        "required": False,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {
                        "parts": {"type": "array", "maxItems": MOST_PARTS, "items": SentPart.model_json_schema()}
                    },
                    "examples": [{"parts": [{"number": 1, "etag": "9b2cf535f27731c974343645a3985328"}]}],
                }
            }
        },
    }
}


class SignedPutOut(Schema):
    """Where to send the bytes: this method, this URL, these headers, without a key."""

    url: str
    method: str
    headers: Mapping[str, str]


class SignedPartOut(SignedPutOut):
    """Where to send one part."""

    number: int
    size_bytes: Annotated[int, Field(description="Exactly so many bytes.")]


class MultipartOut(Schema):
    """How a file is cut into parts, and where to send them."""

    part_size_bytes: Annotated[int, Field(description="Size of every part but the last.")]
    part_count: int
    parts: Annotated[
        list[SignedPartOut] | None,
        Field(exclude_if=is_absent, description="The first of them, only in the first answer; ask for more."),
    ] = None


class PartsOut(Schema):
    """Where to send parts."""

    parts: list[SignedPartOut]


class ReceivedPartOut(Schema):
    """A part that is here."""

    number: int
    size_bytes: int
    etag: str


class ReceivedPartsOut(Schema):
    """The parts that are here."""

    parts: list[ReceivedPartOut]


class UploadErrorOut(Schema):
    """Why the bytes were refused."""

    code: str
    message: str
    details: Annotated[list[ErrorDetail] | None, Field(exclude_if=is_absent)] = None


class UploadOut(Schema):
    """A promise of bytes."""

    id: str
    status: Annotated[str, Field(json_schema_extra={"enum": STATUSES})]
    method: Annotated[str, Field(json_schema_extra={"enum": METHODS}, description="How the bytes come.")]
    asset_id: Annotated[str, Field(description="Id of the asset that it becomes when it is complete.")]
    name: str
    content_type: str
    size_bytes: Annotated[int | None, Field(description="Null while a tus client has not said it.")]
    offset_bytes: Annotated[int | None, Field(exclude_if=is_absent, description="tus: how many bytes are here.")] = None
    sha256: str | None
    multipart: Annotated[MultipartOut | None, Field(exclude_if=is_absent)] = None
    put: Annotated[SignedPutOut | None, Field(exclude_if=is_absent, description="Only in the first answer.")] = None
    error: Annotated[UploadErrorOut | None, Field(exclude_if=is_absent)] = None
    created_at: datetime
    expires_at: Annotated[datetime, Field(description="Until when the bytes may be sent.")]


def upload_view(made: NewUpload) -> UploadOut:
    """An upload on the wire, with where to send its bytes."""
    upload, put = made.upload, made.put
    return UploadOut(
        id=upload.id,
        status=upload.status.value,
        method=upload.method.value,
        asset_id=upload.asset_id,
        name=upload.name,
        content_type=upload.content_type,
        size_bytes=upload.size_bytes,
        offset_bytes=upload.offset_bytes if upload.method is UploadMethod.TUS else None,
        sha256=upload.sha256,
        multipart=_multipart(upload, made.parts),
        put=None if put is None else SignedPutOut(url=put.url, method=put.method, headers=dict(put.headers)),
        error=None if upload.error is None else _error(upload.error),
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )


def _multipart(upload: Upload, parts: Sequence[SignedPart]) -> MultipartOut | None:
    if upload.part_size_bytes is None or upload.size_bytes is None:
        return None
    return MultipartOut(
        part_size_bytes=upload.part_size_bytes,
        part_count=part_count(upload.size_bytes, upload.part_size_bytes),
        parts=_parts(parts) or None,
    )


def _parts(parts: Sequence[SignedPart]) -> list[SignedPartOut]:
    return [
        SignedPartOut(
            number=part.number,
            size_bytes=part.size_bytes,
            url=part.put.url,
            method=part.put.method,
            headers=dict(part.put.headers),
        )
        for part in parts
    ]


def _error(error: CutroomError) -> UploadErrorOut:
    details = [ErrorDetail(pointer=d.pointer, code=d.code, message=d.message) for d in error.details]
    return UploadErrorOut(code=error.code, message=error.message, details=details or None)


@router.post(
    "/uploads",
    operation_id="createUpload",
    status_code=201,
    responses={201: {"model": UploadOut, "headers": {**LOCATION, **REPLAYED}}, **errors(408, 409, 413, 415)},
)
async def create_upload(services: Services, caller: Caller, wanted: UploadRequest, key: KeyHeader = None) -> Response:
    """Announce a file; the answer says where to send its bytes: by one PUT within 6 hours, or in parts within a day."""
    said = wanted.model_dump(mode="json", exclude={"idempotency_key"})
    once = idempotency(ROUTE, key, wanted.idempotency_key, said)
    try:
        async with services.database.begin() as session:
            made = await services.assets.create_upload(
                session,
                caller.workspace_id,
                name=wanted.name,
                content_type=wanted.content_type,
                size_bytes=wanted.size_bytes,
                sha256=wanted.sha256,
                multipart=wanted.multipart,
                once=None if once is None else Once(once.key, once.body_hash),
            )
    except Invalid as error:
        raise (error.at(_POINTERS[error.code]) if error.code in _POINTERS else error) from error
    upload = made.upload
    if upload.method is UploadMethod.MULTIPART and upload.status is UploadStatus.PENDING:
        made = replace(made, parts=await services.assets.sign_parts(caller.workspace_id, upload.id))
    headers = {"Location": f"{PREFIX}/uploads/{upload.id}"}
    if not made.created:
        headers["Idempotent-Replayed"] = "true"
    return answer(upload_view(made), status=201, headers=headers)


@router.get(
    "/uploads/{upload_id}",
    operation_id="getUpload",
    responses={200: {"model": UploadOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_upload(request: Request, services: Services, caller: Caller, upload_id: str) -> Response:
    """One upload."""
    async with services.database.begin() as session:
        upload = await services.assets.get_upload(session, caller.workspace_id, upload_id)
    view = upload_view(NewUpload(upload, None))
    return resource(request, view)


@router.post(
    "/uploads/{upload_id}/parts",
    operation_id="signUploadParts",
    responses={200: {"model": PartsOut}, **errors(404, 408, 409, 410, 413, 415)},
)
async def sign_upload_parts(services: Services, caller: Caller, upload_id: str, wanted: PartsRequest) -> Response:
    """Where to send further parts, or parts once more. A part that is sent again replaces what was sent before."""
    try:
        parts = await services.assets.sign_parts(caller.workspace_id, upload_id, wanted.numbers)
    except Invalid as error:
        raise error.at("/numbers") from error
    return answer(PartsOut(parts=_parts(parts)))


@router.get(
    "/uploads/{upload_id}/parts",
    operation_id="listUploadParts",
    responses={200: {"model": ReceivedPartsOut}, **errors(404, 409)},
)
async def list_upload_parts(services: Services, caller: Caller, upload_id: str) -> Response:
    """The parts that have arrived, to go on after an interruption."""
    parts = await services.assets.sent_parts(caller.workspace_id, upload_id)
    shown = [ReceivedPartOut(number=part.number, size_bytes=part.size_bytes, etag=part.etag) for part in parts]
    return answer(ReceivedPartsOut(parts=shown))


@router.post(
    "/uploads/{upload_id}/complete",
    operation_id="completeUpload",
    responses={200: {"model": AssetOut, "headers": LOCATION}, **errors(404, 408, 409, 413, 415)},
    openapi_extra=_MAYBE_PARTS,
)
async def complete_upload(request: Request, services: Services, caller: Caller, upload_id: str) -> Response:
    """Say that the bytes are sent. Size, hash and media are checked. Saying it again gives the same asset."""
    etags = None
    if await request.body():
        said = await request.json()
        try:
            wanted = CompleteRequest.model_validate(said)
        except ValidationError as error:
            raise invalid(error, said, model=CompleteRequest) from error
        etags = None if wanted.parts is None else [(part.number, part.etag) for part in wanted.parts]
    asset = await services.assets.complete_upload(caller.workspace_id, upload_id, etags)
    return answer(asset_view(asset), headers={"Location": f"{PREFIX}/assets/{asset.id}"})


@router.delete(
    "/uploads/{upload_id}",
    operation_id="abortUpload",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is given up, and what was sent is removed."}, **errors(404, 409)},
)
async def abort_upload(services: Services, caller: Caller, upload_id: str) -> Response:
    """Give an upload up."""
    await services.assets.abort_upload(caller.workspace_id, upload_id)
    return Response(status_code=204)
