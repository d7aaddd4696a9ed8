"""Assets: media files that a workspace owns and can use as input."""

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import Query, Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.answers import DEFAULT, ETAG, NEXT_LINK, Cursor, Limit, ListOut, Paging, answer, resource
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors, request_id_of
from cutroom.api.features import disabled
from cutroom.api.routes import keyed
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait, accepted, idempotency
from cutroom.assets import Asset
from cutroom.jobs import Submission
from cutroom.kit.errors import Invalid
from cutroom.kit.schema import Schema, is_absent
from cutroom.media.info import MediaInfo
from cutroom.workflows.importing import Import

router: Final = keyed("assets", area="assets")
LIST: Final = "assets"
TRASH: Final = "assets.deleted"
Deleted = Annotated[bool, Query(description="Deleted assets that can still be restored, instead of the others.")]


class PictureOut(Schema):
    """What is seen, as displayed: after rotation and with square pixels."""

    codec: str
    width: int
    height: int
    fps: Annotated[float, Field(description="Frames per second.")]
    frames: Annotated[int | None, Field(exclude_if=is_absent)] = None
    rotation: Annotated[int, Field(description="Degrees by which the stored picture is turned.")]
    has_alpha: bool


class SoundOut(Schema):
    """What is heard."""

    codec: str
    sample_rate: int
    channels: int
    layout: str


class FaceOut(Schema):
    """One face of a font; a variable font has one for each weight."""

    names: Annotated[list[str], Field(description="What a timeline may call it: its family first.")]
    weight: int
    italic: bool


class MediaOut(Schema):
    """What the file holds, as measured on it."""

    kind: Literal["video", "image", "audio", "document", "font"]
    format: str
    duration: Annotated[float | None, Field(exclude_if=is_absent, description="Seconds.")] = None
    video: Annotated[PictureOut | None, Field(exclude_if=is_absent)] = None
    audio: Annotated[SoundOut | None, Field(exclude_if=is_absent)] = None
    faces: Annotated[list[FaceOut] | None, Field(exclude_if=is_absent, description="Of a font.")] = None


class AssetOut(Schema):
    """A media file that the workspace owns; a timeline names it `asset:<id>`."""

    id: str
    src: Annotated[str, Field(description="How a timeline names it.")]
    name: str
    content_type: str
    size_bytes: int
    sha256: str
    media: MediaOut
    created_at: datetime
    deleted_at: Annotated[
        datetime | None, Field(exclude_if=is_absent, description="Only of a deleted asset, which can be restored.")
    ] = None


class ImportRequest(Schema):
    """A file on the internet that is to become an asset."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://media.example.com/talk.mp4", "name": "talk.mp4"}]}
    )

    url: Annotated[str, Field(min_length=1, max_length=8192, description="http or https, on port 80 or 443.")]
    name: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=255,
            pattern="^[^\\x00-\\x1f\\x7f]+$",
            description="What to call it; by its URL when not given.",
        ),
    ] = None
    idempotency_key: Annotated[
        str | None, Field(min_length=1, max_length=255, description="The same as the Idempotency-Key header.")
    ] = None


class AssetList(ListOut[AssetOut]):
    """One page of assets."""


def asset_view(asset: Asset) -> AssetOut:
    """An asset on the wire."""
    return AssetOut(
        id=asset.id,
        src=f"asset:{asset.id}",
        name=asset.name,
        content_type=asset.content_type,
        size_bytes=asset.size_bytes,
        sha256=asset.sha256,
        media=_media(asset.info),
        created_at=asset.created_at,
        deleted_at=asset.deleted_at,
    )


def _media(info: MediaInfo) -> MediaOut:
    video, audio = info.video, info.audio
    return MediaOut(
        kind=info.kind,
        format=info.format,
        duration=None if info.duration is None else round(float(info.duration), 6),
        video=None
        if video is None
        else PictureOut(
            codec=video.codec,
            width=video.width,
            height=video.height,
            fps=round(float(video.fps), 6),
            frames=video.frames,
            rotation=video.rotation,
            has_alpha=video.has_alpha,
        ),
        audio=None
        if audio is None
        else SoundOut(codec=audio.codec, sample_rate=audio.sample_rate, channels=audio.channels, layout=audio.layout),
        faces=[FaceOut(names=list(face.names), weight=face.weight, italic=face.italic) for face in info.faces] or None,
    )


@router.get("/assets", operation_id="listAssets", responses={200: {"model": AssetList, "headers": NEXT_LINK}})
async def list_assets(
    request: Request,
    services: Services,
    caller: Caller,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
    deleted: Deleted = False,  # noqa: FBT002 — a query parameter
) -> Response:
    """Assets of the workspace, newest first."""
    which = TRASH if deleted else LIST
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, which)
    async with services.database.begin() as session:
        page = await services.assets.list_assets(
            session, caller.workspace_id, limit=limit, before=paging.start, deleted=deleted
        )
    items = [asset_view(asset) for asset in page.items]
    return paging.answer(AssetList, items, page.next_cursor, {"deleted": "true" if deleted else None})


@router.post(
    "/assets/import",
    operation_id="importAsset",
    status_code=202,
    responses={**ACCEPTED, **errors(408, 409, 413, 415)},
)
async def import_asset(
    request: Request,
    services: Services,
    caller: Caller,
    wanted: ImportRequest,
    wait: Wait = 0.0,
    key: KeyHeader = None,
) -> Response:
    """Make an asset of a file on the internet.

    The answer is a job; its `output` names the asset. Only public addresses are asked, at every redirect, and for no
    longer and no more than this server allows.
    """
    if not services.settings.features.url_imports:
        raise disabled("CUTROOM_URL_IMPORTS")
    once = idempotency("assets.import", key, wanted.idempotency_key, {"url": wanted.url, "name": wanted.name})
    try:
        services.check_url(wanted.url)
        given = Import(url=wanted.url, name=wanted.name)
    except Invalid as error:
        raise error.at("/url") from error
    async with services.database.begin() as session:
        submitted = await services.jobs.submit(
            session,
            caller.workspace_id,
            Submission(
                type="assets.import", input=given, correlation_id=request_id_of(request.scope), idempotency=once
            ),
        )
    return await accepted(services, request, submitted.job, created=submitted.created, wait_s=wait)


@router.get(
    "/assets/{asset_id}",
    operation_id="getAsset",
    responses={200: {"model": AssetOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_asset(request: Request, services: Services, caller: Caller, asset_id: str) -> Response:
    """One asset."""
    async with services.database.begin() as session:
        asset = await services.assets.get(session, caller.workspace_id, asset_id)
    view = asset_view(asset)
    return resource(request, view)


@router.get(
    "/assets/{asset_id}/download",
    operation_id="downloadAsset",
    status_code=302,
    response_class=Response,
    responses={302: {"description": "`Location` is a signed URL that reads the file for an hour."}, **errors(404)},
)
async def download_asset(services: Services, caller: Caller, asset_id: str) -> Response:
    """Where the asset's bytes are."""
    async with services.database.begin() as session:
        url = await services.assets.download_url(session, caller.workspace_id, asset_id)
    return Response(status_code=302, headers={"Location": url, "Cache-Control": "no-store"})


@router.delete(
    "/assets/{asset_id}",
    operation_id="deleteAsset",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone."}, **errors(404)},
)
async def delete_asset(services: Services, caller: Caller, asset_id: str) -> Response:
    """Delete an asset; it can be restored for some days. Jobs that have read it already are not disturbed.

    Links to it that were given out die at once, or within a minute where the files are in a bucket.
    """
    async with services.database.begin() as session:
        await services.assets.delete(session, caller.workspace_id, asset_id)
    await services.assets.hide(caller.workspace_id, asset_id)
    return Response(status_code=204)


@router.post(
    "/assets/{asset_id}/restore",
    operation_id="restoreAsset",
    responses={200: {"model": AssetOut}, **errors(404)},
)
async def restore_asset(services: Services, caller: Caller, asset_id: str) -> Response:
    """Undo a deletion, while it is not too late."""
    async with services.database.begin() as session:
        asset = await services.assets.restore(session, caller.workspace_id, asset_id)
    return answer(asset_view(asset))
