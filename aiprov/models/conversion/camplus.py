"""CAM++, the network that hears who speaks, as an ONNX graph.

Features (batch, frames, 80) in, voices (batch, 192) out. Source: Wang et al., "CAM++" (arXiv 2303.00332), and the
names of the published checkpoint's tensors. Batch norms stay nodes: onnxruntime folds those it can when it loads.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from aiprov.models.conversion.graph import Graph
from aiprov.models.conversion.pickled import Tensor

# Layers and dilation of the three blocks of densely connected layers.
_BLOCKS = ((12, 1), (24, 2), (16, 2))
# The context of a frame is its own stretch of so many frames, besides the whole.
_STRETCH = 100
_EPSILON = 1e-5


def camplus(tensors: Mapping[str, Tensor]) -> bytes:
    """The network as an ONNX file's bytes."""
    return _Network(tensors).built()


class _Network:
    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = tensors
        self._graph = Graph("cam++")

    def built(self) -> bytes:
        graph = self._graph
        features = graph.input("features", ("batch", "frames", 80))
        x = graph.node("Transpose", features, perm=(0, 2, 1))
        x = self._head(graph.node("Unsqueeze", x, graph.ints([1])))
        x = self._conv(x, "xvector.tdnn.linear", pads=(2, 2), strides=(2,))
        x = self._heard(x, "xvector.tdnn.nonlinear.batchnorm")
        stretches = self._stretches(x)
        for block, (layers, dilation) in enumerate(_BLOCKS, start=1):
            for layer in range(1, layers + 1):
                name = f"xvector.block{block}.tdnnd{layer}."
                x = graph.node("Concat", x, self._dense(x, name, dilation, stretches), axis=1)
            name = f"xvector.transit{block}."
            x = self._conv(self._heard(x, name + "nonlinear.batchnorm"), name + "linear")
        x = self._statistics(self._heard(x, "xvector.out_nonlinear.batchnorm"))
        x = self._norm(self._conv(x, "xvector.dense.linear"), "xvector.dense.nonlinear.batchnorm")
        graph.output(graph.node("Squeeze", x, graph.ints([2])), "voices", ("batch", 192))
        return graph.to_bytes()

    def _head(self, x: str) -> str:
        """Convolutions over time and pitch, which is halved three times."""
        x = self._heard(self._conv(x, "head.conv1", pads=(1,) * 4), "head.bn1")
        for layer in ("head.layer1", "head.layer2"):
            x = self._residual(self._residual(x, f"{layer}.0.", 2), f"{layer}.1.", 1)
        x = self._heard(self._conv(x, "head.conv2", pads=(1,) * 4, strides=(2, 1)), "head.bn2")
        return self._graph.node("Reshape", x, self._graph.ints([0, 320, -1]))

    def _residual(self, x: str, name: str, stride: int) -> str:
        y = self._conv(x, name + "conv1", pads=(1,) * 4, strides=(stride, 1))
        y = self._conv(self._heard(y, name + "bn1"), name + "conv2", pads=(1,) * 4)
        y = self._norm(y, name + "bn2")
        if stride != 1:
            x = self._norm(self._conv(x, name + "shortcut.0", strides=(stride, 1)), name + "shortcut.1")
        return self._relu(self._graph.node("Add", y, x))

    def _dense(self, x: str, name: str, dilation: int, stretches: str) -> str:
        """One layer: what is heard locally, weighted by what is heard around it."""
        graph = self._graph
        x = self._conv(self._heard(x, name + "nonlinear1.batchnorm"), name + "linear1")
        x = self._heard(x, name + "nonlinear2.batchnorm")
        local = self._conv(x, name + "cam_layer.linear_local", pads=(dilation,) * 2, dilations=(dilation,))
        context = graph.node("Add", graph.node("ReduceMean", x, axes=(2,)), self._around(x, stretches))
        context = self._relu(self._conv(context, name + "cam_layer.linear1"))
        return graph.node("Mul", local, graph.node("Sigmoid", self._conv(context, name + "cam_layer.linear2")))

    def _around(self, x: str, stretches: str) -> str:
        """For each frame the mean of its stretch."""
        means = self._graph.node("AveragePool", x, kernel_shape=(_STRETCH,), strides=(_STRETCH,), ceil_mode=1)
        return self._graph.node("Gather", means, stretches, axis=2)

    def _stretches(self, x: str) -> str:
        """Which stretch each frame belongs to: whole numbers from 0."""
        graph = self._graph
        frames = graph.node("Squeeze", graph.node("Shape", x, start=2, end=3))
        zero, one = (graph.node("Squeeze", graph.ints([value])) for value in (0, 1))
        return graph.node("Div", graph.node("Range", zero, frames, one), graph.ints([_STRETCH]))

    def _statistics(self, x: str) -> str:
        """Mean and standard deviation over time, the latter with one degree of freedom less."""
        graph = self._graph
        mean = graph.node("ReduceMean", x, axes=(2,))
        off = graph.node("Sub", x, mean)
        squares = graph.node("ReduceSum", graph.node("Mul", off, off), graph.ints([2]))
        frames = graph.node("Cast", graph.node("Shape", x, start=2, end=3), to=1)
        variance = graph.node("Div", squares, graph.node("Sub", frames, graph.number(1.0)))
        return graph.node("Concat", mean, graph.node("Sqrt", variance), axis=1)

    def _conv(self, x: str, name: str, **how: tuple[int, ...]) -> str:
        weight = self._tensors[name + ".weight"]
        bias = [self._constant(name + ".bias")] if name + ".bias" in self._tensors else []
        return self._graph.node(
            "Conv", x, self._constant(name + ".weight"), *bias, kernel_shape=weight.shape[2:], **how
        )

    def _heard(self, x: str, name: str) -> str:
        return self._relu(self._norm(x, name))

    def _norm(self, x: str, name: str) -> str:
        mean, variance = (self._constant(f"{name}.running_{part}") for part in ("mean", "var"))
        scale, shift = self._learned(name, *self._tensors[name + ".running_var"].shape)
        return self._graph.node("BatchNormalization", x, scale, shift, mean, variance, epsilon=_EPSILON)

    def _learned(self, name: str, width: int) -> list[str]:
        """What a norm scales and shifts by; the last one has learned neither."""
        if name + ".weight" in self._tensors:
            return [self._constant(f"{name}.{part}") for part in ("weight", "bias")]
        return [self._graph.floats(struct.pack("<f", value) * width, (width,)) for value in (1.0, 0.0)]

    def _relu(self, x: str) -> str:
        return self._graph.node("Relu", x)

    def _constant(self, name: str) -> str:
        tensor = self._tensors[name]
        return self._graph.floats(tensor.data, tensor.shape)
