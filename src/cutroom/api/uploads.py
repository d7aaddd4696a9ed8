"""Uploads: a promise of bytes, a signed link to send them to, and an asset when they are what was promised."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from fastapi import Request, Response
from pydantic import Field

from cutroom.api.answers import ETAG, LOCATION, answer, is_absent, resource
from cutroom.api.assets import AssetOut, asset_view
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, Services
from cutroom.api.errors import ErrorDetail, errors
from cutroom.api.routes import keyed
from cutroom.assets import SignedPut, Upload
from cutroom.kit.errors import CutroomError, Invalid
from cutroom.kit.schema import Schema

router: Final = keyed("uploads", area="assets")
_POINTERS: Final = {
    "bad_name": "/name",
    "bad_content_type": "/contentType",
    "bad_size": "/sizeBytes",
    "upload_too_large": "/sizeBytes",
    "bad_sha256": "/sha256",
}


class UploadRequest(Schema):
    """A file that you want to send."""

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


class SignedPutOut(Schema):
    """Where to send the bytes: this method, this URL, these headers, without a key."""

    url: str
    method: str
    headers: Mapping[str, str]


class UploadErrorOut(Schema):
    """Why the bytes were refused."""

    code: str
    message: str
    details: Annotated[list[ErrorDetail] | None, Field(exclude_if=is_absent)] = None


class UploadOut(Schema):
    """A promise of bytes."""

    id: str
    status: Annotated[str, Field(json_schema_extra={"enum": ["pending", "verifying", "completed", "failed"]})]
    asset_id: Annotated[str, Field(description="Id of the asset that it becomes when it is complete.")]
    name: str
    content_type: str
    size_bytes: int
    sha256: str | None
    put: Annotated[SignedPutOut | None, Field(exclude_if=is_absent, description="Only in the first answer.")] = None
    error: Annotated[UploadErrorOut | None, Field(exclude_if=is_absent)] = None
    created_at: datetime
    expires_at: Annotated[datetime, Field(description="Until when the bytes may be sent.")]


def upload_view(upload: Upload, put: SignedPut | None = None) -> UploadOut:
    """An upload on the wire."""
    return UploadOut(
        id=upload.id,
        status=upload.status.value,
        asset_id=upload.asset_id,
        name=upload.name,
        content_type=upload.content_type,
        size_bytes=upload.size_bytes,
        sha256=upload.sha256,
        put=None if put is None else SignedPutOut(url=put.url, method=put.method, headers=dict(put.headers)),
        error=None if upload.error is None else _error(upload.error),
        created_at=upload.created_at,
        expires_at=upload.expires_at,
    )


def _error(error: CutroomError) -> UploadErrorOut:
    details = [ErrorDetail(pointer=d.pointer, code=d.code, message=d.message) for d in error.details]
    return UploadErrorOut(code=error.code, message=error.message, details=details or None)


@router.post(
    "/uploads",
    operation_id="createUpload",
    status_code=201,
    responses={201: {"model": UploadOut, "headers": LOCATION}, **errors(408, 413, 415)},
)
async def create_upload(services: Services, caller: Caller, wanted: UploadRequest) -> Response:
    """Announce a file; the answer says where to send its bytes, within a day."""
    try:
        async with services.database.begin() as session:
            made = await services.assets.create_upload(
                session,
                caller.workspace_id,
                name=wanted.name,
                content_type=wanted.content_type,
                size_bytes=wanted.size_bytes,
                sha256=wanted.sha256,
            )
    except Invalid as error:
        raise error.at(_POINTERS[error.code]) from error
    view = upload_view(made.upload, made.put)
    return answer(view, status=201, headers={"Location": f"{PREFIX}/uploads/{made.upload.id}"})


@router.get(
    "/uploads/{upload_id}",
    operation_id="getUpload",
    responses={200: {"model": UploadOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_upload(request: Request, services: Services, caller: Caller, upload_id: str) -> Response:
    """One upload."""
    async with services.database.begin() as session:
        upload = await services.assets.get_upload(session, caller.workspace_id, upload_id)
    view = upload_view(upload)
    return resource(request, view, basis=view.model_dump(mode="json"))


@router.post(
    "/uploads/{upload_id}/complete",
    operation_id="completeUpload",
    responses={200: {"model": AssetOut, "headers": LOCATION}, **errors(404, 409)},
)
async def complete_upload(services: Services, caller: Caller, upload_id: str) -> Response:
    """Say that the bytes are sent. Size, hash and media are checked. Saying it again gives the same asset."""
    asset = await services.assets.complete_upload(caller.workspace_id, upload_id)
    return answer(asset_view(asset), headers={"Location": f"{PREFIX}/assets/{asset.id}"})
