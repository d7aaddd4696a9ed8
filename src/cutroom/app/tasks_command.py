"""The words of `cutroom tasks`; what it does is imported when it runs."""

from pathlib import Path
from typing import Annotated

import typer

from cutroom.app.running import run

tasks = typer.Typer(
    help="Tasks: prompts that agents carry out in repositories. Of the running stack, or of --server.",
    no_args_is_help=True,
)
Server = Annotated[str | None, typer.Option(help="Another server than the one that `cutroom up` runs: its URL.")]
KeyFile = Annotated[Path | None, typer.Option(help="A file with an API key of that server.")]
Task = Annotated[str, typer.Argument(help="Id of the task.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Print what its command says while it runs.")]


@tasks.command("register")
def register(
    name: Annotated[str, typer.Argument(help="For people; each is used once.")],
    url: Annotated[str, typer.Argument(help="https://, http:// or file://, without a password.")],
    branch: Annotated[str | None, typer.Option(help="The repository's own when left out.")] = None,
    command: Annotated[str | None, typer.Option(help="Which of an agent's commands runs.")] = None,
    label: Annotated[list[str] | None, typer.Option(help="Only agents with it; may be repeated.")] = None,
    secret: Annotated[list[str] | None, typer.Option(help="Name of a secret of the agent; may be repeated.")] = None,
    server: Server = None,
    key_file: KeyFile = None,
) -> None:
    """Register a repository; its id is printed."""
    from cutroom.app import tasks as program  # noqa: PLC0415

    body = {"name": name, "url": url, "branch": branch, "command": command, "labels": label, "secrets": secret}
    run(lambda: program.register(server, key_file, body))


@tasks.command("repositories")
def repositories(server: Server = None, key_file: KeyFile = None) -> None:
    """List the repositories of the workspace."""
    from cutroom.app import tasks as program  # noqa: PLC0415

    run(lambda: program.show_repositories(server, key_file))


@tasks.command("add")
def add(
    repository: Annotated[str, typer.Argument(help="Id or name of the repository.")],
    prompt: Annotated[str, typer.Argument(help="What is to be done; - reads it from standard input.")],
    command: Annotated[str | None, typer.Option(help="Which of an agent's commands runs.")] = None,
    follow: Follow = False,  # noqa: FBT002
    server: Server = None,
    key_file: KeyFile = None,
) -> None:
    """Ask for a task; its id is printed."""
    from cutroom.app import tasks as program  # noqa: PLC0415

    run(lambda: program.add(server, key_file, repository, prompt, command=command, follow=follow))


@tasks.command("rework")
def rework(
    task: Task,
    feedback: Annotated[str, typer.Argument(help="What is to be made better; - reads it from standard input.")],
    follow: Follow = False,  # noqa: FBT002
    server: Server = None,
    key_file: KeyFile = None,
) -> None:
    """Have what a task did made better: a new task, which goes on from its changes."""
    from cutroom.app import tasks as program  # noqa: PLC0415

    run(lambda: program.rework(server, key_file, task, feedback, follow=follow))


@tasks.command("list")
def list_tasks(
    queue: Annotated[str | None, typer.Option(help="backlog or rework.")] = None,
    status: Annotated[str | None, typer.Option(help="queued, running, succeeded…")] = None,
    server: Server = None,
    key_file: KeyFile = None,
) -> None:
    """Show the board: the newest tasks, of one queue and in one state where these are named."""
    from cutroom.app import tasks as program  # noqa: PLC0415

    run(lambda: program.show_board(server, key_file, queue=queue, status=status))


@tasks.command("show")
def show(
    task: Task,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,  # noqa: FBT002
    server: Server = None,
    key_file: KeyFile = None,
) -> None:
    """Show one task, and what came of it."""
    from cutroom.app import tasks as program  # noqa: PLC0415

    run(lambda: program.show(server, key_file, task, as_json=json))


@tasks.command("follow")
def follow_task(task: Task, server: Server = None, key_file: KeyFile = None) -> None:
    """Print what a task's command says while it runs."""
    from cutroom.app import tasks as program  # noqa: PLC0415

    run(lambda: program.follow(server, key_file, task))


@tasks.command("patch")
def patch(
    task: Task,
    to: Annotated[Path | None, typer.Option("-o", "--output", help="Where to; standard output when left out.")] = None,
    server: Server = None,
    key_file: KeyFile = None,
) -> None:
    """Write the patch of a task: cutroom tasks patch ID | git apply."""
    from cutroom.app import tasks as program  # noqa: PLC0415

    run(lambda: program.patch(server, key_file, task, to))


@tasks.command("check")
def check(configuration: Annotated[Path, typer.Argument(help="What an agent is started with.")]) -> None:
    """Check an agent's task configuration, and whether this machine can hold a command."""
    from cutroom.app import tasks as program  # noqa: PLC0415

    run(lambda: program.check(configuration))
