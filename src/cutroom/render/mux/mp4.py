"""Writes MP4 files (ISO/IEC 14496-12) out of runs of packets, index first.

Nothing is parsed and nothing is rounded: frame n is shown at tick n of its track, whatever the clock of its file said.
The tables are made with numpy and the packets are copied in pieces as long as they lie together: a film of three
hours takes as long as the disk needs. The same tracks give the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from cutroom.render.mux import boxes, tables
from cutroom.render.mux.pieces import joined, write
from cutroom.render.mux.samples import AAC_FRAME, Run

CHUNKS_A_SECOND: Final = 2
"""Sound and pictures take turns in the file that often."""
_NARROW: Final = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """The pictures of a film.

    Args:
        config: the decoder's record; see `parameters.merged` for runs that differ in theirs.
        width: pixels, as shown.
        height: the same, downwards.
        timescale: ticks a second.
        tick: length of a frame, in ticks.
        runs: one after the other; each begins with a key frame, and shows what it has from its own frame 0 on.
    """

    codec: Literal["h264", "h265"]
    config: bytes
    width: int
    height: int
    timescale: int
    tick: int
    runs: Sequence[Run]


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """The sound of a film: AAC.

    Args:
        config: the AudioSpecificConfig.
        runs: one after the other, in packets of 1,024 samples.
        priming: samples of the first packets that only prime the decoder.
        samples: how many are heard after those; what is left of the last packets is silence nobody hears.
    """

    config: bytes
    sample_rate: int
    channels: int
    runs: Sequence[Run]
    priming: int
    samples: int


@dataclass(frozen=True, slots=True, eq=False)
class _Track:
    """A track on its way into a file; arrays have one entry for each sample.

    Args:
        files: number of the file that holds it, counted over all tracks.
        offsets: where it begins in that file.
        sizes: its bytes.
        turns: when it comes, in turns of sound and pictures.
    """

    files: NDArray[np.int64]
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    turns: NDArray[np.int64]

    @property
    def first(self) -> NDArray[np.int64]:
        """Index of the first sample of each chunk."""
        return np.concatenate(([0], np.flatnonzero(np.diff(self.turns)) + 1)).astype(np.int64)


def write_mp4(out: Path, *, video: VideoTrack | None = None, audio: AudioTrack | None = None) -> None:
    """Write a file that starts to play before all of it is there.

    Args:
        out: the file to write.
        video: its pictures, if it has any.
        audio: its sound, if it has any.

    Raises:
        ValueError: when there is nothing to write, or a run of pictures shows a frame twice or not at all.
        OSError: when a file cannot be read or written, or ends too soon.
    """
    if video is not None:
        for run in video.runs:
            if not len(run) or not run.whole or not run.keys[0]:
                raise ValueError("a run of pictures has gaps, or does not begin with a key frame")
    files: dict[Path, int] = {}
    tracks: list[_Track] = []
    if video is not None and video.runs:
        tracks.append(_track(video.runs, Fraction(video.tick, video.timescale), files))
    if audio is not None and audio.runs:
        tracks.append(_track(audio.runs, Fraction(AAC_FRAME, audio.sample_rate), files))
    if not tracks:
        raise ValueError("there is nothing to write")
    order = np.argsort(np.concatenate([track.turns for track in tracks]), kind="stable")
    sizes = np.concatenate([track.sizes for track in tracks])[order]
    places = np.empty(len(order), np.int64)
    places[order] = np.cumsum(sizes) - sizes
    data_bytes = int(sizes.sum())

    def head(start: int, *, wide: bool) -> bytes:
        movie = _movie(video, audio, tracks, places + start, wide=wide)
        return boxes.file_type() + movie + boxes.data_header(data_bytes)

    wide = data_bytes + len(head(0, wide=False)) > _NARROW
    start = len(head(0, wide=wide))
    where = np.concatenate([track.files for track in tracks])[order]
    offsets = np.concatenate([track.offsets for track in tracks])[order]
    write(out, head(start, wide=wide), list(files), joined(where, offsets, sizes))


def _track(runs: Sequence[Run], frame_s: Fraction, files: dict[Path, int]) -> _Track:
    counts = np.array([len(run) for run in runs])
    numbers = np.array([files.setdefault(run.path, len(files)) for run in runs], np.int64)
    turn = frame_s * CHUNKS_A_SECOND
    return _Track(
        files=np.repeat(numbers, counts),
        offsets=np.concatenate([run.offsets for run in runs]),
        sizes=np.concatenate([run.sizes for run in runs]).astype(np.int64),
        turns=np.arange(counts.sum(), dtype=np.int64) * turn.numerator // turn.denominator,
    )


def _movie(
    video: VideoTrack | None,
    audio: AudioTrack | None,
    tracks: Sequence[_Track],
    places: NDArray[np.int64],
    *,
    wide: bool,
) -> bytes:
    timescale = audio.sample_rate if audio is not None else video.timescale if video is not None else 1
    parts: list[bytes] = []
    longest, at = 0, 0
    for number, track in enumerate(tracks, 1):
        count = len(track.sizes)
        there = tables.chunks(places[at : at + count][track.first], track.first, count, wide=wide)
        at += count
        if number == 1 and video is not None and video.runs:
            length, made = _picture_track(video, number, timescale, track, there)
        elif audio is not None:
            length, made = _sound_track(audio, number, timescale, track, there)
        longest = max(longest, length)
        parts.append(made)
    return boxes.box(b"moov", boxes.movie_header(timescale, longest, len(tracks)), *parts)


def _picture_track(video: VideoTrack, number: int, timescale: int, track: _Track, there: bytes) -> tuple[int, bytes]:
    """The track and its length in the film's units."""
    count = len(track.sizes)
    shown, keys = tables.timing(video.runs)
    delays = shown - np.arange(count, dtype=np.int64)
    ahead = max(0, -int(delays.min()))
    length = round(Fraction(count * video.tick * timescale, video.timescale))
    made = boxes.box(
        b"trak",
        boxes.track_header(number, length, width=video.width, height=video.height),
        boxes.edit_list(length, ahead * video.tick),
        boxes.media(
            video.timescale,
            count * video.tick,
            b"vide",
            b"VideoHandler",
            boxes.description(boxes.picture_entry(video.codec, video.config, video.width, video.height)),
            tables.lengths([(count, video.tick)]),
            b"" if keys.all() else tables.keys(keys),
            tables.delays((delays + ahead) * video.tick) if ahead else b"",
            there,
            tables.sizes(track.sizes),
        ),
    )
    return length, made


def _sound_track(audio: AudioTrack, number: int, timescale: int, track: _Track, there: bytes) -> tuple[int, bytes]:
    count = len(track.sizes)
    last = min(max(audio.priming + audio.samples - AAC_FRAME * (count - 1), 1), AAC_FRAME)
    duration = AAC_FRAME * (count - 1) + last
    length = round(Fraction(audio.samples * timescale, audio.sample_rate))
    bit_rate = int(track.sizes.sum()) * 8 * audio.sample_rate // max(duration, 1)
    made = boxes.box(
        b"trak",
        boxes.track_header(number, length, sound=True),
        boxes.edit_list(length, audio.priming),
        boxes.media(
            audio.sample_rate,
            duration,
            b"soun",
            b"SoundHandler",
            boxes.description(boxes.sound_entry(audio.config, audio.channels, audio.sample_rate, bit_rate)),
            tables.lengths([(count - 1, AAC_FRAME), (1, last)]),
            there,
            tables.sizes(track.sizes),
            boxes.preroll(count),
        ),
    )
    return length, made
