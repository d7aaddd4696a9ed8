"""Folders of patterns in Fabric's layout, read where they lie: `<name>/system.md` each, several folders, one library.

Nothing is copied and nothing is run. A file may be replaced at any time: each is read when it is asked for, and kept
only as long as it has not changed.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from cutroom.kit.errors import CutroomError, Invalid, NotFound
from cutroom.patterns.pattern import MOST_CHARACTERS, NAME, Pattern, check_name, read_pattern
from cutroom.patterns.strategy import MOST_BYTES, Strategy, read_strategy

SYSTEM: Final = "system.md"
_DESCRIPTIONS: Final = ("pattern_descriptions.json", "../scripts/pattern_descriptions/pattern_descriptions.json")
"""Where Fabric keeps what its patterns are for: beside the folder of patterns, or in it."""
_MOST_DESCRIPTIONS: Final = 5_000_000
_MOST_PATTERNS: Final = 10_000
_STOCK_PATTERNS: Final = Path(__file__).parent / "stock" / "patterns"
_STOCK_STRATEGIES: Final = Path(__file__).parent / "stock" / "strategies"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a list tells of a pattern.

    Args:
        broken: why it cannot be read; None when it can.
    """

    name: str
    description: str
    tags: tuple[str, ...]
    variables: tuple[str, ...]
    broken: str | None = None


class Library:
    """The patterns and strategies in some folders.

    Args:
        patterns: folders of patterns; what the first has goes before what later ones have.
        strategies: folders of strategies, likewise.
    """

    def __init__(self, patterns: Sequence[Path], strategies: Sequence[Path] = ()) -> None:
        self._patterns = tuple(patterns)
        self._strategies = tuple(strategies)
        self._read: dict[str, tuple[int, int, Pattern]] = {}
        self._told: dict[Path, tuple[int, dict[str, dict[str, Any]]]] = {}

    def names(self) -> list[str]:
        """The names of all patterns, sorted, each once."""
        return [name for name, _ in self._places()]

    def get(self, name: str) -> Pattern:
        """A pattern.

        Raises:
            NotFound: `pattern_not_found`.
            Invalid: `bad_pattern_name`, `pattern_too_large`, `bad_front_matter`, `pattern_unreadable`.
        """
        check_name(name)
        folder = self._folder_of(name)
        if folder is None:
            raise NotFound("pattern_not_found", f"There is no pattern '{name}'; the list of patterns names all.")
        return _described(self._pattern(name, folder), self._descriptions(folder))

    def is_shipped(self, name: str) -> bool:
        """Whether the pattern of this name is one that comes with the program, and not a folder's."""
        return self._folder_of(name) == _STOCK_PATTERNS

    def is_shipped_strategy(self, name: str) -> bool:
        """Whether the strategy of this name is one that comes with the program, and not a folder's."""
        return next((one for one in self._strategies if (one / f"{name}.json").is_file()), None) == _STOCK_STRATEGIES

    def summaries(self) -> list[Summary]:
        """Every pattern, sorted by name; one that cannot be read says why."""
        return [summary for summary, _ in self._summaries()]

    def search(self, words: str = "", tags: Sequence[str] = ()) -> list[Summary]:
        """The patterns that have all of these tags, and all of these words in name, tags, description or text."""
        wanted = {tag.casefold() for tag in tags}
        return [
            summary
            for summary, text in self._summaries()
            if wanted <= {tag.casefold() for tag in summary.tags} and matches(summary, words, text)
        ]

    def strategies(self) -> list[Strategy]:
        """Every strategy that can be read, sorted by name."""
        found: dict[str, Strategy] = {}
        for folder in self._strategies:
            for file in sorted(folder.glob("*.json")) if folder.is_dir() else ():
                if file.stem in found or NAME.fullmatch(file.stem) is None or file.stat().st_size > MOST_BYTES:
                    continue
                try:
                    found[file.stem] = read_strategy(file.stem, file.read_bytes())
                except Invalid:
                    continue
        return [found[name] for name in sorted(found)]

    def strategy(self, name: str) -> Strategy:
        """A strategy.

        Raises:
            NotFound: `strategy_not_found`.
            Invalid: `bad_pattern_name`, `bad_strategy`.
        """
        check_name(name)
        for folder in self._strategies:
            file = folder / f"{name}.json"
            if file.is_file():
                return read_strategy(name, file.read_bytes())
        raise NotFound("strategy_not_found", f"There is no strategy '{name}'; GET /strategies lists all.")

    def _folder_of(self, name: str) -> Path | None:
        return next((folder for folder in self._patterns if (folder / name / SYSTEM).is_file()), None)

    def _places(self) -> list[tuple[str, Path]]:
        """The names of all patterns, sorted, and the folder that each is read from."""
        places: dict[str, Path] = {}
        for folder in reversed(self._patterns):
            places.update(dict.fromkeys(_systems(folder), folder))
        return sorted(places.items())

    def _summaries(self) -> Iterator[tuple[Summary, str]]:
        """Every pattern as lists tell of it, sorted by name, and its text."""
        told: dict[Path, dict[str, dict[str, Any]]] = {}
        for name, folder in self._places():
            if folder not in told:
                told[folder] = self._descriptions(folder)
            try:
                pattern = _described(self._pattern(name, folder), told[folder])
            except CutroomError as error:
                yield Summary(name, "", (), (), error.message), ""
            except FileNotFoundError:  # removed since its name was read
                continue
            else:
                yield summary_of(pattern), pattern.text

    def _pattern(self, name: str, folder: Path) -> Pattern:
        file = _system_of(folder, name)
        stat = os.stat(file)  # noqa: PTH116 — a list looks at every file, and a Path costs more than that
        kept = self._read.get(file)
        if kept is not None and kept[:2] == (stat.st_mtime_ns, stat.st_size):
            return kept[2]
        if stat.st_size > 4 * MOST_CHARACTERS:
            raise Invalid("pattern_too_large", f"A pattern has at most {MOST_CHARACTERS:,} characters; '{name}' more.")
        try:
            raw = Path(file).read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid("pattern_unreadable", f"The file of the pattern '{name}' is no text in UTF-8.") from error
        if "\0" in raw:
            message = f"The file of the pattern '{name}' holds NUL, which cannot be stored; take it out."
            raise Invalid("pattern_unreadable", message)
        pattern = read_pattern(name, raw)
        self._read[file] = (stat.st_mtime_ns, stat.st_size, pattern)
        return pattern

    def _descriptions(self, folder: Path) -> dict[str, dict[str, Any]]:
        for place in _DESCRIPTIONS:
            file = folder / place
            if not file.is_file():
                continue
            stat = file.stat()
            kept = self._told.get(file)
            if kept is None or kept[0] != stat.st_mtime_ns:
                kept = self._told[file] = (stat.st_mtime_ns, _told_in(file, stat.st_size))
            return kept[1]
        return {}


def summary_of(pattern: Pattern) -> Summary:
    """What a list tells of a pattern."""
    names = tuple(variable.name for variable in pattern.variables)
    return Summary(pattern.name, pattern.description, pattern.tags, names)


def matches(summary: Summary, words: str, text: str = "") -> bool:
    """Whether all of these words are in the name, the tags or the description of a pattern, or in its text."""
    told = f"{summary.name} {summary.description} {' '.join(summary.tags)}".casefold()
    missing = [word for word in words.casefold().split() if word not in told]
    return not missing or (text != "" and all(word in text.casefold() for word in missing))


def _described(pattern: Pattern, told: Mapping[str, Mapping[str, Any]]) -> Pattern:
    """The pattern with the description and tags that lie apart from it, where it has none of its own."""
    if pattern.description and pattern.tags:
        return pattern
    apart = told.get(pattern.name, {})
    tags = tuple(str(tag).lower() for tag in apart.get("tags", ()))
    description = pattern.description or str(apart.get("description", ""))
    return replace(pattern, description=description, tags=pattern.tags or tags)


def _systems(folder: Path) -> list[str]:
    """The names of a folder's patterns. A pattern may be a link to a folder, as Fabric allows."""
    if not folder.is_dir():
        return []
    names = sorted(os.listdir(folder))[:_MOST_PATTERNS]  # noqa: PTH208 — as above
    return [name for name in names if NAME.fullmatch(name) and os.path.isfile(_system_of(folder, name))]  # noqa: PTH113


def _system_of(folder: Path, name: str) -> str:
    return f"{folder}/{name}/{SYSTEM}"


def _told_in(file: Path, size: int) -> dict[str, dict[str, Any]]:
    """The entries of a file of descriptions by name; none when it is no such file."""
    if size > _MOST_DESCRIPTIONS:
        return {}
    try:
        data = json.loads(file.read_bytes())
        entries = data["patterns"]
        return {str(entry["patternName"]): entry for entry in entries if isinstance(entry, dict)}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def shipped() -> tuple[Path, Path]:
    """The folders of the patterns and the strategies that come with the program."""
    return _STOCK_PATTERNS, _STOCK_STRATEGIES


def with_shipped(patterns: Sequence[Path] = (), strategies: Sequence[Path] = ()) -> Library:
    """The library of these folders, and behind them what comes with the program."""
    return Library([*patterns, _STOCK_PATTERNS], [*strategies, _STOCK_STRATEGIES])
