"""The words of `cutroom transcribe`; what it does is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from cutroom.app.running import run


def transcribe(
    file: Annotated[Path, typer.Argument(help="A recording: sound, or a film with sound.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write, of one of the formats, or a folder for all.")
    ] = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", help="json, srt, vtt or txt; may be repeated.", show_default="json"),
    ] = None,
    engine: Annotated[
        str | None,
        typer.Option(help="pocketsphinx, faster-whisper or openai.", show_default="the best that is ready"),
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model of that engine.", show_default="its usual one")] = None,
    language: Annotated[str | None, typer.Option(help="What is spoken: en, pt-BR…")] = None,
    prompt: Annotated[str | None, typer.Option(help="What it is about, for engines that take hints.")] = None,
    glossary: Annotated[
        list[str] | None, typer.Option("--word", help="A name or word to be expected; may be repeated.")
    ] = None,
    cache: Annotated[Path | None, typer.Option(help="Keep what was heard here; nothing is heard twice.")] = None,
) -> None:
    """Write down what is said in a recording, word by word, with times: no server, no database."""
    from cutroom.app import transcribe as program  # noqa: PLC0415

    wish = program.Wish(engine, model, language, prompt, glossary or ())
    run(lambda: program.transcribe(file, wish, output=output, formats=formats or (), cache=cache))
