"""Making an asset of a file that lies somewhere on the internet."""

from typing import Annotated, Final
from urllib.parse import unquote, urlsplit

from pydantic import Field

from cutroom.jobs import Context, Files
from cutroom.kit.errors import CutroomError
from cutroom.kit.schema import Schema
from cutroom.timeline import Media
from cutroom.workflows.sources import take

ASSET: Final = "ast"
MAX_NAME_CHARS: Final = 255


class Import(Schema):
    """A file to bring in.

    The URL is checked at the door, and again at every connection that is made for it.
    """

    url: Annotated[str, Field(max_length=8192, pattern="^[Hh][Tt][Tt][Pp][Ss]?://")]
    name: Annotated[str | None, Field(max_length=MAX_NAME_CHARS)] = None


class Imported(Schema):
    """The asset that it became."""

    asset_id: str
    src: Annotated[str, Field(description="How a timeline names it.")]
    name: str
    size_bytes: int
    sha256: str


async def import_asset(ctx: Context, given: Import) -> Imported:
    """Fetch a file, look at it, and make it an asset; each of the three is a step that is done once."""
    ctx.progress(0.0, "fetching")
    asset_id = ctx.new_id(ASSET)
    media = await ctx.step("source", _take, ctx, given.url)
    ctx.progress(0.9, "keeping")
    name = given.name or name_of(given.url)
    await ctx.step("asset", _adopt, ctx.files, media, asset_id, name)
    ctx.progress(1.0, "done")
    return Imported(
        asset_id=asset_id,
        src=f"asset:{asset_id}",
        name=name,
        size_bytes=media.info.size_bytes,
        sha256=media.sha256,
    )


def name_of(url: str) -> str:
    """What to call a file that came from a URL: the last part of its path, without what cannot be shown."""
    last = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    shown = "".join(character for character in last if character.isprintable())
    return shown[:MAX_NAME_CHARS] or "import"


async def _take(ctx: Context, url: str) -> Media:
    try:
        return await take(ctx.files, ctx.scratch, url)
    except CutroomError as error:
        raise (error.at("/url") if not error.details else error) from error


async def _adopt(files: Files, media: Media, asset_id: str, name: str) -> None:
    await files.adopt(media.sha256, asset_id=asset_id, name=name, info=media.info)
