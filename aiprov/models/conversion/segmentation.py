"""The segmentation network of pyannote.audio 3, which hears who of up to three people speaks in some seconds, as ONNX.

Samples (batch, 1, samples) at 16 kHz in, log probabilities (batch, frames, 7) of nobody, each one of three, and each
two of three out. Source: the names of the published checkpoint's tensors; Bredin and Plaquet, "Powerset multi-class
cross entropy loss" (Interspeech 2023); Pariente et al., "Filterbank design" (ICASSP 2020) for the first layer.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiprov.models.conversion.graph import Graph
from aiprov.models.conversion.pickled import Tensor

_LAYERS, _UNITS = 4, 128
# The filters of the first layer: how wide, and their least low edge and width in Hz.
_HALF, _LEAST_HZ, _MOST_HZ = 125, 50.0, 8000.0
_STRIDE = 10
_SLOPE = 0.01
_EPSILON = 1e-5
# PyTorch keeps an LSTM's gates as input, forget, cell, output; ONNX as input, output, forget, cell.
_GATES = (0, 3, 1, 2)


def segmentation(tensors: Mapping[str, Tensor]) -> bytes:
    """The network as an ONNX file's bytes."""
    return _Network(tensors).built()


class _Network:
    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self._graph = Graph("segmentation")

    def built(self) -> bytes:
        graph = self._graph
        x = self._norm(graph.input("samples", ("batch", 1, "samples")), "sincnet.wav_norm1d")
        x = graph.node("Abs", graph.node("Conv", x, self._filters(), strides=(_STRIDE,)))
        x = self._pooled(x, 0)
        for layer in (1, 2):
            name = f"sincnet.conv1d.{layer}"
            x = self._pooled(graph.node("Conv", x, *self._constants(name + ".weight", name + ".bias")), layer)
        x = graph.node("Transpose", x, perm=(2, 0, 1))
        for layer in range(_LAYERS):
            x = self._lstm(x, layer)
        for name in ("linear.0", "linear.1"):
            x = self._leaky(self._linear(x, name))
        x = graph.node("LogSoftmax", self._linear(x, "classifier"), axis=2)
        graph.output(graph.node("Transpose", x, perm=(1, 0, 2)), "activity", ("batch", "frames", 7))
        return graph.to_bytes()

    def _filters(self) -> str:
        """The band-pass filters, from their edges: constants that onnxruntime works out once, when it loads."""
        graph, name = self._graph, "sincnet.conv1d.0.filterbank."
        low_hz, band_hz, window, times = self._constants(
            *(name + each for each in ("low_hz_", "band_hz_", "window_", "n_"))
        )
        least = graph.number(_LEAST_HZ)
        low = graph.node("Add", graph.node("Abs", low_hz), least)
        high = graph.node("Add", graph.node("Add", low, least), graph.node("Abs", band_hz))
        high = graph.node("Clip", high, least, graph.number(_MOST_HZ))
        width = graph.node("Mul", graph.node("Sub", high, low), graph.number(2.0))
        scaled = graph.node("Div", window, graph.node("Mul", times, graph.number(0.5)))
        at_low, at_high = graph.node("Mul", low, times), graph.node("Mul", high, times)
        even = graph.node("Sub", graph.node("Sin", at_high), graph.node("Sin", at_low))
        odd = graph.node("Sub", graph.node("Cos", at_low), graph.node("Cos", at_high))
        even, odd = (graph.node("Mul", half, scaled) for half in (even, odd))
        nothing = graph.node("Sub", width, width)
        whole = [
            graph.node("Concat", even, width, self._mirrored(even), axis=1),
            graph.node("Concat", odd, nothing, graph.node("Neg", self._mirrored(odd)), axis=1),
        ]
        filters = graph.node("Concat", *(graph.node("Div", each, width) for each in whole), axis=0)
        return graph.node("Unsqueeze", filters, graph.ints([1]))

    def _mirrored(self, x: str) -> str:
        return self._graph.node("Gather", x, self._graph.ints(range(_HALF - 1, -1, -1)), axis=1)

    def _pooled(self, x: str, layer: int) -> str:
        x = self._graph.node("MaxPool", x, kernel_shape=(3,), strides=(3,))
        return self._leaky(self._norm(x, f"sincnet.norm1d.{layer}"))

    def _lstm(self, x: str, layer: int) -> str:
        """One layer, read forwards and backwards: (frames, batch, width) to (frames, batch, 256)."""
        graph, ways = self._graph, ("", "_reverse")
        inputs, states = (self._gates([f"lstm.weight_{part}_l{layer}{way}" for way in ways]) for part in ("ih", "hh"))
        biases = self._gates([f"lstm.bias_{part}_l{layer}{way}" for way in ways for part in ("ih", "hh")], flat=True)
        y = graph.node("LSTM", x, inputs, states, biases, direction="bidirectional", hidden_size=_UNITS)
        y = graph.node("Transpose", y, perm=(0, 2, 1, 3))
        return graph.node("Reshape", y, graph.ints([0, 0, 2 * _UNITS]))

    def _gates(self, names: list[str], *, flat: bool = False) -> str:
        """Tensors of both directions as one, their gates in ONNX's order."""
        found = [self._tensors[name] for name in names]
        data = b"".join(each.rows(g * _UNITS, (g + 1) * _UNITS) for each in found for g in _GATES)
        rest = found[0].shape[1:]
        return self._graph.floats(data, (2, 8 * _UNITS) if flat else (2, 4 * _UNITS, *rest))

    def _linear(self, x: str, name: str) -> str:
        weight, bias = self._constants(name + ".weight", name + ".bias")
        product = self._graph.node("MatMul", x, self._graph.node("Transpose", weight, perm=(1, 0)))
        return self._graph.node("Add", product, bias)

    def _norm(self, x: str, name: str) -> str:
        constants = self._constants(name + ".weight", name + ".bias")
        return self._graph.node("InstanceNormalization", x, *constants, epsilon=_EPSILON)

    def _leaky(self, x: str) -> str:
        return self._graph.node("LeakyRelu", x, alpha=_SLOPE)

    def _constants(self, *names: str) -> list[str]:
        return [self._graph.floats(self._tensors[name].data, self._tensors[name].shape) for name in names]
