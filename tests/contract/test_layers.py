"""Who may import whom. Read from the source, so that nothing has to run."""

import ast
import functools
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "aiprov"
FILES = sorted(ROOT.rglob("*.py"))

# A room imports from itself and from rooms below it.
LAYERS = (
    {"errors", "version"},
    {"core"},
    {
        "files",
        "audio",
        "prices",
        "models",
        "state",
        "settings",
        "configfile",
        "keys",
        "recipes",
        "voices",
        "attendees",
        "glossary",
        "archive",
    },
    {"providers", "batch", "evaluation", "minutes"},
    {"manager"},
    {"service", "pipelines", "doctor"},
    {"wiring"},
    {"cli", "server", "library"},
    {"__main__"},
)
LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}
# Rooms of one level know nothing of each other, but for these.
NEIGHBOURS = {("models", "files"), ("state", "files"), ("prices", "files"), ("audio", "files"),
              ("configfile", "files"), ("settings", "configfile"), ("keys", "settings"), ("keys", "files"),
              ("voices", "files"), ("archive", "files"), ("glossary", "configfile"),
              ("recipes", "configfile"),
              # `aiprov serve` starts it, and knows nothing else of it.
              ("cli", "server")}  # fmt: skip

HEAVY = {"openai", "anthropic", "torch", "numpy", "av", "faster_whisper", "ctranslate2", "onnxruntime", "llama_cpp",
         "sentence_transformers", "transformers", "huggingface_hub", "genai_prices", "pydantic_settings",
         "pydantic", "fastapi", "starlette", "uvicorn", "prometheus_client", "keyring",
         "jiwer", "pyannote", "scipy", "whisper_normalizer"}  # fmt: skip
ONLY_IN = {
    "sqlite3": {"state", "archive"},
    "typer": {"cli"},
    "rich": {"cli"},
    "av": {"audio", "providers"},
    "torch": {"providers"},
    "numpy": {"archive", "audio", "minutes", "providers"},
    "openai": {"providers"},
    "anthropic": {"providers"},
    "faster_whisper": {"providers"},
    "ctranslate2": {"providers"},
    "llama_cpp": {"providers"},
    "keyring": {"keys"},
    "fastapi": {"server"},
    "starlette": {"server"},
    "uvicorn": {"server"},
    "prometheus_client": {"server"},
    "sentence_transformers": {"providers"},
    "jiwer": {"evaluation"},
    "pyannote": {"evaluation"},
    "whisper_normalizer": {"evaluation"},
}
ITS_OWN = defaultdict(set, server={"fastapi", "starlette", "uvicorn", "pydantic"})
IMPURE = {"asyncio", "concurrent", "datetime", "glob", "http", "io", "logging", "multiprocessing", "os", "random",
          "secrets", "shutil", "socket", "subprocess", "sys", "tempfile", "threading", "time", "urllib"}  # fmt: skip

each_file = pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))


def room_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


@functools.cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def imports(path: Path) -> list[tuple[str, str]]:
    """Each imported module, and when: with the file (`now`), in a call (`later`), or for type checkers (`never`)."""
    return list(_imports(path, parsed(path)))


def _imports(path: Path, tree: ast.Module) -> Iterator[tuple[str, str]]:
    when = {id(node): kind for each in ast.walk(tree) if (kind := _defers(each)) for node in ast.walk(each)}
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: relative import"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        yield from ((name, when.get(id(node), "now")) for name in names)


def _defers(node: ast.AST) -> str | None:
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
        return "never"
    return "later" if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) else None


def test_every_room_has_its_place():
    assert {room_of(path) for path in FILES} - {"__init__"} <= set(LEVEL)


@each_file
def test_a_room_imports_only_from_rooms_below_it(path):
    room = room_of(path)
    if room == "__init__":
        return
    for name, when in imports(path):
        # A type in a signature binds nobody to the room that makes it.
        if when == "never" or not name.startswith("aiprov."):
            continue
        other = name.split(".")[1]
        below = LEVEL.get(other, -1) < LEVEL[room]
        assert other == room or below or (room, other) in NEIGHBOURS, f"{room} imports {name}"


@each_file
def test_nothing_heavy_is_imported_with_a_module(path):
    # The server is imported when it serves; what it is made of stands in its modules.
    heavy = [
        name for name, when in imports(path) if when == "now" and name.split(".")[0] in HEAVY - ITS_OWN[room_of(path)]
    ]
    assert heavy == []


@each_file
def test_packages_that_belong_to_one_room_stay_there(path):
    strays = [
        name for name, _ in imports(path) if room_of(path) not in ONLY_IN.get(name.split(".")[0], {room_of(path)})
    ]
    assert strays == []


@each_file
def test_core_is_pure(path):
    if room_of(path) == "core":
        used = {name.split(".")[0] for name, _ in imports(path)} - {"aiprov"}
        assert used <= sys.stdlib_module_names - IMPURE


@each_file
def test_the_environment_is_read_in_settings_alone(path):
    text = path.read_text(encoding="utf-8")
    assert room_of(path) == "settings" or ("os.environ" not in text and "getenv" not in text)


@each_file
def test_files_are_written_by_the_rooms_that_do_it_safely(path):
    if room_of(path) in ("files", "state", "models", "archive"):
        return
    for node in ast.walk(parsed(path)):
        name = getattr(getattr(node, "func", None), "attr", getattr(getattr(node, "func", None), "id", ""))
        assert name not in ("write_text", "write_bytes", "mkdir", "makedirs", "unlink", "rename", "rmtree"), ast.dump(
            node
        )
        if name == "open":
            modes = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            assert not any(isinstance(mode, str) and set(mode) & set("wax+") for mode in modes), ast.dump(node)
