"""The words of `cutroom agent` and `cutroom agents`; what they do is imported when they run."""

from pathlib import Path
from typing import Annotated

import typer

from cutroom.app.running import run

agents = typer.Typer(
    help="Agents of a workspace, or the operator's own, which serve all; in the running stack or at DATABASE_URL.",
    no_args_is_help=True,
)
Workspace = Annotated[
    str | None, typer.Option("--workspace", help="Id of the workspace.", show_default="the operator's own agents")
]
Which = Annotated[str, typer.Argument(help="Id of the agent.")]


def agent(
    server: Annotated[str, typer.Option(help="HOST:PORT of the server's door for agents.")],
    enrol: Annotated[str | None, typer.Option(help="A one-time code; the token is kept for the next start.")] = None,
    token: Annotated[
        str | None, typer.Option(envvar="CUTROOM_AGENT_TOKEN", help="The agent's token; better in the variable.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(help="File that holds the token.", exists=True, dir_okay=False)
    ] = None,
    ca: Annotated[
        Path | None,
        typer.Option(help="Certificates to trust, PEM.", show_default="the system's", exists=True, dir_okay=False),
    ] = None,
    cert: Annotated[
        Path | None,
        typer.Option(help="Certificate to show, where the server asks for one.", exists=True, dir_okay=False),
    ] = None,
    key: Annotated[Path | None, typer.Option(help="Its key.", exists=True, dir_okay=False)] = None,
    plaintext: Annotated[bool, typer.Option(help="Without TLS: for a server on this machine.")] = False,  # noqa: FBT002
    insecure: Annotated[  # noqa: FBT002
        bool, typer.Option("--insecure", help="With --plaintext: to any server, though others may read the token.")
    ] = False,
    label: Annotated[list[str] | None, typer.Option(help="Jobs may need it; may be repeated.")] = None,
    job_type: Annotated[
        list[str] | None, typer.Option("--type", help="Job type to offer; may be repeated.", show_default="all")
    ] = None,
    slots: Annotated[
        int | None, typer.Option(help="Jobs at once.", min=1, max=256, show_default="CUTROOM_WORKER_SLOTS")
    ] = None,
    tasks: Annotated[Path | None, typer.Option(help="File that says what tasks may do here.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Folder that holds all state.")] = None,
) -> None:
    """Run jobs for a server elsewhere, over gRPC: without its database, and with files by signed links alone."""
    from cutroom.agents.link import ServerAddress  # noqa: PLC0415
    from cutroom.app import agent as program  # noqa: PLC0415

    address = ServerAddress(server, plain=plaintext, ca=ca, cert=cert, key=key)
    if plaintext and not insecure and not address.local:
        sentence = (
            f"'{server}' is not on this machine: everybody on the way could read the token. Use TLS, or --insecure."
        )
        raise typer.BadParameter(sentence, param_hint="--plaintext")
    if token_file is not None:
        token = token_file.read_text().strip()
    wish = program.Wish(
        address=address,
        token=token,
        code=enrol,
        labels=label or (),
        types=job_type or (),
        slots=slots,
        tasks=tasks,
    )
    run(lambda: program.agent(wish, data=data))


@agents.command("enrol")
def agents_enrol(
    name: Annotated[str, typer.Argument(help="What the agent is called.")], workspace: Workspace = None
) -> None:
    """Make a code with which one agent may enrol, once, within the hour."""
    from cutroom.app import agents as program  # noqa: PLC0415

    run(lambda: program.code(name, workspace))


@agents.command("list")
def agents_list(workspace: Workspace = None) -> None:
    """Print the agents that there are."""
    from cutroom.app import agents as program  # noqa: PLC0415

    run(lambda: program.show(workspace))


@agents.command("drain")
def agents_drain(which: Which, workspace: Workspace = None) -> None:
    """Give an agent no more jobs; what it runs comes to its end."""
    from cutroom.app import agents as program  # noqa: PLC0415

    run(lambda: program.drain(which, workspace, draining=True))


@agents.command("resume")
def agents_resume(which: Which, workspace: Workspace = None) -> None:
    """Give an agent jobs again."""
    from cutroom.app import agents as program  # noqa: PLC0415

    run(lambda: program.drain(which, workspace, draining=False))


@agents.command("revoke")
def agents_revoke(which: Which, workspace: Workspace = None) -> None:
    """Shut an agent out at once; what it runs goes to others."""
    from cutroom.app import agents as program  # noqa: PLC0415

    run(lambda: program.revoke(which, workspace))


@agents.command("rotate")
def agents_rotate(which: Which, workspace: Workspace = None) -> None:
    """Print another token for an agent; the one before works on for ten minutes."""
    from cutroom.app import agents as program  # noqa: PLC0415

    run(lambda: program.rotate(which, workspace))
