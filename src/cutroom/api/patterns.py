"""Patterns: what the workspace keeps, the operator's folders and what is shipped, as one library."""

import asyncio
from typing import Annotated, Final

from fastapi import Path, Query, Request, Response
from pydantic import ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from cutroom.api.answers import DEFAULT, ETAG, NEXT_LINK, Cursor, Limit, Paging, answer, resource
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, ApiServices, Services
from cutroom.api.errors import errors
from cutroom.api.keeping import keep_pattern
from cutroom.api.pattern_lists import Search, page_of
from cutroom.api.pattern_view import (
    PatternList,
    PatternOut,
    PreviewOut,
    PromptVersionList,
    preview_view,
    version_view,
    whole_view,
)
from cutroom.api.production_view import VersionQuery
from cutroom.api.prompting import Origin, at, context_text, find_strategy, of_workspace, pattern_of, resolved_pattern
from cutroom.api.routes import keyed, needs
from cutroom.kit.errors import NotFound
from cutroom.kit.schema import Schema
from cutroom.patterns import Pattern, Strategy, Wish, preview, read_pattern
from cutroom.patterns.pattern import MOST_CHARACTERS
from cutroom.prompts import PATTERN
from cutroom.workflows.run_wishes import MOST_INPUT, PatternName, ResolvedPattern, VariableValue
from cutroom.workflows.transcribe import LanguageTag

AREA: Final = "templates"
router: Final = keyed("patterns", area=AREA, carries_texts=True)
LIST: Final = "patterns"
VERSIONS: Final = "patterns.versions"
Name = Annotated[str, Path(alias="pattern_name", description="Of the pattern.")]
Words = Annotated[
    str | None, Query(max_length=200, description="Words that all stand in name, description, tags or text.")
]
Tags = Annotated[str | None, Query(max_length=500, description="Only what has all of these tags: `social,video`.")]


class PatternRequest(Schema):
    """A pattern to keep."""

    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MOST_CHARACTERS,
            description="The prompt: Markdown with `{{input}}` and variables, and front matter that declares them.",
        ),
    ]

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "text": "---\ndescription: A haiku of a text.\ntags: [fun]\nvariables:\n  season: "
                    "{default: autumn}\n---\nWrite a haiku of {{season}} out of this text:\n\n{{input}}"
                }
            ]
        }
    )


class RenameRequest(Schema):
    """Another name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "weekly_summary"}]})

    name: Annotated[PatternName, Field(description="What to call it from now on.")]


class PreviewRequest(Schema):
    """A run to look at."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"input": "What was said in the meeting …", "language": "en"}]}
    )

    input: Annotated[str, Field(max_length=MOST_INPUT, description="The text.")] = ""
    text: Annotated[
        str | None, Field(max_length=MOST_CHARACTERS, description="A draft to look at instead of what is kept.")
    ] = None
    version: Annotated[int | None, Field(ge=1, le=10**15, description="Which of the workspace's own.")] = None
    variables: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=200)], VariableValue],
        Field(max_length=100, description="Values by name."),
    ] = Field(default_factory=dict)
    strategy: Annotated[PatternName | None, Field(description="How the model is to think.")] = None
    context: Annotated[PatternName | None, Field(description="A stored text that is put before the pattern.")] = None
    language: Annotated[LanguageTag | None, Field(description="What to answer in.")] = None


@router.get("/patterns", operation_id="listPatterns", responses={200: {"model": PatternList, "headers": NEXT_LINK}})
async def list_patterns(
    request: Request,
    services: Services,
    caller: Caller,
    q: Words = None,
    tags: Tags = None,
    origin: Annotated[Origin | None, Query(description="Only what comes from there.")] = None,
    limit: Limit = DEFAULT,
    cursor: Cursor = None,
) -> Response:
    """The patterns that the workspace can run, by name; its own hide those of folders that are called the same."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    search = Search.of(q, tags, origin)
    items, last = await page_of(services, caller.workspace_id, search, limit=limit, after=paging.start)
    filters = {"q": q, "tags": tags, "origin": origin}
    return paging.answer(PatternList, items, last, filters)


@router.get(
    "/patterns/{pattern_name}",
    operation_id="getPattern",
    responses={200: {"model": PatternOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_pattern(
    request: Request, services: Services, caller: Caller, name: Name, version: VersionQuery = None
) -> Response:
    """One pattern with its text, as it is now or as it was."""
    async with services.database.begin() as session:
        resolved, pattern = await _known(services, session, caller.workspace_id, name, version)
    return resource(request, whole_view(resolved, pattern))


@router.put(
    "/patterns/{pattern_name}",
    operation_id="putPattern",
    responses={
        200: {"model": PatternOut, "description": "It is kept as the next version."},
        201: {"model": PatternOut, "description": "It is kept, and is new."},
        **errors(408, 413, 415, 429),
    },
)
async def put_pattern(services: Services, caller: Caller, name: Name, wanted: PatternRequest) -> Response:
    """Keep a pattern of the workspace's own. What was kept under the name stays readable as an earlier version."""
    kept, pattern, is_new = await keep_pattern(services, caller, name, wanted.text)
    headers = {"Location": f"{PREFIX}/patterns/{name}"} if is_new else {}
    return answer(whole_view(of_workspace(kept), pattern), status=201 if is_new else 200, headers=headers)


@router.delete(
    "/patterns/{pattern_name}",
    operation_id="deletePattern",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone."}, **errors(404)},
)
async def delete_pattern(services: Services, caller: Caller, name: Name) -> Response:
    """Delete a pattern of the workspace's own, with its versions. What it hid comes back; runs of it stay."""
    async with services.database.begin() as session:
        await services.prompts.delete(session, caller.workspace_id, PATTERN, name)
    return Response(status_code=204)


@router.post(
    "/patterns/{pattern_name}/rename",
    operation_id="renamePattern",
    responses={200: {"model": PatternOut}, **errors(404, 408, 409, 413, 415)},
)
async def rename_pattern(services: Services, caller: Caller, name: Name, wanted: RenameRequest) -> Response:
    """Give a pattern of the workspace's own another name; its versions go with it."""
    async with services.database.begin() as session:
        await services.prompts.rename(session, caller.workspace_id, PATTERN, name, wanted.name)
        resolved = await resolved_pattern(services, session, caller.workspace_id, wanted.name)
    return answer(whole_view(resolved, pattern_of(resolved)))


@router.get(
    "/patterns/{pattern_name}/versions",
    operation_id="listPatternVersions",
    responses={200: {"model": PromptVersionList, "headers": NEXT_LINK}, **errors(404)},
)
async def list_pattern_versions(
    request: Request, services: Services, caller: Caller, name: Name, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """The versions of a pattern of the workspace's own, newest first; `?version=` reads one of them."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, VERSIONS, name)
    async with services.database.begin() as session:
        await services.prompts.get(session, caller.workspace_id, PATTERN, name)
        page = await services.prompts.versions(
            session, caller.workspace_id, PATTERN, name, limit=limit, before=paging.number
        )
    return paging.answer(PromptVersionList, [version_view(one) for one in page.items], page.next_cursor)


@router.post(
    "/patterns/{pattern_name}/preview",
    operation_id="previewPattern",
    openapi_extra=needs(f"{AREA}:read"),
    responses={200: {"model": PreviewOut}, **errors(404, 408, 413, 415)},
)
async def preview_pattern(services: Services, caller: Caller, name: Name, wanted: PreviewRequest) -> Response:
    """What a run would tell a model, and everything that it would be refused for. No model is asked."""
    async with services.database.begin() as session:
        resolved = None
        if wanted.text is None:
            resolved, pattern = await _known(services, session, caller.workspace_id, name, wanted.version)
        else:
            pattern = await asyncio.to_thread(read_pattern, name, wanted.text)
        strategy: Strategy | None = None
        if wanted.strategy is not None:
            with at("/strategy"):
                strategy = await find_strategy(services, session, caller.workspace_id, wanted.strategy)
        context: str | None = None
        if wanted.context is not None:
            with at("/context"):
                context = await context_text(services, session, caller.workspace_id, wanted.context)
    wish = Wish(wanted.variables, strategy, context, wanted.language)
    found = await asyncio.to_thread(preview, pattern, wanted.input, wish)
    return answer(preview_view(resolved, pattern, found, wanted.variables))


async def _known(
    services: ApiServices, session: AsyncSession, workspace_id: str, name: str, version: int | None
) -> tuple[ResolvedPattern, Pattern]:
    """A pattern that an address names. What is another workspace's is as unknown as what is nowhere."""
    try:
        resolved = await resolved_pattern(services, session, workspace_id, name, version)
    except NotFound:
        raise NotFound("pattern_not_found", "There is no such pattern here; GET /patterns lists all.") from None
    if resolved.origin == "workspace":
        return resolved, await asyncio.to_thread(pattern_of, resolved)
    return resolved, await asyncio.to_thread(services.library.get, name)
