"""The words of `cutroom clip`; what it does is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from cutroom.app.running import run


def clip(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="Film to write (.mp4), or a folder.", show_default="FILE.clip.mp4"),
    ] = None,
    start: Annotated[float | None, typer.Option(help="Second of the recording at which to begin.", min=0)] = None,
    end: Annotated[float | None, typer.Option(help="Second at which to end.", min=0)] = None,
    highlight: Annotated[
        int | None, typer.Option(help="A highlight instead: 1 is the best. Looked for, unless --highlights.", min=1)
    ] = None,
    highlights: Annotated[Path | None, typer.Option(help="Highlights as `cutroom highlights` writes them.")] = None,
    min_length: Annotated[
        float | None, typer.Option(help="Seconds of the shortest to look for.", min=1, max=900, show_default="15")
    ] = None,
    max_length: Annotated[
        float | None, typer.Option(help="Seconds of the longest.", min=1, max=900, show_default="60")
    ] = None,
    transcript: Annotated[
        Path | None, typer.Option(help="What is said: transcript .json, .srt, .vtt. Transcribed where needed.")
    ] = None,
    aspect: Annotated[str | None, typer.Option(help="9:16, 1:1, 4:5 or 16:9.", show_default="9:16")] = None,
    platform: Annotated[
        str | None, typer.Option(help="tiktok, reels, shorts, feed, x, linkedin or youtube: shape, rate, safe area.")
    ] = None,
    captions: Annotated[
        str | None,
        typer.Option(help="highlight, karaoke, pop, box…; or none.", show_default="highlight with a transcript"),
    ] = None,
    reframe: Annotated[str, typer.Option(help="auto, faces, motion, pad or center.")] = "auto",
    language: Annotated[str | None, typer.Option(help="What is spoken: en, pt-BR…")] = None,
    engine: Annotated[str | None, typer.Option(help="What recognises speech: pocketsphinx, faster-whisper…")] = None,
    cache: Annotated[Path | None, typer.Option(help="Keep what was found and made here, for the next clip.")] = None,
) -> None:
    """Cut a clip out of a recording: framed on who speaks, captioned, loud enough; with a timeline to edit."""
    from cutroom.app import clip as program  # noqa: PLC0415

    wish = program.Wish(
        output=output,
        start=start,
        end=end,
        highlight=highlight,
        highlights=highlights,
        lengths=(min_length, max_length),
        transcript=transcript,
        aspect=aspect,
        platform=platform,
        captions=captions,
        reframe=reframe,
        language=language,
        engine=engine,
        cache=cache,
    )
    run(lambda: program.clip(file, wish))
