"""The words of `cutroom run`; what it does is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from cutroom.app.running import run


def run_patterns(
    patterns: Annotated[
        list[str] | None, typer.Argument(help="A pattern; of several, each reads what the one before it answered.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("-f", "--file", help="Read this instead of standard input: text, PDF, a recording.")
    ] = None,
    youtube: Annotated[str | None, typer.Option("-y", "--youtube", help="Read the captions of this video.")] = None,
    variable: Annotated[
        list[str] | None, typer.Option("-v", "--variable", help="KEY=VALUE; may be repeated.", metavar="KEY=VALUE")
    ] = None,
    model: Annotated[str | None, typer.Option("-m", "--model", help="MODEL, or PROVIDER/MODEL.")] = None,
    strategy: Annotated[str | None, typer.Option("-s", "--strategy", help="How the model is to think.")] = None,
    context: Annotated[Path | None, typer.Option("-C", "--context", help="A text to put before the pattern.")] = None,
    language: Annotated[str | None, typer.Option("-g", "--language", help="What to answer in: en, pt-BR…")] = None,
    temperature: Annotated[float | None, typer.Option("-t", "--temperature", help="0 to 2.", min=0, max=2)] = None,
    max_tokens: Annotated[int | None, typer.Option(help="Where each answer is cut off.", min=1)] = None,
    max_cost: Annotated[float | None, typer.Option(help="US dollars that it may cost; it stops before.")] = None,
    lenient: Annotated[bool, typer.Option(help="Leave tokens as they are that mean nothing.")] = False,  # noqa: FBT002
    parallel: Annotated[bool, typer.Option(help="Have all patterns read the same input.")] = False,  # noqa: FBT002
    stream: Annotated[
        bool | None,
        typer.Option(
            help="Print the answer while it is written, even if the model has to begin anew.",
            show_default="on a terminal",
        ),
    ] = None,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write the answer to this file.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print all that is known of the run, as JSON.")] = False,  # noqa: FBT002
    cache: Annotated[Path | None, typer.Option(help="Keep what was read and answered here, for the next time.")] = None,
    lists: Annotated[bool, typer.Option("-l", "--list", help="List the patterns, and stop.")] = False,  # noqa: FBT002
) -> None:
    """Run a pattern over standard input, and print what the model answers: cutroom run summary < notes.txt."""
    if lists:
        from cutroom.app import patterns as library  # noqa: PLC0415

        run(lambda: library.show_list(patterns or (), (), as_json=False))
        return
    from cutroom.app import run as program  # noqa: PLC0415

    wish = program.Wish(
        patterns=patterns or (),
        file=file,
        youtube=youtube,
        variables=variable or (),
        model=model,
        strategy=strategy,
        context=context,
        language=language,
        temperature=temperature,
        max_tokens=max_tokens,
        max_cost=max_cost,
        lenient=lenient,
        parallel=parallel,
    )
    run(lambda: program.run_patterns(wish, stream=stream, output=output, cache=cache, as_json=json))
