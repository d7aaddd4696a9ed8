"""Voices: how brands speak, kept for whoever writes in their name."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import Request, Response
from pydantic import ConfigDict, Field

from cutroom.api.answers import (
    DEFAULT,
    ETAG,
    LOCATION,
    NEXT_LINK,
    Cursor,
    Limit,
    ListOut,
    Paging,
    answer,
    resource,
)
from cutroom.api.auth import Caller
from cutroom.api.deps import PREFIX, Services
from cutroom.api.errors import errors
from cutroom.api.names import Name
from cutroom.api.production_routes import AREA
from cutroom.api.routes import keyed
from cutroom.kit.schema import Schema
from cutroom.productions import Voice, Wording

router: Final = keyed("voices", area=AREA)
LIST: Final = "voices"
_Line = Annotated[str, Field(min_length=1, max_length=150)]


class VoiceRequest(Schema):
    """How a brand speaks."""

    name: Annotated[Name, Field(description="One line; no other voice of the workspace is called so.")]
    description: Annotated[str, Field(min_length=1, max_length=2_000, description="In sentences.")]
    dos: Annotated[list[_Line], Field(max_length=10, description="What to do.")] = Field(default_factory=list)
    donts: Annotated[list[_Line], Field(max_length=10, description="What to avoid.")] = Field(default_factory=list)
    examples: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=400)]],
        Field(max_length=5, description="Sentences as they should sound."),
    ] = Field(default_factory=list)

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Acme",
                    "description": "Plain and warm, as to a neighbour.",
                    "dos": ["use short sentences", "name the listener's problem first"],
                    "donts": ["use exclamation marks"],
                    "examples": ["You have an hour of tape and no time. Start here."],
                }
            ]
        }
    )

    def wording(self) -> Wording:
        """As records keep it."""
        return Wording(self.name, self.description, self.dos, self.donts, self.examples)


class VoiceOut(Schema):
    """How a brand speaks; `POST /content` takes its id or its name."""

    id: str
    name: str
    description: str
    dos: list[str]
    donts: list[str]
    examples: list[str]
    version: Annotated[int, Field(description="Grows by one with every change.")]
    created_at: datetime
    updated_at: datetime


class VoiceList(ListOut[VoiceOut]):
    """One page of voices."""


def voice_view(voice: Voice) -> VoiceOut:
    """A voice on the wire."""
    wording = voice.wording
    return VoiceOut(
        id=voice.id,
        name=wording.name,
        description=wording.description,
        dos=list(wording.dos),
        donts=list(wording.donts),
        examples=list(wording.examples),
        version=voice.version,
        created_at=voice.created_at,
        updated_at=voice.updated_at,
    )


@router.post(
    "/voices",
    operation_id="createVoice",
    status_code=201,
    responses={201: {"model": VoiceOut, "headers": LOCATION}, **errors(408, 409, 413, 415, 429)},
)
async def create_voice(services: Services, caller: Caller, wanted: VoiceRequest) -> Response:
    """Keep a voice."""
    async with services.database.begin() as session:
        voice = await services.voices.create(session, caller.workspace_id, wanted.wording())
    return answer(voice_view(voice), status=201, headers={"Location": f"{PREFIX}/voices/{voice.id}"})


@router.get("/voices", operation_id="listVoices", responses={200: {"model": VoiceList, "headers": NEXT_LINK}})
async def list_voices(
    request: Request, services: Services, caller: Caller, limit: Limit = DEFAULT, cursor: Cursor = None
) -> Response:
    """Voices of the workspace, newest first."""
    paging = Paging(request, services.cursors, limit, cursor, caller.workspace_id, LIST)
    async with services.database.begin() as session:
        page = await services.voices.page(session, caller.workspace_id, limit=limit, before=paging.start)
    return paging.answer(VoiceList, [voice_view(voice) for voice in page.items], page.next_cursor)


@router.get(
    "/voices/{voice_id}",
    operation_id="getVoice",
    responses={200: {"model": VoiceOut, "headers": ETAG}, 304: {"description": "Not changed."}, **errors(404)},
)
async def get_voice(request: Request, services: Services, caller: Caller, voice_id: str) -> Response:
    """One voice."""
    async with services.database.begin() as session:
        voice = await services.voices.get(session, caller.workspace_id, voice_id)
    return resource(request, voice_view(voice))


@router.put(
    "/voices/{voice_id}",
    operation_id="replaceVoice",
    responses={200: {"model": VoiceOut}, **errors(404, 408, 409, 413, 415)},
)
async def replace_voice(services: Services, caller: Caller, voice_id: str, wanted: VoiceRequest) -> Response:
    """Say anew how a brand speaks. Posts that were written before stay as they are."""
    async with services.database.begin() as session:
        voice = await services.voices.replace(session, caller.workspace_id, voice_id, wanted.wording())
    return answer(voice_view(voice))


@router.delete(
    "/voices/{voice_id}",
    operation_id="deleteVoice",
    status_code=204,
    response_class=Response,
    responses={204: {"description": "It is gone."}, **errors(404)},
)
async def delete_voice(services: Services, caller: Caller, voice_id: str) -> Response:
    """Delete a voice for good. Posts that were written in it stay."""
    async with services.database.begin() as session:
        await services.voices.delete(session, caller.workspace_id, voice_id)
    return Response(status_code=204)
