import math
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cutroom.jobs.recorder import MAX_EVENTS, MAX_PIECE_CHARS, MAX_TEXTS, Recorder


def test_progress_of_the_same_stage_becomes_one_event() -> None:
    recorder = Recorder()
    for hundredth in range(50):
        recorder.progress(hundredth / 100, "a")
    recorder.progress(0.6, "b")
    notes = recorder.take()
    assert notes is not None
    assert [(event.data["stage"], event.data["progress"]) for event in notes.events] == [("a", 49.0), ("b", 60.0)]
    assert (notes.progress, notes.stage) == (0.6, "b")
    assert recorder.take() is None


def test_log_lines_and_progress_keep_their_order() -> None:
    recorder = Recorder()
    recorder.progress(0.1, "a")
    recorder.log("info", "x", {"n": 1})
    recorder.progress(0.2, "a")
    notes = recorder.take()
    assert notes is not None
    assert [event.kind for event in notes.events] == ["progress", "log", "progress"]


def test_what_was_given_back_comes_first_again() -> None:
    recorder = Recorder()
    recorder.log("info", "first", {})
    notes = recorder.take()
    assert notes is not None
    recorder.log("info", "second", {})
    recorder.give_back(notes)
    assert recorder.waiting
    again = recorder.take()
    assert again is not None
    assert [event.data["message"] for event in again.events] == ["first", "second"]


def test_going_back_and_nonsense_are_ignored() -> None:
    recorder = Recorder(progress=0.5, stage="here")
    for wrong in (0.4, -1.0, math.nan, -math.inf):
        recorder.progress(wrong, "elsewhere")
    assert recorder.take() is None
    recorder.progress(7.0)
    notes = recorder.take()
    assert notes is not None
    assert (notes.progress, notes.stage) == (1.0, "here")


def test_odd_text_and_odd_facts_are_made_storable() -> None:
    recorder = Recorder()
    facts = {"a\0": "\ud800", "f": math.nan, "l": (1, {2}), "o": object}
    recorder.log("shout", "m\0" * 10_000, facts)
    notes = recorder.take()
    assert notes is not None
    data = notes.events[0].data
    assert data["level"] == "info"
    assert "\0" not in str(data)
    assert "\ud800" not in str(data)
    assert len(data["message"]) == 8_000
    assert (data["f"], data["l"]) == ("nan", [1, [2]])


def test_facts_cannot_hide_the_message() -> None:
    recorder = Recorder()
    recorder.log("error", "the message", {"message": "another", "level": "debug"})
    notes = recorder.take()
    assert notes is not None
    assert notes.events[0].data == {"message": "the message", "level": "error"}


@pytest.mark.threat("F23")
def test_a_log_is_cut_once() -> None:
    recorder = Recorder(written=MAX_EVENTS - 3)
    for number in range(10):
        recorder.log("info", f"{number}", {})
    notes = recorder.take()
    assert notes is not None
    assert len(notes.events) == 3
    assert "cut" in notes.events[-1].data["message"]
    recorder.progress(0.5)
    last = recorder.take()
    assert last is not None
    assert (last.progress, last.events) == (0.5, ())


@given(st.lists(st.floats(min_value=-1, max_value=2)))
def test_progress_is_sorted_whatever_is_said(fractions: list[float]) -> None:
    recorder = Recorder()
    told = []
    for fraction in fractions:
        recorder.progress(fraction)
        notes = recorder.take()
        told += [] if notes is None else [event.data["progress"] for event in notes.events]
    assert told == sorted(told)
    assert all(0 <= value <= 100 for value in told)


def test_threads_lose_nothing() -> None:
    recorder = Recorder()
    taken = []

    def speak() -> None:
        for number in range(500):
            recorder.log("info", str(number), {})

    threads = [threading.Thread(target=speak) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        notes = recorder.take()
        taken += [] if notes is None else list(notes.events)
    for thread in threads:
        thread.join()
    notes = recorder.take()
    taken += [] if notes is None else list(notes.events)
    assert len(taken) == 2_000


def texts(recorder: Recorder) -> list[tuple[str, str, bool]]:
    notes = recorder.take()
    return [(one.data["stream"], one.data["text"], one.data["begins"]) for one in notes.events] if notes else []


def test_pieces_of_texts_become_one_event_each_until_they_are_taken() -> None:
    recorder = Recorder()
    for number in range(100):
        recorder.text("a", str(number % 10), begins=number == 0)
        recorder.text("b", "x", begins=False)
    assert texts(recorder) == [("a", "0123456789" * 10, True), ("b", "x" * 100, False)]
    recorder.text("a", "more", begins=False)
    recorder.log("info", "between", {})
    recorder.text("a", "!", begins=False)
    notes = recorder.take()
    assert notes is not None
    assert [one.data.get("text") for one in notes.events] == ["more", None, "!"]


def test_a_text_that_begins_again_leaves_nothing_of_what_was_shown() -> None:
    recorder = Recorder()
    recorder.text("a", "wrong", begins=True)
    recorder.text("a", "", begins=True)
    recorder.text("a", "right", begins=False)
    assert texts(recorder) == [("a", "right", True)]


def test_a_large_piece_is_told_whole_in_events_of_bounded_size_and_storable() -> None:
    recorder = Recorder()
    recorder.text("a", "\0" + "x" * 20_000, begins=True)
    told = texts(recorder)
    assert "".join(text for _, text, _ in told) == "\ufffd" + "x" * 20_000
    assert max(len(text) for _, text, _ in told) <= MAX_PIECE_CHARS
    assert [begins for _, _, begins in told] == [True, False, False]


def test_more_text_than_anybody_reads_is_no_longer_told_and_cuts_no_log() -> None:
    recorder = Recorder()
    for _ in range(MAX_TEXTS + 5):
        recorder.text("a", "x" * MAX_PIECE_CHARS, begins=False)
    recorder.log("info", "still here", {})
    notes = recorder.take()
    assert notes is not None
    assert len(notes.events) == MAX_TEXTS + 1
    assert notes.events[-1].data["message"] == "still here"
