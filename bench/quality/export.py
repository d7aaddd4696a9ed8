"""Clips: are they what was asked, measured on the finished files?

`python -m bench.quality.export`. A talk of 12 seconds with a flash and a beep at known moments, once at a steady and
once at a varying rate, is cut into clips of 6 seconds for TikTok, Reels and Shorts. Sound against pictures is measured
where the flashes and beeps are; captions are the pixels in which a clip differs from the same one without.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from bench.quality.corpus.drawing import Picture, person, room
from bench.quality.corpus.filming import FPS, SOUND_RATE, film
from bench.quality.table import Row, print_table
from cutroom import timeline
from cutroom.app.standalone import StandaloneFiles
from cutroom.jobs import run_alone
from cutroom.jobs.remembered import Remembered
from cutroom.jobs.seams import Draft
from cutroom.media.fetch import Fetcher
from cutroom.render import REPORT, RenderReport
from cutroom.speech import Engine, Segment, Transcript, Word
from cutroom.speech.document import TranscriptDocument
from cutroom.speech.safe_areas import Platform, safe_area
from cutroom.workflows import registry
from cutroom.workflows.export_clip import ExportClipOutput

FOLDER: Final = Path(tempfile.gettempdir()) / "cutroom-bench" / "export"
SECONDS: Final = 12
MARKS_S: Final = (2.0, 4.0, 6.0, 8.0)
"""When it flashes and beeps."""
_FLASH_FRAMES: Final = 3
_BEEP_S: Final = 0.1
START_S, END_S = 2.63, 8.41
"""Both are inside of words."""
_SIZE: Final = (1080, 1920)
_DIFFERENT: Final = 60
_EVERY: Final = 6
_LAMP_PX: Final = 60
Frames = NDArray[np.uint8]


def pictures() -> Iterator[Picture]:
    """Somebody who talks beside a lamp that flashes."""
    behind = room(301)
    for number in range(SECONDS * FPS):
        picture = behind.copy()
        person(picture, (430 + 3 * np.sin(number / 9), 150), 110, mouth=abs(np.sin(number / 2)))
        if any(0 <= number - mark * FPS < _FLASH_FRAMES for mark in MARKS_S):
            picture[:40] = 255
        yield picture


def sound() -> NDArray[np.float32]:
    """A quiet hum with beeps."""
    at = np.arange(SECONDS * SOUND_RATE) / SOUND_RATE
    heard = 0.004 * np.sin(2 * np.pi * 120 * at)
    for mark in MARKS_S:
        beep = (at >= mark) & (at < mark + _BEEP_S)
        heard[beep] += 0.25 * np.sin(2 * np.pi * 1000 * at[beep])
    return heard.astype(np.float32)


def words() -> list[Word]:
    """Three words a second, with nothing between most of them."""
    said = ("one", "or", "another", "word", "is", "always", "being", "spoken", "here.")
    return [Word(said[n % len(said)], 100 + n * 330, 100 + n * 330 + 320) for n in range(36)]


def recordings() -> list[Path]:
    """The talk at 30 frames a second, and with frames that come when they like; the flashes come on time."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    steady = film(FOLDER / "talk.mp4", pictures(), sound=sound())
    late = np.random.default_rng(8).integers(-12, 12, SECONDS * FPS)
    times = []
    for number in range(SECONDS * FPS):
        marked = any(number in {mark * FPS, mark * FPS + _FLASH_FRAMES} for mark in MARKS_S)
        times.append(round(number * 1000 / FPS) + (0 if marked or number == 0 else int(late[number])))
    varied = film(FOLDER / "varied.mkv", pictures(), times=times, sound=sound())
    return [steady, varied]


@dataclass(frozen=True)
class Clip:
    """A finished clip: what was said of it, what was measured on it, and what is to be seen and heard.

    Args:
        light: how bright the upper edge of each picture is.
        shown: every sixth picture, in grey.
        heard: the sound as one channel at 48 kHz.
    """

    output: ExportClipOutput
    report: RenderReport
    light: NDArray[np.float64]
    shown: list[Frames]
    heard: NDArray[np.float32]


async def clip(path: Path, work: Path, **wish: Any) -> Clip:
    """Make a clip as the command line does."""
    work.mkdir(parents=True)
    (work / "cache").mkdir()
    (work / "scratch").mkdir()
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    engine = Engine("hand", "", writes_punctuation=True)
    transcript = Transcript("en", SECONDS * 1000, engine, (Segment(tuple(words())),))
    productions = Remembered()
    document = TranscriptDocument.of(transcript, source=str(path), sha256=sha256)
    productions.add(Draft("trn_1", "transcript", "talk", document.model_dump_json()), "transcribing")
    files = StandaloneFiles(
        base=FOLDER,
        cache=work / "cache",
        parts=work / "scratch",
        out=work / "clip.mp4",
        fetcher=Fetcher(),
        report=True,
    )
    made = await run_alone(
        registry(timeline.Limits(allow_local=True)),
        "export_clip",
        {"transcript": "trn_1", "start": START_S, "end": END_S, **wish},
        files=files,
        scratch=work / "scratch",
        events=lambda *_: None,
        concurrency=2,
        productions=productions,
    )
    if not isinstance(made, ExportClipOutput):
        raise TypeError(type(made))
    report = REPORT.validate_json((work / "clip.report.json").read_bytes())
    return Clip(made, report, *decoded(work / "clip.mp4"))


def decoded(path: Path) -> tuple[NDArray[np.float64], list[Frames], NDArray[np.float32]]:
    """What is to be seen and heard in a file, as `Clip` has it."""
    light: list[float] = []
    shown: list[Frames] = []
    with av.open(str(path)) as file:
        for number, frame in enumerate(file.decode(video=0)):
            gray = np.asarray(frame.reformat(format="gray").to_ndarray(), np.uint8)
            light.append(float(gray[:_LAMP_PX].mean()))
            if number % _EVERY == 0:
                shown.append(gray)
    with av.open(str(path)) as file:
        blocks = [frame.to_ndarray() for frame in file.decode(audio=0)]
    heard = np.concatenate(blocks, axis=1).astype(np.float32)
    return np.array(light), shown, np.asarray(heard.mean(axis=0), np.float32)


def offsets_ms(made: Clip) -> list[float]:
    """How much later each beep is heard than its flash is seen."""
    bright = made.light > (made.light.min() + made.light.max()) / 2
    seen = [number / FPS for number in range(1, len(bright)) if bright[number] and not bright[number - 1]]
    loud = np.abs(made.heard) > np.abs(made.heard).max() / 3
    heard: list[float] = []
    for sample in np.nonzero(loud)[0]:
        if not heard or sample / SOUND_RATE - heard[-1] > 1:
            heard.append(float(sample) / SOUND_RATE)
    return [1000 * (two - one) for one, two in zip(seen, heard, strict=True)]


def outside(made: Clip, bare: Clip, platform: Platform) -> tuple[int, int]:
    """Pixels of captions that stand where the app has its buttons, and all of them."""
    left, top, right, bottom = safe_area(platform, _SIZE).pixels(_SIZE)
    wrong = inked = 0
    for one, two in zip(made.shown, bare.shown, strict=True):
        changed = np.abs(one.astype(np.int16) - two.astype(np.int16)) > _DIFFERENT
        inked += int(changed.sum())
        changed[top:bottom, left:right] = False
        wrong += int(changed.sum())
    return wrong, inked


def cuts_words(made: ExportClipOutput) -> int:
    """Edges of a clip that are inside of a word by more than a frame."""
    return sum(
        any(word.start_ms / 1000 + 1 / FPS < edge < word.end_ms / 1000 - 1 / FPS for word in words())
        for edge in (made.start, made.end)
    )


def measure() -> list[Row]:
    """The rows of the table."""
    return asyncio.run(measured())


async def measured() -> list[Row]:
    """Make all clips, and look at them."""
    platforms: Sequence[Platform] = ("tiktok", "reels", "shorts")
    with tempfile.TemporaryDirectory() as work:
        folder = Path(work)
        steady, varied = recordings()
        bare = await clip(steady, folder / "bare", captions=False)
        made = {one: await clip(steady, folder / one, platform=one, captions="box") for one in platforms}
        loose = await clip(varied, folder / "varied", captions=False)
    whole = [bare, loose, *made.values()]
    worst = max((abs(offset) for one in whole for offset in offsets_ms(one)), default=1e9)
    lengths = [abs(float(one.report.duration) - (one.output.end - one.output.start)) for one in whole]
    loud = [one.report.level.integrated_lufs or -99 for one in whole if one.report.level is not None]
    peaks = [one.report.level.true_peak_dbtp or 0 for one in whole if one.report.level is not None]
    sizes = {(one.output.width, one.output.height) for one in whole}
    stray = {name: outside(one, bare, name) for name, one in made.items()}
    cut = sum(cuts_words(one.output) for one in whole)
    frame_ms = 1000 / FPS
    rows = [
        Row("export: sound against pictures", "<= 1 frame", f"{worst:.1f} ms at most", worst <= frame_ms),
        Row("export: duration", "within 1 frame", f"{1000 * max(lengths):.1f} ms off", max(lengths) <= 1 / FPS),
        Row(
            "export: loudness",
            "-14 LUFS ±1",
            f"{min(loud):.2f} to {max(loud):.2f} LUFS",
            all(abs(one + 14) <= 1 for one in loud),
        ),
        Row("export: true peak", "<= -1 dBTP", f"{max(peaks):.2f} dBTP", max(peaks) <= -1 + _MEASURED_DB),
        Row("export: size", "1080x1920", ", ".join(f"{w}x{h}" for w, h in sizes), sizes == {_SIZE}),
        Row("export: faststart", "yes", str(all(one.report.faststart for one in whole)), _fast(whole)),
        Row("export: edges inside of words", "0", str(cut), cut == 0),
    ]
    for name, (wrong, inked) in stray.items():
        told = f"{wrong} of {inked:,} pixels outside"
        rows.append(Row(f"export: captions clear of {name}", "0 outside", told, wrong == 0 and inked > 0))
    return rows


_MEASURED_DB: Final = 0.3
"""What a limiter that looks at four times the samples may miss, and AAC adds (ITU-R BS.1770-5, annex 2)."""


def _fast(whole: Sequence[Clip]) -> bool:
    return all(one.report.faststart for one in whole)


if __name__ == "__main__":
    print_table(measure())
