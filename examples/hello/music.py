"""The music: a warm pad, a plucked melody, a soft bass, a light pulse; 96 beats a minute, six bars, one resolution."""

import numpy as np
import numpy.typing as npt

RATE = 48_000
BEAT = 0.625
SECONDS = 15.5
LEVEL = 0.125
"""Root mean square of the whole, in full scales: comes out at about -16 LUFS (ITU-R BS.1770)."""
Sound = npt.NDArray[np.float64]

CHORDS = [
    (0, 4, (50, 57, 62, 66, 69)),
    (4, 4, (47, 54, 62, 66, 69)),
    (8, 2, (43, 55, 59, 62, 69)),
    (10, 2, (45, 57, 61, 64, 69)),
    (12, 2, (47, 54, 59, 62, 69)),
    (14, 4, (43, 55, 59, 66, 71)),
    (18, 2, (45, 57, 62, 64, 69)),
    (20, 4.6, (50, 57, 62, 66, 76)),
]
"""(first beat, beats, MIDI notes), bass first: D, Bm7, Gmaj9, A, Bm7, Gmaj7, Asus4, Dadd9."""

MELODY = [
    (2, 78), (2.5, 76), (3, 74), (4, 73), (5.5, 74), (6, 76), (7, 78), (7.5, 74),
    (8, 83), (9, 81), (9.5, 78), (10, 76), (11, 73), (11.5, 76), (12, 78), (13, 74),
    (13.5, 73), (14, 71), (14.5, 74), (15, 78), (16, 81), (16.5, 83), (17, 86), (18, 85),
    (18.5, 81), (19, 79), (19.5, 76), (20, 78), (21, 81), (22, 86),
]  # fmt: skip
"""(beat, MIDI note)."""


def pitch(note: float) -> float:
    """Cycles a second of a MIDI note."""
    return float(440 * 2 ** ((note - 69) / 12))


def seconds(length: float) -> Sound:
    """The times of the samples of so many seconds."""
    return np.arange(int(length * RATE)) / RATE


def pluck(note: float, length: float, rng: np.random.Generator) -> Sound:
    """A struck string: partials that fade the faster the higher they are, and a breath of the strike."""
    t, base = seconds(length), pitch(note)
    tone = np.zeros_like(t)
    for partial in range(1, 9):
        stretched = base * partial * (1 + 0.00035 * partial**2)
        fade = np.exp(-t * (1.7 + 0.95 * partial) * (base / 440) ** 0.35)
        tone += np.sin(2 * np.pi * stretched * t + rng.uniform(0, 6.28)) * fade / partial**1.35
    strike = rng.standard_normal(t.size) * np.exp(-t * 260) * 0.10
    return (tone + strike) * np.minimum(1, t / 0.003)


def pad(note: float, length: float, rng: np.random.Generator) -> Sound:
    """A soft chorus of detuned voices, each a few gentle partials; two channels."""
    t, base = seconds(length), pitch(note)
    voices = np.zeros((t.size, 2))
    for voice in range(5):
        cents = (voice - 2) * 4.5
        phase = 2 * np.pi * base * 2 ** (cents / 1200) * t + rng.uniform(0, 6.28)
        wave = sum(np.sin(partial * phase) / partial**2.1 for partial in range(1, 6))
        side = 0.5 + 0.42 * (voice - 2) / 2
        voices += np.stack([wave * np.cos(side * np.pi / 2), wave * np.sin(side * np.pi / 2)], axis=1)
    swell = np.minimum(1, t / 0.7) * np.minimum(1, (length - t) / 0.9)
    shimmer = 1 + 0.08 * np.sin(2 * np.pi * 0.43 * t + rng.uniform(0, 6.28))
    return voices * (np.sin(np.clip(swell, 0, 1) * np.pi / 2) ** 1.5 * shimmer)[:, None]


def bass(note: float, length: float) -> Sound:
    """A round low note."""
    t = seconds(length)
    phase = 2 * np.pi * pitch(note - 12 if note > 45 else note) * t
    body = np.sin(phase) + 0.22 * np.sin(2 * phase) + 0.06 * np.sin(3 * phase)
    return body * np.minimum(1, t / 0.03) * np.minimum(1, (length - t) / 0.18) * np.exp(-t * 0.35)


def brush(rng: np.random.Generator) -> Sound:
    """A light brushed beat."""
    t = seconds(0.16)
    noise = rng.standard_normal(t.size)
    bright = noise - np.convolve(noise, np.ones(10) / 10, "same")
    return bright * np.exp(-t * 42) * np.minimum(1, t / 0.004)


def kick() -> Sound:
    """A soft low beat."""
    t = seconds(0.4)
    return np.sin(2 * np.pi * (46 * t + 3.2 * (1 - np.exp(-t * 34)))) * np.exp(-t * 11) * np.minimum(1, t / 0.004)


def compose() -> Sound:
    """The whole piece, two channels, not yet mastered."""
    rng = np.random.default_rng(96)
    dry, wet = np.zeros((int(SECONDS * RATE), 2)), np.zeros((int(SECONDS * RATE), 2))
    for first, beats, notes in CHORDS:
        at, length = first * BEAT, beats * BEAT
        for note in notes[1:]:
            _add(dry, at - 0.25, pad(note, length + 0.9, rng) * 0.016)
            _add(wet, at - 0.25, pad(note, length + 0.9, rng) * 0.013)
        if first >= 4:
            _add(dry, at, _panned(bass(notes[0], length), 0.5) * 0.105)
    for number, (beat, note) in enumerate(MELODY):
        side = 0.5 + 0.17 * np.sin(number * 1.9)
        string = pluck(note, 2.6, rng) * (0.185 + 0.03 * np.sin(number * 2.3))
        for echo, (late, quiet) in enumerate(((0.0, 1.0), (0.75 * BEAT, 0.30), (1.5 * BEAT, 0.13))):
            _add(dry, beat * BEAT + late, _panned(string * quiet, side if echo != 1 else 1 - side))
            _add(wet, beat * BEAT + late, _panned(string * quiet, 1 - side) * 0.8)
    for beat in np.arange(8, 20, 0.5):
        loud = 0.040 if beat % 1 else 0.024
        _add(dry, beat * BEAT, _panned(brush(rng), 0.58) * loud * min(1, (beat - 6) / 6))
    for beat in (8, 10, 12, 14, 16, 18, 20):
        _add(dry, beat * BEAT, _panned(kick(), 0.5) * 0.17)
    return dry + 0.34 * _reverb(wet + 0.3 * dry, rng)


def _add(whole: Sound, at: float, part: Sound) -> None:
    first = round(at * RATE)
    part = part[max(0, -first) :]
    first = max(0, first)
    part = part[: whole.shape[0] - first]
    whole[first : first + part.shape[0]] += part


def _panned(sound: Sound, side: float) -> Sound:
    return np.stack([sound * np.cos(side * np.pi / 2), sound * np.sin(side * np.pi / 2)], axis=1)


def _reverb(sound: Sound, rng: np.random.Generator) -> Sound:
    """A hall: noise that dies away, the high part of it sooner, folded over the sound."""
    t = seconds(2.4)
    room = np.zeros((t.size, 2))
    for channel in range(2):
        noise = rng.standard_normal(t.size)
        dull = np.convolve(noise, np.hanning(24) / 12, "same")
        room[:, channel] = noise * np.exp(-t * 5.5) * 0.5 + dull * np.exp(-t * 2.3)
    room *= (np.minimum(1, t / 0.02) / 60)[:, None]
    size = 1 << (sound.shape[0] + t.size).bit_length()
    both = np.fft.rfft(sound, size, axis=0) * np.fft.rfft(room, size, axis=0)
    return np.fft.irfft(both, size, axis=0)[: sound.shape[0]]


def master(sound: Sound) -> npt.NDArray[np.float32]:
    """No rumble, a level of about -16 LUFS, no peak above -1.5 dB full scale, silence at both ends."""
    spectrum = np.fft.rfft(sound, axis=0)
    cycles = np.fft.rfftfreq(sound.shape[0], 1 / RATE)[:, None]
    warmth = 1 / (1 + (cycles / 9000) ** 2)
    sound = np.fft.irfft(spectrum * (cycles**2 / (cycles**2 + 32**2)) * (0.35 + 0.65 * warmth), sound.shape[0], axis=0)
    sound *= LEVEL / np.sqrt((sound**2).mean())
    sound = np.tanh(1.15 * sound) / 1.15  # rounds the few highest peaks, leaves the rest as it is
    t = seconds(SECONDS)[:, None]
    sound *= np.minimum(1, t / 0.02) * np.clip((SECONDS - t) / 2.2, 0, 1) ** 1.4
    return sound.astype(np.float32)
