"""Content: posts for platforms, written from transcripts and edited by people."""

from functools import partial
from typing import Annotated, Final

from fastapi import Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.answers import ListOut
from cutroom.api.asking import Asked, ask
from cutroom.api.auth import Caller
from cutroom.api.deps import Services
from cutroom.api.errors import errors
from cutroom.api.production_edits import edit_production
from cutroom.api.production_routes import AREA, Shelf
from cutroom.api.production_view import EditedVersion, IfMatch, ProductionOut
from cutroom.api.routes import keyed
from cutroom.api.submission import ACCEPTED, KeyHeader, Wait
from cutroom.kit.schema import is_absent
from cutroom.posts.document import PostDocument
from cutroom.posts.editing import PostChanges, edited
from cutroom.workflows.write_posts import WritePosts

router: Final = keyed("content", area=AREA)


class ContentRequest(Asked, WritePosts):
    """What to write of which transcript, and how."""

    voice: Annotated[
        str | None, Field(min_length=1, max_length=100, description="How to sound: the id or the name of a voice.")
    ] = None

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "transcript": "trn_01kb0000000000000000000000",
                    "kinds": ["linkedin", "twitter"],
                    "tone": "friendly",
                    "voice": "Acme",
                }
            ]
        }
    )


class ContentOut(ProductionOut):
    """A post for one platform."""

    document: Annotated[
        PostDocument | None, Field(exclude_if=is_absent, description="The post; left out of lists.")
    ] = None


class ContentList(ListOut[ContentOut]):
    """One page of posts."""


class ContentEdit(PostChanges):
    """What to change of a post; what is absent stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 3, "title": "What we learned"}]})

    version: EditedVersion = None


@router.post(
    "/content", operation_id="createContent", status_code=202, responses={**ACCEPTED, **errors(408, 409, 413, 415)}
)
async def create_content(
    request: Request,
    services: Services,
    caller: Caller,
    wanted: ContentRequest,
    wait: Wait = 0.0,
    key: KeyHeader = None,
) -> Response:
    """Write posts from a transcript: one for each platform.

    The answer is a job; its `output` names the posts. Every number, name and quotation in them was said in the
    recording, and each paragraph says where.
    """
    return await ask(services, request, caller, "write_posts", wanted, key=key, wait_s=wait)


@router.patch(
    "/content/{content_id}",
    operation_id="editContent",
    responses={200: {"model": ContentOut}, **errors(404, 408, 409, 412, 413, 415)},
)
async def edit_content(
    request: Request, services: Services, caller: Caller, content_id: str, wanted: ContentEdit, if_match: IfMatch = None
) -> Response:
    """Edit a post: the result is its next version.

    Paragraphs whose text stays keep what they cite. Say which version you edited, by `If-Match` or `version`.
    """
    changes = PostChanges.model_validate(
        wanted.model_dump(include=set(PostChanges.model_fields), exclude_unset=True, by_alias=False)
    )
    return await edit_production(
        services,
        request,
        caller,
        "post",
        content_id,
        if_match=if_match,
        version=wanted.version,
        change=partial(_changed, changes),
        title=wanted.title,
    )


def _changed(changes: PostChanges, body: str) -> str | None:
    before = PostDocument.model_validate_json(body)
    after = edited(before, changes)
    return None if after == before else after.model_dump_json()


Shelf(
    kind="post",
    path="content",
    one="Content",
    many="Content",
    parameter="content_id",
    out=ContentOut,
    page=ContentList,
    filters={"kind": "platform", "source": "source"},
).add_to(router)
