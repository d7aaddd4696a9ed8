"""Hears spans of a recording with faster-whisper: a program of its own, which sees a model and the sound, no more.

Run as `python -I whisper_child.py`, with a JSON object on standard input (`whisper.py` writes it). It answers with
lines of JSON: `device`, when the model is loaded; then one `span` after the other, or `language`; or `error`.

Spans are heard in batches, each as if it were alone: no text of one is the prompt of the next, which is how Whisper
falls into loops. What comes out of a batch has not passed Whisper's own guards (temperatures, silence, compression), so
what looks doubtful is heard again by itself, with all of them, and left out if it still looks so.
"""

import ctypes
import json
import site
import sys
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

RATE = 16_000
BYTES_PER_MS = 32
FRAMES_PER_S = 100
GRID_S = 31
"""Spans of one batch lie so far apart in one array: Whisper hears 30 s at once."""
AT_ONCE = {"cpu": 4, "cuda": 16}
"""Spans in one batch: on processors more of them gain nothing and take memory (about 0.3 GB each for `small`)."""
COMPUTE = {"cpu": ("int8", "float32"), "cuda": ("float16", "int8_float16", "int8", "float32")}
HINT_TOKENS = 100
"""Of the prompt, and of the glossary: Whisper's decoder has 448 places, and what hints take is missing for the text."""
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages that faster-whisper splits at every character: they have no spaces."""
LOG_PROB, COMPRESSION, NO_SPEECH = -1.0, 2.4, 0.6
"""Whisper's own thresholds (openai/whisper, transcribe.py)."""
FASTEST = 10.0
"""Words in a second that nobody says: the fastest speakers reach about 8 (auctioneers, 400 to 500 in a minute)."""
GRACE = 3
"""Words that are let through however short the span."""


class Refused(Exception):
    """What cannot be done; code and sentence."""


def main() -> None:
    """Load, hear, tell."""
    told = json.load(sys.stdin)
    try:
        model, facts = load(told)
        tell(facts)
        if told["task"] == "detect":
            tell({"language": detect(model, told)})
            return
        language = told["language"] or detect(model, told)
        check(model, language)
        for index, utterances in heard(model, told, language):
            tell({"span": index, "utterances": utterances})
        tell({"language": language})
    except Refused as error:
        tell({"error": error.args[0], "message": error.args[1]})


def load(told: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The model on the best device that works, and what is to be said of that."""
    trouble = ""
    wanted = told["device"]
    if wanted != "cpu":
        lend_libraries()
    import ctranslate2  # noqa: PLC0415 — the libraries of the card come first
    from faster_whisper import WhisperModel  # noqa: PLC0415

    cards = ctranslate2.get_cuda_device_count() if wanted != "cpu" else 0
    devices = (["cuda"] if cards else []) + (["cpu"] if wanted != "cuda" else [])
    for device in devices:
        kinds = ctranslate2.get_supported_compute_types(device)
        compute = next(kind for kind in COMPUTE[device] if kind in kinds)
        try:
            model = WhisperModel(
                told["model"], device=device, compute_type=compute, cpu_threads=told["threads"], local_files_only=True
            )
            if device == "cuda":  # its libraries are looked for when they are first needed
                model.encode(np.zeros((model.model.n_mels, model.feature_extractor.nb_max_frames), np.float32))
        except (RuntimeError, ValueError, OSError) as error:
            trouble = str(error)[:500]
            if device == "cpu":
                raise Refused("model", trouble) from error
            continue
        facts = {"device": device, "compute": model.model.compute_type, "multilingual": model.model.is_multilingual}
        return model, {**facts, "trouble": trouble}
    raise Refused("device", trouble or "no card was found")


def lend_libraries() -> None:
    """Load cuBLAS and cuDNN where pip puts them, so that CTranslate2 finds them by their names."""
    places = [Path(folder) / "nvidia" for folder in site.getsitepackages()]
    names = ("cublas/lib/libcublasLt.so.12", "cublas/lib/libcublas.so.12", "cudnn/lib/libcudnn.so.9")
    for place in places:
        for name in names:
            with suppress(OSError):
                ctypes.CDLL(str(place / name), mode=ctypes.RTLD_GLOBAL)


def detect(model: Any, told: dict[str, Any]) -> str:
    """What is spoken, by the first spans."""
    if not model.model.is_multilingual:
        return "en"
    sounds = [sound_of(told, span) for span in told["spans"][:4]]
    together = np.concatenate(sounds) if sounds else np.zeros(RATE, np.float32)
    language, _, _ = model.detect_language(together, language_detection_segments=2)
    return str(language)


def check(model: Any, language: str) -> None:
    """Whether the model knows a language."""
    if not model.model.is_multilingual:
        if language != "en":
            raise Refused("language", "it knows English only")
    elif model.hf_tokenizer.token_to_id(f"<|{language}|>") is None:
        raise Refused("language", "it does not know that one")


def heard(model: Any, told: dict[str, Any], language: str) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The utterances of each span, by its number."""
    from faster_whisper import BatchedInferencePipeline  # noqa: PLC0415

    together = BatchedInferencePipeline(model)
    hints = hints_of(model, told)
    echo = plain(" ".join(filter(None, (told["prompt"], told["glossary"]))))
    size = AT_ONCE[model.model.device]
    spans = iter(enumerate(told["spans"]))
    while group := list(islice(spans, size)):
        sounds = [sound_of(told, span) for _, span in group]
        first = in_batch(together, sounds, language, hints)
        for (index, span), sound, segments in zip(group, sounds, first, strict=True):
            length_s = len(sound) / RATE
            if any(doubtful(segment, length_s, echo) for segment in segments):
                again = alone(model, sound, language, {} if said_before(segments, echo) else hints)
                segments = [segment for segment in again if not hallucinated(segment, length_s)]  # noqa: PLW2901
            yield index, [utterance(segment, span, language) for segment in segments if segment["words"]]


def in_batch(together: Any, sounds: list[Any], language: str, hints: dict[str, str]) -> list[list[dict[str, Any]]]:
    """The segments of each sound, all heard at once."""
    found: list[list[dict[str, Any]]] = [[] for _ in sounds]
    array = np.zeros(len(sounds) * GRID_S * RATE, np.float32)
    clips = []
    for place, sound in enumerate(sounds):
        start = place * GRID_S
        array[start * RATE : start * RATE + len(sound)] = sound
        clips.append({"start": start, "end": start + len(sound) / RATE})
    if not clips:
        return found
    # Without times in its text: with them, a batch drops what follows the last one (faster-whisper 1.2.1).
    segments, _ = together.transcribe(
        array, language=language, clip_timestamps=clips, word_timestamps=True, batch_size=len(sounds), **hints
    )
    for segment in segments:
        place = segment.seek // (GRID_S * FRAMES_PER_S)
        found[place].append(facts_of(segment, place * GRID_S))
    return found


def alone(model: Any, sound: Any, language: str, hints: dict[str, str]) -> list[dict[str, Any]]:
    """The segments of one sound, heard with all of Whisper's guards."""
    segments, _ = model.transcribe(
        sound,
        language=language,
        word_timestamps=True,
        condition_on_previous_text=False,
        hallucination_silence_threshold=2.0,
        **hints,
    )
    return [facts_of(segment, 0) for segment in segments]


def facts_of(segment: Any, offset_s: float) -> dict[str, Any]:
    """A segment, its times counted from the beginning of its sound."""
    return {
        "text": segment.text,
        "words": [(w.word, w.start - offset_s, w.end - offset_s, w.probability) for w in segment.words or ()],
        "log_prob": segment.avg_logprob,
        "compression": segment.compression_ratio,
        "no_speech": segment.no_speech_prob,
    }


def doubtful(segment: dict[str, Any], length_s: float, echo: str) -> bool:
    """Whether a segment out of a batch is to be heard again."""
    poor = segment["log_prob"] < LOG_PROB or segment["compression"] > COMPRESSION
    return poor or too_fast(segment, length_s) or said_before([segment], echo)


def hallucinated(segment: dict[str, Any], length_s: float) -> bool:
    """Whether a segment is still nothing that was said."""
    silent = segment["no_speech"] > NO_SPEECH and segment["log_prob"] < LOG_PROB
    loops = segment["compression"] > COMPRESSION and segment["log_prob"] < LOG_PROB
    return silent or loops or too_fast(segment, length_s)


def too_fast(segment: dict[str, Any], length_s: float) -> bool:
    """Whether nobody says so many words in the time."""
    return len(segment["text"].split()) > GRACE + FASTEST * length_s


def said_before(segments: list[dict[str, Any]], echo: str) -> bool:
    """Whether three words and more are those of the hints: a model that hears nothing repeats what it was told."""
    text = plain(" ".join(segment["text"] for segment in segments))
    return text.count(" ") >= 2 and text in echo


def plain(text: str) -> str:
    """Letters and digits of a text, in words."""
    return " ".join("".join(char if char.isalnum() else " " for char in text.casefold()).split())


def hints_of(model: Any, told: dict[str, Any]) -> dict[str, str]:
    """What the model is told beforehand, as long as it leaves room for what it shall write."""
    given = {"initial_prompt": told["prompt"], "hotwords": told["glossary"]}
    return {name: shortened(model, text) for name, text in given.items() if text}


def shortened(model: Any, text: str) -> str:
    """The end of a text that has `HINT_TOKENS` tokens at most."""
    words = text.split()
    while words and len(model.hf_tokenizer.encode(" " + " ".join(words), add_special_tokens=False).ids) > HINT_TOKENS:
        del words[: max(1, len(words) // 10)]
    return " ".join(words)


def utterance(segment: dict[str, Any], span: list[int], language: str) -> dict[str, Any]:
    """A segment in milliseconds of the recording, its words within the span."""
    first, last = span
    words: list[dict[str, Any]] = []
    for text, start_s, end_s, probability in segment["words"]:
        start, end = (min(max(first + round(at * 1000), first), last) for at in (float(start_s), float(end_s)))
        if words and not text[:1].isspace() and language not in UNSPACED:
            # Whisper's tokens part "$42" from ".50", and "3" from "%": what no space parts is one word.
            words[-1]["text"] += text
            words[-1]["end"] = max(end, words[-1]["end"])
            words[-1]["confidence"] = min(words[-1]["confidence"], float(probability))
        elif text.strip():
            words.append({"text": text.strip(), "start": start, "end": end, "confidence": float(probability)})
    return {"words": words}


def sound_of(told: dict[str, Any], span: list[int]) -> Any:
    """The samples of a span, from -1 to 1."""
    with Path(told["pcm"]).open("rb") as file:
        file.seek(span[0] * BYTES_PER_MS)
        raw = file.read((span[1] - span[0]) * BYTES_PER_MS)
    return np.frombuffer(raw[: len(raw) // 2 * 2], "<i2").astype(np.float32) / 32768


def tell(facts: dict[str, Any]) -> None:
    """Say one line."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
