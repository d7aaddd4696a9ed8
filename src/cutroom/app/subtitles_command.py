"""The words of `cutroom subtitles`; what it does is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from cutroom.app.running import run


def subtitles(
    file: Annotated[
        Path, typer.Argument(help="A recording; or what was said in one: transcript .json, .srt, .vtt, .ass.")
    ],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write, or a folder for all.")] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="srt, vtt, ass, json or txt; may be repeated.", show_default="srt"),
    ] = None,
    burn_in: Annotated[bool, typer.Option("--burn-in", help="Make a film that shows them.")] = False,  # noqa: FBT002
    soft_track: Annotated[  # noqa: FBT002
        bool, typer.Option("--soft-track", help="Copy the film with a track of them; nothing is encoded.")
    ] = False,
    style: Annotated[str, typer.Option(help="plain, outline, box, karaoke, highlight, pop, bounce, word…")] = "outline",
    platform: Annotated[str | None, typer.Option(help="Keep clear of the buttons of tiktok, reels or shorts.")] = None,
    media: Annotated[Path | None, typer.Option(help="The recording, when FILE is what was said in it.")] = None,
    language: Annotated[str | None, typer.Option(help="What is spoken: en, pt-BR…")] = None,
    engine: Annotated[str | None, typer.Option(help="What recognises speech: pocketsphinx, faster-whisper…")] = None,
    characters: Annotated[int | None, typer.Option(help="In a line.", min=4, max=120, show_default="42")] = None,
    lines: Annotated[int | None, typer.Option(help="In a cue.", min=1, max=4, show_default="2")] = None,
    words: Annotated[int | None, typer.Option(help="In a cue, at most.", min=1, max=40)] = None,
    reading_speed: Annotated[
        float | None, typer.Option(help="Characters a second.", min=2, max=60, show_default="20")
    ] = None,
    shots: Annotated[bool, typer.Option(help="Let cues go when the picture is cut.")] = True,  # noqa: FBT002
) -> None:
    """Make subtitles that keep to what people can read: files, a soft track, or burnt in."""
    from cutroom.app import subtitles as program  # noqa: PLC0415
    from cutroom.speech.subtitles import LimitsWish  # noqa: PLC0415

    limits = LimitsWish(characters=characters, lines=lines, words=words, reading_speed=reading_speed)
    wish = program.Wish(
        output, formats or (), burn_in, soft_track, style, platform, media, language, engine, limits, shots
    )
    run(lambda: program.subtitles(file, wish))
