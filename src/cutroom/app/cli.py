"""The `cutroom` command. Each program is imported only when it runs, so that `--help` is quick."""

import os
from pathlib import Path
from typing import Annotated

import typer

from cutroom import __version__
from cutroom.app import again
from cutroom.app.agents_command import agent, agents
from cutroom.app.clip_command import clip
from cutroom.app.console import err, out, show_facts, show_warning
from cutroom.app.highlights_command import highlights
from cutroom.app.patterns_command import patterns
from cutroom.app.repurpose_command import repurpose
from cutroom.app.run_command import run_patterns
from cutroom.app.running import run
from cutroom.app.subtitles_command import subtitles
from cutroom.app.tasks_command import tasks
from cutroom.app.transcribe_command import transcribe

cli = typer.Typer(
    name="cutroom",
    help="Turn a JSON timeline into a video: on your own machine, or as a service with durable jobs.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

DocumentPath = Annotated[
    Path,
    typer.Argument(help="JSON document, or - for standard input; paths in it are relative to it.", allow_dash=True),
]
Data = Annotated[Path | None, typer.Option("--data", help="Folder that holds all state.", show_default="./data")]
Host = Annotated[str | None, typer.Option(help="Address to listen on.", show_default="127.0.0.1")]
Port = Annotated[int | None, typer.Option(help="Port to listen on; 0 picks a free one.", show_default="8000")]
Workers = Annotated[int, typer.Option(help="Worker processes to start.", min=1, max=64)]


def _version(wanted: bool) -> None:  # noqa: FBT001 — typer's callback
    if wanted:
        out.print(f"cutroom {__version__}")
        raise typer.Exit


@cli.callback()
def options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True, help="Print it.")] = False,  # noqa: FBT002
) -> None:
    """Turn a JSON timeline into a video: on your own machine, or as a service with durable jobs."""


@cli.command()
def render(
    document: DocumentPath,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write, or a folder for it.")] = None,
    explain: Annotated[bool, typer.Option(help="Print the plan and what it costs, and stop.")] = False,  # noqa: FBT002
    cache: Annotated[Path | None, typer.Option(help="Keep segments here; only what changed is made again.")] = None,
    report: Annotated[bool, typer.Option(help="Write what was measured on the file beside it.")] = False,  # noqa: FBT002
) -> None:
    """Render a document to a file: no server, no database."""
    wish = _wish(document, cache) if cache is not None and not explain and not report else None
    if wish is not None and (given := again.give(wish, document, output)) is not None:
        _show_again(given, output)
        return
    from cutroom.app import render as program  # noqa: PLC0415

    run(lambda: program.render(document, output=output, explains=explain, cache=cache, report=report, wish=wish))


def _wish(document: Path, cache: Path) -> again.Wish | None:
    """What the command asks for, if that can be told from files."""
    try:
        return again.wish_of(document, document.read_bytes(), cache)
    except OSError:  # "-" is standard input; whatever else cannot be read is complained of by who needs it
        return None


def _show_again(given: again.Given, output: Path | None) -> None:
    err.print("rendering: nothing has changed (100%)")
    for warning in given.warnings:
        show_warning(*warning)
    shown = output if output is not None and not output.is_dir() else given.target
    show_facts("Rendered", {"file": str(shown), **given.facts})
    for other in given.others:
        out.print(f"  and {other}", markup=False)


@cli.command()
def preview(
    document: DocumentPath,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write: an mp4.")] = None,
) -> None:
    """Render a small version of a document quickly: 512 pixels wide, 15 frames a second."""
    from cutroom.app import looking as program  # noqa: PLC0415

    run(lambda: program.preview(document, output=output))


@cli.command()
def storyboard(
    document: DocumentPath,
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write: a jpg.")] = None,
    frames: Annotated[int, typer.Option(help="How many frames to show.", min=1, max=64)] = 9,
) -> None:
    """Show some frames of a document on one sheet, without rendering it."""
    from cutroom.app import looking as program  # noqa: PLC0415

    run(lambda: program.storyboard(document, output=output, frames=frames))


cli.command()(clip)
cli.command()(transcribe)
cli.command()(subtitles)
cli.command()(repurpose)
cli.command()(highlights)
cli.command("run")(run_patterns)
cli.add_typer(patterns, name="patterns")
cli.add_typer(tasks, name="tasks")
cli.command()(agent)
cli.add_typer(agents, name="agents")


otio = typer.Typer(help="Exchange timelines with editing programs as OpenTimelineIO.", no_args_is_help=True)
cli.add_typer(otio, name="otio")


@otio.command("export")
def otio_export(
    document: Annotated[Path, typer.Argument(help="JSON document; paths in it are relative to it.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write: .otio.")] = None,
) -> None:
    """Write a document as an .otio file."""
    from cutroom.app import otio as program  # noqa: PLC0415

    run(lambda: program.export(document, output=output))


@otio.command("import")
def otio_import(
    source: Annotated[Path, typer.Argument(help="An .otio file.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Document to write: .json.")] = None,
) -> None:
    """Write an .otio file as a document."""
    from cutroom.app import otio as program  # noqa: PLC0415

    run(lambda: program.import_(source, output=output))


@cli.command()
def model(
    name: Annotated[
        str | None, typer.Argument(help="A size, or owner/name of Hugging Face.", show_default="the usual one")
    ] = None,
    shows: Annotated[bool, typer.Option("--list", help="Print the models that are here, and stop.")] = False,  # noqa: FBT002
    data: Data = None,
) -> None:
    """Download a model of Whisper before it is needed."""
    from cutroom.app import model as program  # noqa: PLC0415

    run(lambda: program.show(data=data) if shows else program.model(name, data=data))


@cli.command()
def up(data: Data = None, host: Host = None, port: Port = None, workers: Workers = 1) -> None:
    """Start everything: Postgres, API and worker. Ctrl-C stops all of it."""
    from cutroom.app import up as program  # noqa: PLC0415

    run(lambda: program.up(data=data, host=host, port=port, workers=workers))


@cli.command()
def demo(
    data: Data = None,
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the film goes.")] = Path("out/hello.mp4"),
) -> None:
    """Start everything, render examples/hello through the HTTP API, stop everything."""
    from cutroom.app import demo as program  # noqa: PLC0415

    run(lambda: program.demo(data=data, output=output))


@cli.command()
def api(data: Data = None, host: Host = None, port: Port = None) -> None:
    """Run the API alone (needs DATABASE_URL)."""
    from cutroom.app import serve  # noqa: PLC0415

    run(lambda: serve.api(data=data, host=host, port=port), loop_factory=serve.fast_loop())


@cli.command()
def worker(data: Data = None) -> None:
    """Run one worker alone (needs DATABASE_URL)."""
    from cutroom.app import serve  # noqa: PLC0415

    run(lambda: serve.worker(data=data))


@cli.command()
def migrate(
    or_newer: Annotated[  # noqa: FBT002 — typer's option
        bool, typer.Option("--or-newer", help="Take a database that a newer version has changed: going back needs it.")
    ] = False,
) -> None:
    """Bring the database at DATABASE_URL up to this version."""
    from cutroom.app import serve  # noqa: PLC0415

    run(lambda: serve.migrate(or_newer=or_newer))


@cli.command()
def seed(data: Data = None) -> None:
    """Fill the development database of a running `up` with workspaces, people, keys, a template and jobs."""
    from cutroom.app import seed as program  # noqa: PLC0415

    run(lambda: program.seed(data=data))


@cli.command("api-key")
def api_key(
    name: Annotated[str, typer.Argument(help="What it is for.")] = "default",
    scope: Annotated[
        list[str] | None, typer.Option(help="What it may do, such as jobs:read; may be repeated.", show_default="*")
    ] = None,
    workspace: Annotated[str | None, typer.Option(help="Id of its workspace.", show_default="the default one")] = None,
    shows: Annotated[bool, typer.Option("--list", help="Print the keys that there are, and stop.")] = False,  # noqa: FBT002
    revoke: Annotated[str | None, typer.Option(help="End the key with this id, and stop.", metavar="ID")] = None,
) -> None:
    """Make an API key; its text is shown once. Or list the keys of a workspace, or revoke one."""
    from cutroom.app import keys as program  # noqa: PLC0415

    if shows:
        run(lambda: program.show(workspace))
    elif revoke is not None:
        run(lambda: program.revoke(revoke, workspace))
    else:
        run(lambda: program.make(name, scope or (), workspace))


@cli.command()
def plan(
    workspace: Annotated[str, typer.Argument(help="Id of the workspace.")],
    name: Annotated[str | None, typer.Argument(help="The plan to give it; only shown without.")] = None,
) -> None:
    """Show or set the plan of a workspace, in the running stack or at DATABASE_URL."""
    from cutroom.app import plans as program  # noqa: PLC0415

    run(lambda: program.plan(workspace, name))


users = typer.Typer(help="People with a password, in the running stack or at DATABASE_URL.", no_args_is_help=True)
cli.add_typer(users, name="user")
Who = Annotated[str, typer.Argument(help="E-mail address or id of the user.")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input instead of asking for it.")
]


@users.command("create")
def user_create(
    email: Annotated[str, typer.Argument(help="What they log in with.")],
    name: Annotated[str | None, typer.Option(help="For people.", show_default="the part before the @")] = None,
    workspace: Annotated[
        str | None, typer.Option(help="Id of a workspace to join.", show_default="a new one of their own")
    ] = None,
    role: Annotated[str, typer.Option(help="What they are there: owner, admin, editor or viewer.")] = "owner",
    from_stdin: FromStdin = False,  # noqa: FBT002
) -> None:
    """Make a user."""
    from cutroom.app import users as program  # noqa: PLC0415

    password = program.ask_password(from_stdin=from_stdin)
    run(lambda: program.create(email, password, name=name, workspace_id=workspace, role=role))


@users.command("password")
def user_password(user: Who, from_stdin: FromStdin = False) -> None:  # noqa: FBT002
    """Give a user another password; all of their sessions end."""
    from cutroom.app import users as program  # noqa: PLC0415

    password = program.ask_password(from_stdin=from_stdin)
    run(lambda: program.set_password(user, password))


@users.command("reset-link")
def user_reset_link(user: Who) -> None:
    """Print a link with which a user chooses another password: once, within an hour. Hand it to nobody else."""
    from cutroom.app import users as program  # noqa: PLC0415

    run(lambda: program.reset_link(user))


@users.command("disable")
def user_disable(user: Who) -> None:
    """Shut a user out, from their next request on."""
    from cutroom.app import users as program  # noqa: PLC0415

    run(lambda: program.set_disabled(user, disabled=True))


@users.command("enable")
def user_enable(user: Who) -> None:
    """Let a user in again; they have to log in."""
    from cutroom.app import users as program  # noqa: PLC0415

    run(lambda: program.set_disabled(user, disabled=False))


@cli.command()
def reference(folder: Annotated[Path, typer.Argument(help="Folder to write to.")] = Path("docs/reference")) -> None:
    """Write openapi.json and the JSON schema of a document."""
    from cutroom.app import reference as program  # noqa: PLC0415

    program.write(folder)


def main() -> None:
    """Entry point of the command."""
    os.putenv(
        "OPENBLAS_NUM_THREADS", "1"
    )  # before NumPy is loaded: its products are small, and a thread that waits spins
    cli()
