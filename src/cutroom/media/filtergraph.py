"""The one place where filter graphs are written, and where escaping lives.

A graph is built from filters of a closed list (`filters.py`), each option of which takes numbers, times, words of
closed lists, colours, formulas built from trees, or paths of files that we made (`kinds.py`). Text that a user typed
has no type here, so it has no way in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from cutroom.media.expression import Expression
from cutroom.media.filters import FILTERS, MANY, TIMELINE, WHEN, Filter
from cutroom.media.kinds import Value

StreamKind = Literal["v", "a"]


@dataclass(frozen=True, slots=True)
class Pad:
    """One stream inside a graph; it can be used once. `Graph.split` makes more of one."""

    label: str
    kind: StreamKind


class Graph:
    """A filter graph under construction.

    >>> graph = Graph()
    >>> picture = graph.add("scale", graph.input(0, "v"), w=640, h=360)
    >>> graph.output(picture)
    'out0'
    >>> graph.render()
    '[0:V:0]scale=w=640:h=360[out0]'
    """

    def __init__(self) -> None:
        self._nodes: list[tuple[tuple[str, ...], str, list[str]]] = []
        self._free: set[Pad] = set()
        self._outputs: dict[str, str] = {}
        self._made = 0
        self.files: list[Path] = []
        """Files and folders that its filters read."""

    def input(self, index: int, kind: StreamKind, stream: int | None = None) -> Pad:
        """A stream of the command's `index`-th input.

        Args:
            index: number of the input, from 0.
            kind: pictures or sound.
            stream: its number in the file, as the probe gave it. The first of that kind that is no cover art if None.
        """
        if index < 0 or (stream is not None and stream < 0):
            raise ValueError("inputs and streams are counted from 0")
        first = "V:0" if kind == "v" else "a:0"
        pad = Pad(f"{index}:{first if stream is None else stream}", kind)
        self._free.add(pad)
        return pad

    def add(self, name: str, *inputs: Pad, enable: Expression | None = None, **options: Value) -> Pad:
        """Add a filter with one output.

        Args:
            name: a filter of `filters.FILTERS`.
            inputs: its inputs, in order.
            enable: when it acts, for the filters of `filters.TIMELINE`.
            options: what its entry in the list takes.

        Returns:
            Its output.

        Raises:
            ValueError: when the filter, an option or a value is not in the list, or an input is used twice.
            TypeError: when a value is of the wrong kind.
        """
        (pad,) = self._add(name, inputs, enable, options, 1)
        return pad

    def split(self, pad: Pad, count: int) -> list[Pad]:
        """`count` copies of a stream."""
        if count == 1:
            return [pad]
        return self._add("split" if pad.kind == "v" else "asplit", (pad,), None, {}, count)

    def concat(self, parts: Sequence[Sequence[Pad]]) -> list[Pad]:
        """Play parts one after the other; every part has the same kinds of streams, pictures before sound."""
        kinds = [pad.kind for pad in parts[0]]
        if any([pad.kind for pad in part] != kinds for part in parts) or kinds != sorted(kinds, reverse=True):
            raise ValueError("the parts of a concatenation have the same streams, pictures first")
        flat = tuple(pad for part in parts for pad in part)
        self._use(flat)
        written = [f"n={len(parts)}", f"v={kinds.count('v')}", f"a={kinds.count('a')}"]
        return self._node(flat, "concat", written, kinds)

    def output(self, pad: Pad) -> str:
        """Let a stream out of the graph; returns the name by which the command maps it."""
        if ":" in pad.label:  # a stream of an input cannot be renamed, only passed on
            pad = self.add("null" if pad.kind == "v" else "anull", pad)
        self._use((pad,))
        name = f"out{len(self._outputs)}"
        self._outputs[pad.label] = name
        return name

    def render(self) -> str:
        """The graph as ffmpeg's `-filter_complex` reads it.

        Raises:
            ValueError: when a stream that the graph made is neither used nor let out. There is no way to throw one
                away: FFmpeg 9.0.2 aborts in its scheduler on some graphs that end in a `nullsink`.
        """
        if loose := [pad.label for pad in self._free if ":" not in pad.label]:
            raise ValueError(f"these streams lead nowhere: {', '.join(sorted(loose))}")
        chains: list[str] = []
        for inputs, text, outputs in self._nodes:
            names = [self._outputs.get(label, label) for label in outputs]
            chains.append("".join(f"[{label}]" for label in inputs) + text + "".join(f"[{name}]" for name in names))
        return ";".join(chains)

    def _add(
        self, name: str, inputs: Sequence[Pad], enable: Expression | None, options: dict[str, Value], count: int
    ) -> list[Pad]:
        known = FILTERS.get(name)
        if known is None:
            raise ValueError(f"the filter {name!r} is not in the list")
        kinds = [pad.kind for pad in inputs]
        if kinds != _expand(known.inputs, len(kinds)):
            raise ValueError(f"{name} takes {known.inputs or 'nothing'}, not {''.join(kinds) or 'nothing'}")
        outputs = _expand(known.outputs, count)
        if len(outputs) != count:
            raise ValueError(f"{name} gives {len(outputs)} streams")
        written = _write(name, known, options)
        if known.counted is not None:
            written.insert(0, f"{known.counted}={count if known.outputs.endswith(MANY) else len(inputs)}")
        if enable is not None:
            if name not in TIMELINE:
                raise ValueError(f"{name} cannot be switched on and off")
            written.append(f"enable={_escape(WHEN.write(enable))}")
        self._use(inputs)
        self.files += [value for value in options.values() if isinstance(value, Path)]
        return self._node(inputs, name, written, outputs)

    def _use(self, pads: Sequence[Pad]) -> None:
        for pad in pads:
            if pad not in self._free:
                raise ValueError(f"the stream {pad.label} is not of this graph, or used twice")
            self._free.remove(pad)

    def _node(self, inputs: Sequence[Pad], name: str, written: list[str], outputs: Sequence[str]) -> list[Pad]:
        made = [Pad(f"s{self._made + i}", cast("StreamKind", kind)) for i, kind in enumerate(outputs)]
        self._made += len(made)
        self._free.update(made)
        text = f"{name}={':'.join(written)}" if written else name
        self._nodes.append((tuple(pad.label for pad in inputs), text, [pad.label for pad in made]))
        return made


def _expand(kinds: str, count: int) -> list[str]:
    return [kinds[0]] * max(count, 1) if kinds.endswith(MANY) else list(kinds)


def _write(name: str, known: Filter, options: dict[str, Value]) -> list[str]:
    written = [f"{option}={value}" for option, value in known.always.items()]
    for option, value in options.items():
        kind = known.options.get(option)
        if kind is None:
            raise ValueError(f"the option {option!r} of {name} is not in the list")
        try:
            written.append(f"{option}={_escape(kind.write(value))}")
        except (TypeError, ValueError) as error:
            raise type(error)(f"{name}.{option}: {error}") from error
    return written


def _escape(text: str) -> str:
    """Write a value so that both of ffmpeg's parsers read it back: first the options', then the graph's.

    ffmpeg-filters(1), "Notes on filtergraph escaping". Space is escaped too, because ffmpeg trims it at the ends.
    """
    for special in ("\\':", "\\'[],;"):
        text = "".join(f"\\{char}" if char in special or char.isspace() else char for char in text)
    return text
