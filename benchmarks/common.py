"""What the benchmarks share. Import it first: it holds the libraries to one thread."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

__all__ = ["in_turns", "machine", "write"]


def machine() -> dict[str, object]:
    """The kind of processor and its number of cores; nothing that names a host."""
    kind = platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [s for s in info.read_text().splitlines() if s.startswith("model name")]
        kind = lines[0].split(":", 1)[1].strip() if lines else kind
    return {"processor": kind, "cores": os.cpu_count()}


def in_turns(run: dict[str, Callable], runs: int) -> dict[str, list[float]]:
    """Seconds of each call, one of each a round; a first round warms up."""
    spent: dict[str, list[float]] = {name: [] for name in run}
    for turn in range(runs + 1):
        print(f"\rround {turn} of {runs}", end="", file=sys.stderr, flush=True)
        for name, call in run.items():
            start = time.perf_counter()
            call()
            spent[name].append(time.perf_counter() - start)
    print(file=sys.stderr)
    return {name: times[1:] for name, times in spent.items()}


def write(result: dict, out: Path) -> None:
    """The results as JSON, all of them or none."""
    text = json.dumps(result, indent=2, sort_keys=True)
    new = out.with_suffix(".new")
    new.write_text(text + "\n", encoding="utf-8")
    new.replace(out)
