"""What routing adds to a call: aiprov and litellm's Router, each over the OpenAI SDK that it stands on.

    python tests/bench/router.py --rounds 5 --out router.json

All ask one server on this machine that answers at once, in turn, several times; every added time is between two that
stood beside each other in a round. aiprov keeps ledger and answers in a state file, on the disk of `--folder`: two
transactions a call. These answers cost fractions of a cent: none waits for that disk. Compare figures of one run only.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import measure
import peers
import platformdirs

SCRIPT = Path(__file__).with_name("router_sides.py")
# Who is measured, and the bare SDK in the same environment, over which it adds.
OVER = {"aiprov": "sdk", "aiprov-capped": "sdk", "litellm": "sdk-of-litellm"}
ABREAST = ("sdk", "aiprov", "aiprov-capped")
WARM_UP = 50
GOALS = {"added_ms": 0.5, "of_litellm": 0.05, "rate": 0.9}


@dataclass(frozen=True)
class Side:
    """One of those that call, as a process that waits for its turns."""

    process: subprocess.Popen[str]

    def turn(self, calls: int, abreast: int) -> dict[str, Any]:
        """Let it make so many calls."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{calls} {abreast}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"a side ended: {self.process.args!r}")
        took: dict[str, Any] = json.loads(line)
        return took


@contextlib.contextmanager
def started(*command: str, work: Path, variables: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process of router_sides.py; it ends with its input."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(work), **(variables or {})}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment, cwd=work) as process:
        yield process


@contextlib.contextmanager
def all_sides(work: Path, cache: Path) -> Iterator[dict[str, Side]]:
    """The server, and every side at it, warm."""
    ours, peer = sys.executable, str(peers.litellm(cache))
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(started(ours, str(SCRIPT), "serve", work=work))
        assert server.stdout is not None
        url = server.stdout.readline().strip()

        def side(python: str, name: str, variables: dict[str, str]) -> Side:
            command = (python, str(SCRIPT), name, url)
            return Side(stack.enter_context(started(*command, work=work, variables=variables)))

        sides = {
            "sdk": side(ours, "sdk", {}),
            "aiprov": side(ours, "aiprov", _configured(url, work / "home")),
            "aiprov-capped": side(ours, "aiprov", _configured(url, work / "capped") | {"AIPROV_MAX_COST": "100"}),
            "sdk-of-litellm": side(peer, "sdk", {}),
            "litellm": side(peer, "litellm", {"LITELLM_LOCAL_MODEL_COST_MAP": "True"}),
        }
        for each in sides.values():
            each.turn(WARM_UP, 1)
        yield sides


def _configured(url: str, home: Path) -> dict[str, str]:
    """OpenAI first, with Anthropic and this machine's models to fall back to; nothing leaves this machine."""
    keys = {"OPENAI_API_KEY": "sk-bench-0123456789", "ANTHROPIC_API_KEY": "sk-bench-0123456789"}
    return keys | {"OPENAI_BASE_URL": url, "ANTHROPIC_BASE_URL": url, "AIPROV_HOME": str(home)}


def in_turn(sides: dict[str, Side], rounds: int, calls: int, abreast: int) -> dict[str, list[dict[str, Any]]]:
    """Every side `rounds` times; each round begins with another one."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in sides}
    names = list(sides)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            found[name].append(_figures(sides[name].turn(calls, abreast)))
            print(f"{calls} calls, {abreast} at once, round {number + 1} {name:<15} {found[name][-1]}", flush=True)
    return found


def _figures(took: dict[str, Any]) -> dict[str, float]:
    calls = len(took["ms"])
    return {
        "p50_ms": round(median(took["ms"]), 3),
        "p95_ms": round(quantiles(took["ms"], n=20)[-1], 3),
        "cpu_ms": round(took["cpu_s"] * 1000 / calls, 3),
        "per_s": round(calls / took["wall_s"], 1),
    }


def medians(found: dict[str, list[dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Each side's medians over the rounds."""
    return {name: {key: median(one[key] for one in rounds) for key in rounds[0]} for name, rounds in found.items()}


def against(
    found: dict[str, list[dict[str, float]]], name: str, key: str, of: Callable[[float, float], float]
) -> float:
    """The median over the rounds of a side's figure against that of the SDK beside it."""
    pairs = zip(found[name], found[OVER[name]], strict=True)
    return round(median(of(one[key], bare[key]) for one, bare in pairs), 3)


def added(found: dict[str, list[dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Milliseconds a call over the SDK, by the clock and of CPU, and the share of what litellm adds."""
    keys = ("p50_ms", "p95_ms", "cpu_ms")
    more = {name: {key: against(found, name, key, lambda a, b: a - b) for key in keys} for name in OVER}
    return {
        name: own | {f"{key}_of_litellm": round(own[key] / more["litellm"][key], 4) for key in keys}
        for name, own in more.items()
    }


def report(figures: dict[str, Any]) -> str:
    """The table that people read."""
    lines = ["", f"{'':<16}{'p50 ms':>8}{'p95 ms':>8}{'CPU ms':>8}   added: p50, CPU; of litellm's"]
    for name, own in figures["sequential"].items():
        more = figures["added"].get(name)
        lines.append(f"{name:<16}{own['p50_ms']:>8.3f}{own['p95_ms']:>8.3f}{own['cpu_ms']:>8.3f}")
        if more is not None:
            lines[-1] += f"   {more['p50_ms']:+.3f}, {more['cpu_ms']:+.3f}; {more['p50_ms_of_litellm']:.3f}"
    lines += [f"{name:<16}{own['per_s']:>8.0f} calls/s, 32 at once" for name, own in figures["abreast"].items()]
    for name, rate in figures["rates"].items():
        lines.append(
            f"{name} reaches {rate['clock']:.2f} of the SDK's rate by the clock, {rate['cpu']:.2f} by CPU time"
        )
    return "\n".join([*lines, f"the disk takes {figures['disk_ms']} ms; goals: {figures['goals']}"])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time that routing adds to a call.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=300, help="of each side in a round, one after the other")
    parser.add_argument("--abreast-calls", type=int, default=1000, help="of each side in a round, 32 at once")
    parser.add_argument("--folder", type=Path, help="where state files are made; default: the temporary folder")
    parser.add_argument("--cache", type=Path, default=platformdirs.user_cache_path("aiprov-bench"))
    parser.add_argument("--out", type=Path, default=Path("router.json"), help="relative to tests/bench/results")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    about = measure.machine(("openai", "httpx2", "genai-prices"))
    with (
        tempfile.TemporaryDirectory(prefix="aiprov-bench-", dir=chosen.folder) as folder,
        all_sides(Path(folder), chosen.cache) as sides,
    ):
        disk_ms = [measure.disk_ms(Path(folder))]
        one = in_turn(sides, chosen.rounds, chosen.calls, 1)
        many = in_turn({name: sides[name] for name in ABREAST}, chosen.rounds, chosen.abreast_calls, 32)
        disk_ms.append(measure.disk_ms(Path(folder)))
    figures = {
        "machine": about,
        "peer": peers.LITELLM,
        "goals": GOALS,
        "disk_ms": disk_ms,
        "sequential": medians(one),
        "added": added(one),
        "abreast": medians(many),
        "rates": {
            name: {
                "clock": against(many, name, "per_s", lambda a, b: a / b),
                "cpu": against(many, name, "cpu_ms", lambda a, b: b / a),
            }
            for name in ABREAST[1:]
        },
        "rounds": {"sequential": one, "abreast": many},
    }
    print(report(figures))
    print(f"figures: {measure.save(figures, chosen.out)}")


if __name__ == "__main__":
    main()
