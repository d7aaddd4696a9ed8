"""The words of `cutroom repurpose`; what it does is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from cutroom.app.running import run


def repurpose(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for what is made.", show_default="FILE.content")
    ] = None,
    transcript: Annotated[
        Path | None, typer.Option(help="What is said: transcript .json, .srt, .vtt. Transcribed without.")
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(help="subtitles, highlights, clips or posts; may be repeated.", show_default="all of them"),
    ] = None,
    clips: Annotated[int, typer.Option(help="How many clips, of the best highlights.", min=0, max=20)] = 3,
    platform: Annotated[
        str | None, typer.Option(help="Where clips are shown: tiktok, reels, shorts, feed, x, linkedin or youtube.")
    ] = None,
    post: Annotated[
        list[str] | None,
        typer.Option(help="blog, linkedin, twitter or instagram; may be repeated.", show_default="all of them"),
    ] = None,
    subtitle_format: Annotated[
        list[str] | None, typer.Option("--format", help="srt, vtt, ass, json or txt; may be repeated.")
    ] = None,
    tone: Annotated[str | None, typer.Option(help="How posts sound, where a language model writes them.")] = None,
    language: Annotated[str | None, typer.Option(help="What is spoken: en, pt-BR…")] = None,
    engine: Annotated[str | None, typer.Option(help="What recognises speech: pocketsphinx, faster-whisper…")] = None,
    cache: Annotated[Path | None, typer.Option(help="Keep what was found and made here, for the next time.")] = None,
) -> None:
    """Make transcript, subtitles, highlights, clips and posts of a recording, in one folder."""
    from cutroom.app import repurpose as program  # noqa: PLC0415

    wish = program.Wish(
        output=output,
        transcript=transcript,
        only=only or (),
        clips=clips,
        platform=platform,
        posts=post or (),
        formats=subtitle_format or (),
        tone=tone,
        language=language,
        engine=engine,
        cache=cache,
    )
    run(lambda: program.repurpose(file, wish))
