"""Checkpoints that only PyTorch reads become ONNX files, which onnxruntime reads, without PyTorch.

    pickled.py       a checkpoint's tensors, without running what is in it
    graph.py         ONNX files
    camplus.py       the network that hears who speaks
    segmentation.py  the network that hears how many people speak, and when

The same checkpoint always gives the same bytes, so the lock pins what is made as it pins what is fetched.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aiprov.models.conversion.camplus import camplus
from aiprov.models.conversion.pickled import Tensor, tensors_of
from aiprov.models.conversion.segmentation import segmentation

CONVERSIONS: Mapping[str, Callable[[Mapping[str, Tensor]], bytes]] = {
    "camplus": camplus,
    "segmentation": segmentation,
}
"""What a lock can ask for."""


def convert(how: str, checkpoint: bytes) -> bytes:
    """Make an ONNX file of a checkpoint.

    Args:
        how: One of `CONVERSIONS`.
        checkpoint: What `torch.save` wrote.

    Raises:
        IntegrityError: The checkpoint asks for anything else than tensors, or is none.
    """
    return CONVERSIONS[how](tensors_of(checkpoint))
