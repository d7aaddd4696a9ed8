"""The Unicode bidirectional algorithm (UAX #9, revision 46): in which order letters of both directions stand.

Rules are named as there. A text here is one paragraph. Explicit embeddings are limited to 125 levels (BD2).
"""

import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

_MAX_DEPTH: Final = 125
_REMOVED: Final = frozenset({"RLE", "LRE", "RLO", "LRO", "PDF", "BN"})
_OPENERS: Final = frozenset({"LRI", "RLI", "FSI"})
_NEUTRAL: Final = frozenset({"B", "S", "WS", "ON", "LRI", "RLI", "FSI", "PDI"})
_STRONG_AS: Final = {"L": "L", "R": "R", "EN": "R", "AN": "R"}


def base_level(text: str) -> int:
    """0 when a paragraph runs from left to right, 1 from right to left: P2 and P3."""
    return _first_strong([unicodedata.bidirectional(char) or "L" for char in text], 0, len(text)) or 0


def levels(text: str, base: int) -> list[int]:
    """The embedding level of each character; even ones run to the right. Rules X1 to I2."""
    classes = [unicodedata.bidirectional(char) or "L" for char in text]
    if base == 0 and not any(kind in _TURNING for kind in classes):
        return [0] * len(text)
    pairs = _isolates(classes)
    found, kinds = _explicit(classes, pairs, base)
    embedded = tuple(found)
    for sequence in _sequences(classes, embedded, pairs):
        sos, eos = _edges(sequence, embedded, base, pairs, classes)
        _resolve(text, sequence, kinds, found, sos, eos)
    kept = base
    for index, kind in enumerate(classes):  # what X9 removes goes with what is before it
        if kind in _REMOVED:
            found[index] = kept
        kept = found[index]
    return found


_TURNING: Final = frozenset({"R", "AL", "AN", "RLE", "LRE", "RLO", "LRO", "RLI", "LRI", "FSI"})


def line_levels(text: str, found: Sequence[int], base: int) -> list[int]:
    """The levels of one line of the paragraph: white space at its end falls back to the base. L1."""
    line = list(found)
    for index in range(len(text) - 1, -1, -1):
        kind = unicodedata.bidirectional(text[index])
        if kind not in {"WS", "B", "S"} and kind not in _OPENERS and kind != "PDI" and kind not in _REMOVED:
            break
        line[index] = base
    return line


def visual(found: Sequence[int]) -> list[int]:
    """Indexes of things with these levels, in the order in which they stand from left to right. L2."""
    order = list(range(len(found)))
    if not order:
        return order
    lowest_odd = min((level for level in found if level % 2), default=max(found) + 1)
    for level in range(max(found), lowest_odd - 1, -1):
        start = 0
        while start < len(order):
            if found[order[start]] < level:
                start += 1
                continue
            end = start
            while end < len(order) and found[order[end]] >= level:
                end += 1
            order[start:end] = reversed(order[start:end])
            start = end
    return order


def _first_strong(classes: Sequence[str], start: int, end: int) -> int | None:
    depth = 0
    for kind in classes[start:end]:
        if kind in _OPENERS:
            depth += 1
        elif kind == "PDI":
            depth = max(0, depth - 1)
        elif depth == 0 and kind in {"L", "R", "AL"}:
            return 0 if kind == "L" else 1
    return None


def _isolates(classes: Sequence[str]) -> dict[int, int]:
    """The index of the PDI that closes each isolate (BD9)."""
    open_, pairs = [], {}
    for index, kind in enumerate(classes):
        if kind in _OPENERS:
            open_.append(index)
        elif kind == "PDI" and open_:
            pairs[open_.pop()] = index
    return pairs


def _explicit(  # noqa: C901, PLR0912 — one branch for each rule, in the order of the standard
    classes: Sequence[str], pairs: dict[int, int], base: int
) -> tuple[list[int], list[str]]:
    """Levels by embeddings, overrides and isolates, and the classes as overridden: X1 to X8."""
    kinds, found = list(classes), [base] * len(classes)
    stack: list[tuple[int, str | None, bool]] = [(base, None, False)]
    lost_isolates = lost_embeddings = valid_isolates = 0
    for index, kind in enumerate(classes):
        level, override, _ = stack[-1]
        found[index] = level
        if kind in _OPENERS or kind in {"RLE", "LRE", "RLO", "LRO"}:
            isolate = kind in _OPENERS
            if isolate and override:
                kinds[index] = override
            right = kind in {"RLE", "RLO", "RLI"}
            if kind == "FSI":
                right = _first_strong(classes, index + 1, pairs.get(index, len(classes))) == 1
            deeper = level + 1 + ((level + 1) % 2 != right)
            if deeper <= _MAX_DEPTH and not lost_isolates and not lost_embeddings:
                stack.append((deeper, {"RLO": "R", "LRO": "L"}.get(kind), isolate))
                valid_isolates += isolate
            elif isolate:
                lost_isolates += 1
            elif not lost_isolates:
                lost_embeddings += 1
        elif kind == "PDI":
            if lost_isolates:
                lost_isolates -= 1
            elif valid_isolates:
                lost_embeddings = 0
                while not stack[-1][2]:
                    stack.pop()
                stack.pop()
                valid_isolates -= 1
            found[index], override, _ = stack[-1]
            kinds[index] = override or kind
        elif kind == "PDF":
            if not lost_isolates:
                if lost_embeddings:
                    lost_embeddings -= 1
                elif not stack[-1][2] and len(stack) > 1:
                    stack.pop()
        elif kind not in {"B", "BN"} and override:
            kinds[index] = override
    return found, kinds


def _sequences(classes: Sequence[str], found: Sequence[int], pairs: dict[int, int]) -> Iterator[list[int]]:
    """Isolating run sequences (BD13), as indexes."""
    runs: list[list[int]] = []
    for index, kind in enumerate(classes):
        if kind in _REMOVED:
            continue
        if (
            runs
            and found[runs[-1][-1]] == found[index]
            and not (runs[-1][-1] in pairs or classes[runs[-1][-1]] in _OPENERS)
        ):
            runs[-1].append(index)
        else:
            runs.append([index])
    starts = {run[0]: run for run in runs}
    closers = set(pairs.values())
    for run in runs:
        if run[0] in closers and classes[run[0]] == "PDI":
            continue
        whole = list(run)
        while whole[-1] in pairs and pairs[whole[-1]] in starts:
            whole += starts[pairs[whole[-1]]]
        yield whole


def _edges(
    sequence: Sequence[int], embedded: Sequence[int], base: int, pairs: dict[int, int], classes: Sequence[str]
) -> tuple[str, str]:
    """The directions at the start and the end of a sequence: X10."""
    first, last = sequence[0], sequence[-1]
    level = embedded[first]
    before = next((embedded[at] for at in range(first - 1, -1, -1) if classes[at] not in _REMOVED), base)
    after = next((embedded[at] for at in range(last + 1, len(classes)) if classes[at] not in _REMOVED), base)
    if classes[last] in _OPENERS and last not in pairs:
        after = base
    return "LR"[max(level, before) % 2], "LR"[max(level, after) % 2]


def _resolve(text: str, sequence: list[int], kinds: list[str], found: list[int], sos: str, eos: str) -> None:
    """W1 to I2 on one sequence; writes the levels."""
    level = found[sequence[0]]
    own = [kinds[index] for index in sequence]
    written = [kinds[index] for index in sequence]
    _weak(own, sos)
    _brackets(text, sequence, own, written, level, sos)
    _neutral(own, level, sos, eos)
    for index, kind in zip(sequence, own, strict=True):
        if level % 2 == 0:
            found[index] = level + {"R": 1, "AN": 2, "EN": 2}.get(kind, 0)
        else:
            found[index] = level + (kind in {"L", "EN", "AN"})


def _weak(own: list[str], sos: str) -> None:  # noqa: C901, PLR0912 — one loop for each rule
    """Numbers, their signs and marks: W1 to W7."""
    for index, kind in enumerate(own):
        if kind == "NSM":
            previous = own[index - 1] if index else sos
            own[index] = "ON" if previous in _OPENERS or previous == "PDI" else previous
    strong = sos
    for index, kind in enumerate(own):
        if kind in {"L", "R", "AL"}:
            strong = kind
        elif kind == "EN" and strong == "AL":
            own[index] = "AN"
    own[:] = ["R" if kind == "AL" else kind for kind in own]
    for index in range(1, len(own) - 1):
        left, right = own[index - 1], own[index + 1]
        if left == right and ((own[index] == "ES" and left == "EN") or (own[index] == "CS" and left in {"EN", "AN"})):
            own[index] = left
    start = 0
    while start < len(own):
        end = start
        while end < len(own) and own[end] == "ET":
            end += 1
        if end > start and ((start and own[start - 1] == "EN") or (end < len(own) and own[end] == "EN")):
            own[start:end] = ["EN"] * (end - start)
        start = max(end, start + 1)
    strong = sos
    for index, kind in enumerate(own):
        if kind in {"ES", "ET", "CS"}:
            own[index] = "ON"
        elif kind in {"L", "R"}:
            strong = kind
        elif kind == "EN" and strong == "L":
            own[index] = "L"


def _brackets(text: str, sequence: list[int], own: list[str], written: list[str], level: int, sos: str) -> None:
    """Brackets take the direction of what they hold: N0."""
    ahead = "LR"[level % 2]
    for opening, closing in _bracket_pairs(text, sequence, own):
        inside = {_STRONG_AS.get(kind) for kind in own[opening + 1 : closing]}
        if ahead in inside:
            side = ahead
        elif inside & {"L", "R"}:
            context = next((_STRONG_AS[kind] for kind in reversed(own[:opening]) if kind in _STRONG_AS), sos)
            side = context if context != ahead else ahead
        else:
            continue
        for at in (opening, closing):
            own[at] = side
            follow = at + 1
            while follow < len(own) and written[follow] == "NSM":
                own[follow] = side
                follow += 1


def _bracket_pairs(text: str, sequence: list[int], own: list[str]) -> list[tuple[int, int]]:
    """Pairs of brackets by BD16."""
    waiting: list[tuple[str, int]] = []
    pairs: list[tuple[int, int]] = []
    for at, index in enumerate(sequence):
        if own[at] != "ON":
            continue
        char = unicodedata.normalize("NFC", text[index])
        if char in _closers():
            if len(waiting) == 63:
                return []
            waiting.append((_closers()[char], at))
        elif any(close == char for close, _ in waiting):
            while waiting[-1][0] != char:
                waiting.pop()
            pairs.append((waiting.pop()[1], at))
    return sorted(pairs)


@lru_cache
def _closers() -> dict[str, str]:
    """The closing bracket of each opening one: mirrored Ps before Pe, which lie one or two code points apart."""
    found: dict[str, str] = {}
    for code in range(0x28, 0xFFFF):
        char = chr(code)
        if (
            unicodedata.category(char) == "Ps"
            and unicodedata.mirrored(char)
            and unicodedata.bidirectional(char) == "ON"
        ):
            for step in (1, 2):
                if unicodedata.category(chr(code + step)) == "Pe" and unicodedata.mirrored(chr(code + step)):
                    found[char] = chr(code + step)
                    break
    return found


def _neutral(own: list[str], level: int, sos: str, eos: str) -> None:
    """Spaces and signs take the direction around them, else the level's: N1 and N2."""
    start = 0
    while start < len(own):
        if own[start] not in _NEUTRAL:
            start += 1
            continue
        end = start
        while end < len(own) and own[end] in _NEUTRAL:
            end += 1
        left = _STRONG_AS[own[start - 1]] if start else sos
        right = _STRONG_AS[own[end]] if end < len(own) else eos
        own[start:end] = [left if left == right else "LR"[level % 2]] * (end - start)
        start = end
