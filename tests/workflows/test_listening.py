from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from cutroom.jobs import Context, Files
from cutroom.jobs.alone import _Direct, _Memory
from cutroom.jobs.job import AttemptRef
from cutroom.jobs.remembered import Remembered
from cutroom.media.origin import zero
from cutroom.speech.pcm import duration_ms
from cutroom.timeline import Media
from cutroom.workflows.listening import listen, pcm_key
from cutroom.workflows.sources import take
from tests.media.sources import ffmpeg, make_audio
from tests.workflows.hearing import files_in


def context(folder: Path) -> tuple[Context, Files]:
    files = files_in(folder)

    class Nowhere:
        async def map(self, *arguments: object) -> list[object]:
            raise AssertionError

        async def sleep(self, step: str, seconds: float) -> None:
            raise AssertionError

    ctx = Context(
        ref=AttemptRef("alone", "job_1", 1, 1),
        make_scratch=lambda: folder / "scratch",
        make_files=lambda _: files,
        make_productions=lambda: Remembered().of("job_1"),
        journal=_Memory(),
        events=_Direct(lambda *_: None),
        spread=Nowhere(),  # type: ignore[arg-type]
        started_at=datetime.now(UTC),
    )
    return ctx, files


async def listened(folder: Path, name: str) -> tuple[Path, Media, Context]:
    ctx, files = context(folder)
    media = await take(files, folder / "scratch", name)
    return await listen(ctx, media), media, ctx


@pytest.mark.parametrize("name", ["tone.wav", "tone.mp3", "tone.m4a", "tone.ogg", "tone.flac", "tone.webm"])
async def test_any_sound_becomes_samples_of_its_length(tmp_path: Path, name: str) -> None:
    options = ("-c:a", "libopus") if name.endswith(("ogg", "webm")) else ()
    make_audio(tmp_path / name, 2, rate=48_000 if options else 44_100, options=options)
    pcm, _, _ = await listened(tmp_path, name)
    assert abs(duration_ms(pcm) - 2_000) < 60
    samples = np.frombuffer(pcm.read_bytes(), "<i2")
    peak = np.argmax(np.abs(np.fft.rfft(samples[8_000:24_000].astype(float))))
    assert peak == 440


async def test_sound_that_begins_late_has_silence_before_it(tmp_path: Path) -> None:
    picture = ("-f", "lavfi", "-i", "testsrc2=s=64x36:r=25:d=3")
    tone = ("-itsoffset", "1.2", "-f", "lavfi", "-i", "sine=f=440:r=48000:d=1")
    ffmpeg(*picture, *tone, "-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-c:a", "pcm_s16le", tmp_path / "late.mov")
    pcm, _, _ = await listened(tmp_path, "late.mov")
    samples = np.abs(np.frombuffer(pcm.read_bytes(), "<i2").astype(int))
    first = int(np.argmax(samples > 500)) / 16_000
    assert first == pytest.approx(1.2, abs=0.005)


@pytest.mark.parametrize(
    ("left", "right", "loudness"),
    [("sin(2764*t)/2", "-sin(2764*t)/2", 0.5), ("sin(2764*t)/2", "0", 0.25), ("sin(2764*t)/2", "sin(2764*t)/2", 0.5)],
    ids=["inverted", "one side", "both"],
)
async def test_a_voice_is_heard_whichever_channels_it_is_on(
    tmp_path: Path, left: str, right: str, loudness: float
) -> None:
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc={left}|{right}:c=stereo:s=48000:d=1", tmp_path / "voice.wav")
    pcm, _, _ = await listened(tmp_path, "voice.wav")
    samples = np.frombuffer(pcm.read_bytes(), "<i2").astype(float) / (1 << 15)
    assert len(samples) == 16_000
    assert np.sqrt(2 * np.mean(samples**2)) == pytest.approx(loudness, rel=0.02)


async def test_sound_that_begins_a_little_before_the_pictures_is_counted_from_them(tmp_path: Path) -> None:
    picture = ("-itsoffset", "0.08", "-f", "lavfi", "-i", "testsrc2=s=64x36:r=25:d=3")
    tone = ("-f", "lavfi", "-i", "sine=f=440:r=48000:d=1", "-af", "adelay=1200:all=1")
    ffmpeg(
        *picture, *tone, "-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-c:a", "pcm_s16le", tmp_path / "early.mkv"
    )
    pcm, media, _ = await listened(tmp_path, "early.mkv")
    assert zero(media.info) - media.info.start == pytest.approx(0.08, abs=0.002)
    samples = np.abs(np.frombuffer(pcm.read_bytes(), "<i2").astype(int))
    assert int(np.argmax(samples > 500)) / 16_000 == pytest.approx(1.12, abs=0.005)


async def test_a_source_is_decoded_once(tmp_path: Path) -> None:
    make_audio(tmp_path / "tone.wav", 1)
    pcm, media, ctx = await listened(tmp_path, "tone.wav")
    before = pcm.stat().st_mtime_ns
    (tmp_path / "tone.wav").unlink()
    assert await listen(ctx, media) == pcm == await ctx.files.find(pcm_key(media.sha256))
    assert abs(pcm.stat().st_mtime_ns - before) < 60e9
