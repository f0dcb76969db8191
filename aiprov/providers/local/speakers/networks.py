"""The two networks, on onnxruntime. Each runs on one thread; the caller may ask from several.

Knows what they read and give, nothing of recordings.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from aiprov.providers.local.speakers.features import Features, Samples

    Activity = NDArray[np.bool_]
    Vectors = NDArray[np.float32]

WINDOW_S: Final = 10.0
PEOPLE: Final = 3
"""People that the first network tells apart in one window."""
FRAMES: Final = 589
FRAME_S: Final = 0.016875
FIRST_S: Final = 0.030969
"""The middle of the first frame: it covers 991 samples. Source: the widths and steps of the network's layers."""
DIMS: Final = 192
SPEAKS: Final = 0.5
"""Somebody speaks where that is likelier than this."""
# What the network chooses among: nobody, one of three, or two of them.
_WHO = ((), (0,), (1,), (2,), (0, 1), (0, 2), (1, 2))


class Networks:
    """Both, loaded.

    Args:
        folder: The model's verified folder.
    """

    def __init__(self, folder: Path) -> None:
        self._activity = _session(folder / "activity.onnx")
        self._voices = _session(folder / "voices.onnx")

    def activity(self, samples: Samples, speaks: float = SPEAKS) -> Activity:
        """Who of up to three people speaks in ten seconds: (589, 3). Which of them is who changes with the window.

        Args:
            samples: Ten seconds.
            speaks: How likely it must be that somebody speaks; whoever it is may be less likely than nobody.
        """
        import numpy as np

        logarithms = self._activity.run(["activity"], {"samples": samples[None, None]})[0][0]
        somebody = 1.0 - np.exp(logarithms[:, 0]) > speaks
        likely = np.where(somebody, 1 + logarithms[:, 1:].argmax(axis=1), 0)
        who = np.array([[person in each for person in range(PEOPLE)] for each in _WHO])
        speaking: Activity = who[likely]
        return speaking

    def voice(self, features: Features) -> Vectors:
        """How the voice in these frames sounds, as a vector of length 1: (192,)."""
        import numpy as np

        level = features - features.mean(axis=0, dtype=np.float64).astype(np.float32)
        found = self._voices.run(["voices"], {"features": level[None]})[0][0]
        voice: Vectors = found / np.float32(max(float(np.linalg.norm(found)), 1e-6))
        return voice


def _session(path: Path) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # parts of every length would make it grow
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
