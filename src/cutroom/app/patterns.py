"""`cutroom patterns`: looks into the library of this machine, without a server and without a database."""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from cutroom.app.console import err, out, show_facts
from cutroom.app.engine_settings import load_engine
from cutroom.kit.errors import Detail, Invalid
from cutroom.media.documents import MOST_TEXT_BYTES
from cutroom.patterns import Library, Pattern, Summary, Wish, preview

_FABRICS: Final = re.compile(r"#([^:]+):(.*)", re.DOTALL)


async def show_list(words: Sequence[str], tags: Sequence[str], *, as_json: bool) -> None:
    """Print the patterns that have all of these words and tags."""
    library = load_engine().library()
    found = library.search(" ".join(words), tags)
    if as_json:
        _print_json([_told(library, one) for one in found])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("pattern", "for", "tags"):
        table.add_column(heading, header_style="dim")
    for one in found:
        wrong = one.broken is not None
        told = Text(f"cannot be read: {one.broken}" if wrong else one.description, "red" if wrong else "")
        table.add_row(Text(one.name), told, Text(", ".join(one.tags), "dim"))
    out.print(table)
    err.print(f"{len(found)} patterns")


async def show_strategies(*, as_json: bool) -> None:
    """Print the strategies."""
    found = load_engine().library().strategies()
    if as_json:
        _print_json([asdict(one) for one in found])
        return
    table = Table(box=None, pad_edge=False)
    for heading in ("strategy", "for"):
        table.add_column(heading, header_style="dim")
    for one in found:
        table.add_row(Text(one.name), Text(one.description))
    out.print(table)


async def show(name: str, *, as_json: bool) -> None:
    """Print one pattern.

    Raises:
        NotFound: `pattern_not_found`.
        Invalid: `bad_pattern_name`, and what may be wrong with its file.
    """
    library = load_engine().library()
    pattern = library.get(name)
    origin = _origin(library, name)
    if as_json:
        _print_json({**_facts(pattern, origin), "text": pattern.text, "output": pattern.output})
        return
    facts = {
        "for": pattern.description,
        "tags": ", ".join(pattern.tags),
        "from": origin,
        "model": pattern.model or "",
        "answers": "JSON that follows a schema" if pattern.output is not None else "",
    }
    show_facts(pattern.name, {key: value for key, value in facts.items() if value})
    for variable in pattern.variables:
        default = "must be given" if variable.default is None else f"'{variable.default}' when not given"
        choices = f", one of {', '.join(variable.choices)}" if variable.choices else ""
        told = f"  {variable.name}: {variable.kind}{choices}, {default}. {variable.description}"
        out.print(told.rstrip(), markup=False)
    out.print()
    out.print(pattern.text.rstrip(), markup=False)


async def show_preview(name: str, variables: Sequence[str], strategy: str | None, language: str | None) -> None:
    """Print what a model would be told for the text on standard input.

    Raises:
        NotFound: `pattern_not_found`, `strategy_not_found`.
        Invalid: `bad_variable`, what `read_input` raises; `not_ready`, with all that a run would be refused for.
    """
    library = load_engine().library()
    pattern = library.get(name)
    chosen = None if strategy is None else library.strategy(strategy)
    given = "" if sys.stdin.isatty() else read_input()
    found = preview(pattern, given, Wish(read_variables(variables), chosen, language=language))
    for message in found.messages:
        out.print(message.text, markup=False)
    if found.problems:
        sentence = f"A run of '{name}' would be refused; what it lacks stands above as it is in the pattern."
        raise Invalid("not_ready", sentence, details=found.problems)


def read_variables(given: Sequence[str]) -> Mapping[str, str]:
    """Values by name, of arguments like `NAME=VALUE`, or as Fabric's people write it: `#NAME:VALUE`.

    Raises:
        Invalid: `bad_variable`, for what is none.
    """
    found: dict[str, str] = {}
    for one in given:
        match = _FABRICS.fullmatch(one)
        name, sign, value = one.partition("=") if match is None else (match[1], ":", match[2])
        if not name or not sign:
            message = f"'{one[:100]}' is no variable: write -v NAME=VALUE."
            raise Invalid("bad_variable", message, details=[Detail("--variable", "bad_variable", message)])
        found[name] = value
    return found


def read_input() -> str:
    """The text on standard input, all of it.

    Raises:
        Invalid: `input_not_text`, `input_too_large`.
    """
    raw = sys.stdin.buffer.read(MOST_TEXT_BYTES + 1)
    if len(raw) > MOST_TEXT_BYTES:
        message = f"What stands in standard input is larger than {MOST_TEXT_BYTES:,} bytes; split it."
        raise Invalid("input_too_large", message)
    return read_text(raw, "standard input")


def read_text(raw: bytes, what: str) -> str:
    """Text in UTF-8, as people hand it in; `what` says where it stands.

    Raises:
        Invalid: `input_not_text`.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"What stands in {what} is no text in UTF-8; name a PDF or a recording with --file."
        raise Invalid("input_not_text", message) from error


def _told(library: Library, summary: Summary) -> dict[str, Any]:
    origin = _origin(library, summary.name)
    if summary.broken is not None:
        return {"name": summary.name, "origin": origin, "broken": summary.broken}
    return _facts(library.get(summary.name), origin)


def _facts(pattern: Pattern, origin: str) -> dict[str, Any]:
    return {
        "name": pattern.name,
        "origin": origin,
        "sha256": pattern.sha256,
        "description": pattern.description,
        "tags": list(pattern.tags),
        "variables": [asdict(variable) for variable in pattern.variables],
        "model": pattern.model,
        "temperature": pattern.temperature,
        "structured": pattern.output is not None,
    }


def _origin(library: Library, name: str) -> str:
    return "shipped" if library.is_shipped(name) else "folder"


def _print_json(data: Any) -> None:
    out.print(json.dumps(data, indent=2, ensure_ascii=False), markup=False)
