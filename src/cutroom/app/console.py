"""What the command line shows: progress bars, facts and errors."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from cutroom.kit.errors import CutroomError

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


class Bar(Protocol):
    """Moves a progress bar: `fraction` in [0, 1], and what is being done."""

    def __call__(self, fraction: float, stage: str) -> None:
        """Move it."""
        ...


@contextmanager
def progress_bar(title: str) -> Iterator[Bar]:
    """A bar on a terminal; a line per stage where there is none (CI, pipes)."""
    if not err.is_terminal:
        yield _stage_lines(title)
        return
    columns = (TextColumn("{task.description}"), BarColumn(40), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, TextColumn("[dim]{task.fields[stage]}"), console=err) as progress:
        task = progress.add_task(title, total=1.0, stage="")
        yield lambda fraction, stage: progress.update(task, completed=fraction, stage=stage)


def _stage_lines(title: str) -> Bar:
    seen = ""

    def show(fraction: float, stage: str) -> None:
        nonlocal seen
        if stage and stage != seen:
            seen = stage
            err.print(f"{title}: {stage} ({fraction:.0%})")

    return show


def show_error(error: CutroomError) -> None:
    """The sentence, then every wrong place with its pointer."""
    err.print(f"[bold red]error[/] {error.code}: ", end="")
    err.print(error.message, markup=False)
    for detail in error.details:
        err.print(f"  {detail.pointer or '/'}  ", end="", style="bold")
        err.print(detail.message, markup=False)


def show_warning(code: str, pointer: str, message: str) -> None:
    """What renders, but perhaps not as meant."""
    err.print("[yellow]warning[/]", code, pointer, end=": ")
    err.print(message, markup=False)


def show_facts(title: str, rows: Mapping[str, str]) -> None:
    """A small table of names and values."""
    table = Table(title=title, show_header=False, title_justify="left", box=None, padding=(0, 2))
    for name, value in rows.items():
        table.add_row(f"[dim]{name}", value)
    out.print(table)


def fail(error: CutroomError) -> None:
    """Show an error and end the program with status 1."""
    show_error(error)
    sys.exit(1)
