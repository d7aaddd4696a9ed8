"""The words of `cutroom patterns`; what it does is imported when it runs."""

from typing import Annotated

import typer

from cutroom.app.running import run

patterns = typer.Typer(
    help="Patterns: prompts for language models, shipped and from the folders of CUTROOM_PATTERNS.",
    no_args_is_help=True,
)
Name = Annotated[str, typer.Argument(help="Of the pattern.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]


@patterns.command("list")
def list_patterns(
    words: Annotated[
        list[str] | None, typer.Argument(help="Words that all stand in name, description, tags or text.")
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help="Only what has this tag; may be repeated.")] = None,
    json: AsJson = False,  # noqa: FBT002
) -> None:
    """List patterns, and what is wrong with those that cannot be read."""
    from cutroom.app import patterns as program  # noqa: PLC0415

    run(lambda: program.show_list(words or (), tag or (), as_json=json))


@patterns.command("strategies")
def list_strategies(json: AsJson = False) -> None:  # noqa: FBT002
    """List strategies: how a model is to think, put before any pattern."""
    from cutroom.app import patterns as program  # noqa: PLC0415

    run(lambda: program.show_strategies(as_json=json))


@patterns.command("show")
def show(name: Name, json: AsJson = False) -> None:  # noqa: FBT002
    """Show one pattern: what it is for, the variables that it needs, its text."""
    from cutroom.app import patterns as program  # noqa: PLC0415

    run(lambda: program.show(name, as_json=json))


@patterns.command("preview")
def preview(
    name: Name,
    variable: Annotated[
        list[str] | None, typer.Option("-v", "--variable", help="A value, as NAME=VALUE; may be repeated.")
    ] = None,
    strategy: Annotated[str | None, typer.Option(help="How the model is to think.")] = None,
    language: Annotated[str | None, typer.Option(help="What to answer in: en, pt-BR…")] = None,
) -> None:
    """Print what a model would be told for the text on standard input, without asking any."""
    from cutroom.app import patterns as program  # noqa: PLC0415

    run(lambda: program.show_preview(name, variable or (), strategy, language))
