"""Speech with exact word times: flite's library says what it says when, where its program only writes sound.

The voices lie in Debian's package `flite`. Times come from the utterance that the sound is made from (relations Token,
Word and Segment of Edinburgh's Festival), so they are the truth to within a pitch period.
"""

import ctypes
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from cutroom.speech.pcm import SAMPLE_RATE

VOICES: Final = ("slt", "rms", "kal16", "awb")
"""A woman and a man from the USA in studio quality, a man by diphones, and a man from Scotland."""
_FIRST: Final = b"R:SylStructure.daughter1.daughter1.R:Segment.p.end"
_LAST: Final = b"R:SylStructure.daughtern.daughtern.R:Segment.end"


@dataclass(frozen=True, slots=True)
class SaidWord:
    """A word that was said: as it sounds, in small letters, and its times in milliseconds."""

    text: str
    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class SaidToken:
    """A word as it was written, and the words that it was said as: `1984` is three."""

    text: str
    words: tuple[SaidWord, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """One utterance: samples at 16 kHz, and what was said when."""

    samples: NDArray[np.int16]
    tokens: tuple[SaidToken, ...]


class _Wave(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_char_p),
        ("sample_rate", ctypes.c_int),
        ("num_samples", ctypes.c_int),
        ("num_channels", ctypes.c_int),
        ("samples", ctypes.POINTER(ctypes.c_short)),
    )


def is_here() -> bool:
    """Whether flite is installed."""
    try:
        _library()
    except OSError:
        return False
    return True


def say(text: str, voice: str) -> Said:
    """Say a text.

    Args:
        text: ASCII; its words apart by single spaces.
        voice: one of `VOICES`.
    """
    library = _library()
    utterance = library.flite_synth_text(text.encode("ascii"), _voice(voice))
    try:
        wave = library.utt_wave(utterance).contents
        assert wave.sample_rate == SAMPLE_RATE, f"the voice {voice} speaks at {wave.sample_rate} Hz"
        samples = np.ctypeslib.as_array(wave.samples, (wave.num_samples,)).copy()
        return Said(samples, _tokens(library, utterance, text))
    finally:
        library.delete_utterance(utterance)


def _tokens(library: Any, utterance: int, text: str) -> tuple[SaidToken, ...]:
    said: list[tuple[SaidWord, ...]] = []
    token = library.relation_head(library.utt_relation(utterance, b"Token"))
    while token:
        said.append(_words(library, token))
        token = library.item_next(token)
    written = text.split()
    assert len(written) == len(said), f"flite reads other words in: {text}"
    return tuple(SaidToken(one, words) for one, words in zip(written, said, strict=True))


def _words(library: Any, token: int) -> tuple[SaidWord, ...]:
    words: list[SaidWord] = []
    item = library.item_daughter(token)
    while item:
        name = library.item_feat_string(item, b"name").decode()
        start, end = (1000 * library.ffeature_float(item, path) for path in (_FIRST, _LAST))
        if name.startswith("'") and words:  # "what" and "'s" are one word to everybody else
            words[-1] = SaidWord(words[-1].text + name, words[-1].start_ms, end)
        else:
            words.append(SaidWord(name, start, end))
        item = library.item_next(item)
    return tuple(words)


@cache
def _library() -> Any:
    library = ctypes.CDLL("libflite.so.1")
    for language in ("usenglish", "cmulex"):
        ctypes.CDLL(f"libflite_{language}.so.1", mode=ctypes.RTLD_GLOBAL)
    pointer, text, real = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_float
    for name, result, arguments in (
        ("flite_synth_text", pointer, [text, pointer]),
        ("utt_relation", pointer, [pointer, text]),
        ("relation_head", pointer, [pointer]),
        ("item_next", pointer, [pointer]),
        ("item_daughter", pointer, [pointer]),
        ("item_feat_string", text, [pointer, text]),
        ("ffeature_float", real, [pointer, text]),
        ("utt_wave", ctypes.POINTER(_Wave), [pointer]),
        ("delete_utterance", None, [pointer]),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    library.flite_init()
    return library


@cache
def _voice(name: str) -> int:
    register = getattr(ctypes.CDLL(f"libflite_cmu_us_{name}.so.1"), f"register_cmu_us_{name}")
    register.restype, register.argtypes = ctypes.c_void_p, [ctypes.c_char_p]
    voice: int = register(None)
    return voice
