"""The words of `cutroom highlights`; what it does is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from cutroom.app.running import run


def highlights(
    file: Annotated[
        Path, typer.Argument(help="A recording; or what was said in one: transcript .json, .srt, .vtt, .ass.")
    ],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="JSON file to write.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,  # noqa: FBT002
    count: Annotated[int, typer.Option(help="How many, at most.", min=1, max=50)] = 5,
    min_length: Annotated[float, typer.Option(help="Seconds of the shortest.", min=1, max=900)] = 15,
    max_length: Annotated[float, typer.Option(help="Seconds of the longest.", min=1, max=900)] = 60,
    prompt: Annotated[str | None, typer.Option(help="What they should be about: 'moments about pricing'.")] = None,
    method: Annotated[str, typer.Option(help="auto, model or scored: who chooses.")] = "auto",
    model: Annotated[str | None, typer.Option(help="The language model to ask.")] = None,
    media: Annotated[Path | None, typer.Option(help="The recording, when FILE is what was said in it.")] = None,
    language: Annotated[str | None, typer.Option(help="What is spoken: en, pt-BR…")] = None,
    engine: Annotated[str | None, typer.Option(help="What recognises speech: pocketsphinx, faster-whisper…")] = None,
    shots: Annotated[bool, typer.Option(help="Look for cuts of the picture.")] = True,  # noqa: FBT002
) -> None:
    """Find the passages of a recording that stand by themselves, with a score and reasons."""
    from cutroom.app import highlights as program  # noqa: PLC0415

    asked = {
        "count": count,
        "minLength": min_length,
        "maxLength": max_length,
        "prompt": prompt,
        "method": method,
        "model": model,
        "shots": shots,
    }
    wish = program.Wish(asked, output, json, media, language, engine)
    run(lambda: program.highlights(file, wish))
