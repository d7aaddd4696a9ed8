"""Hears English, or says when known words are said, with PocketSphinx: a program that `sphinx.py` starts and kills.

Run as `python -I sphinx_child.py hear` or `… align`, with JSON on standard input; it answers with a line of JSON for
each span. A child loads its model once, and hears many spans. Imports nothing of ours, so that it starts quickly.
"""

import json
import re
import sys
from typing import Any

from pocketsphinx import Config, Decoder

BYTES_PER_MS = 32
FRAME_MS = 10
# Over music and noise the search would take five times as long, and find no more.
BEAM = {"maxhmmpf": 3000, "maxwpf": 10}
VARIANT = re.compile(r"\(\d+\)$")
SILENCES = ("<", "[", "+")
# Without silence around them the first and the last of the words are squeezed out.
QUIET_MS = 250
MOST_LOST = 2


def main() -> None:
    """Answer for every span that is asked for."""
    request = json.load(sys.stdin)
    hears = sys.argv[1] == "hear"
    config = Config(loglevel="FATAL", **BEAM) if hears else Config(loglevel="FATAL", lm=None)
    decoder = Decoder(config)
    with open(request["pcm"], "rb") as file:  # noqa: PTH123 — no pathlib: its import costs milliseconds
        for item in request["items"]:
            start_ms, end_ms = item["span"]
            file.seek(start_ms * BYTES_PER_MS)
            data = file.read((end_ms - start_ms) * BYTES_PER_MS)
            answer = heard(decoder, data, start_ms) if hears else aligned(decoder, data, start_ms, item["words"])
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


def heard(decoder: Decoder, data: bytes, start_ms: int) -> list[list[Any]]:
    """Words with start, end and posterior probability."""
    decode(decoder, data)
    return [
        [VARIANT.sub("", segment.word), *times(segment, start_ms), min(1.0, max(0.0, segment.prob))]
        for segment in decoder.seg() or ()
        if not segment.word.startswith(SILENCES)
    ]


def aligned(decoder: Decoder, data: bytes, start_ms: int, words: list[list[str]]) -> list[list[int]] | None:
    """Start and end of each word, given as its letters and, for those that the dictionary lacks, its phones."""
    known = [in_dictionary(decoder, word, phones) for word, phones in words]
    if not known or not all(known):
        return None
    decoder.set_align_text(" ".join(known))
    quiet = bytes(QUIET_MS * BYTES_PER_MS)
    try:
        decode(decoder, quiet + data + quiet)
    except RuntimeError:
        return None
    found = [
        (VARIANT.sub("", segment.word), times(segment, start_ms - QUIET_MS))
        for segment in decoder.seg() or ()
        if not segment.word.startswith(SILENCES)
    ]
    return completed(known, found, start_ms + len(data) // BYTES_PER_MS)


def completed(known: list[str], found: list[tuple[str, list[int]]], end_ms: int) -> list[list[int]] | None:
    """Times for all words, where the last one or two were lost, as short ones are at the end; None for less."""
    missing = len(known) - len(found)
    if not 0 <= missing <= MOST_LOST or not found or [word for word, _ in found] != known[: len(found)]:
        return None
    spans = [span for _, span in found]
    last = min(spans[-1][1], end_ms)
    edges = [last + (end_ms - last) * part // max(missing, 1) for part in range(missing + 1)]
    return spans + [[edges[number], edges[number + 1]] for number in range(missing)]


def in_dictionary(decoder: Decoder, word: str, phones: str) -> str:
    """The name under which the dictionary has a word; put there if need be. Empty when that cannot be done."""
    if decoder.lookup_word(word) is None:
        if not phones:
            return ""
        decoder.add_word(word, phones, True)
    return word


def decode(decoder: Decoder, data: bytes) -> None:
    """Hear all of a span at once, so that the cepstral mean is that of the whole."""
    decoder.start_utt()
    decoder.process_raw(data, full_utt=True)
    decoder.end_utt()


def times(segment: Any, start_ms: int) -> list[int]:
    """Start and end in milliseconds of the recording; a segment's last frame is in it."""
    return [start_ms + FRAME_MS * segment.start_frame, start_ms + FRAME_MS * (segment.end_frame + 1)]


if __name__ == "__main__":
    main()
