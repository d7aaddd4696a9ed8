"""Artifacts by their ids: what a batch's results name."""

from typing import Final

from fastapi import Response

from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.routes import keyed

router: Final = keyed("artifacts", area="jobs")


@router.get(
    "/artifacts/{artifact_id}/download",
    operation_id="downloadArtifact",
    status_code=302,
    response_class=Response,
    responses={302: {"description": "`Location` is a signed URL that reads the file for an hour."}, **errors(404)},
)
async def download_artifact(services: Services, caller: Caller, artifact_id: str) -> Response:
    """Where the bytes of a job's result are."""
    async with services.database.begin() as session:
        url = await services.assets.artifact_url(session, caller.workspace_id, artifact_id)
    return Response(status_code=302, headers={"Location": url, "Cache-Control": "no-store"})
