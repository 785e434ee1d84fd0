"""Normals and quantiles beside their peers: one process, one thread, runs in turn.

``make bench`` writes benchmarks/results.json, which chapter 3 reads.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch
from mlph_lib.transport import from_pdf, polar_normal, standard_normal
from scipy import special, stats
from scipy.stats.sampling import FastGeneratorInversion, NumericalInversePolynomial

N, RUNS, SEED = 1_000_000, 11, 2024
Draw = Callable[[], np.ndarray]


class Gauss:
    """The user's density of the comparison, known by its values alone."""

    def pdf(self, x):
        return np.exp(-0.5 * x * x)


def textbook(n: int, rng: np.random.Generator) -> np.ndarray:
    """Box-Muller as it is written down: whole arrays, sine and cosine."""
    r = np.sqrt(-2 * np.log1p(-rng.random(n // 2)))
    phi = 2 * np.pi * rng.random(n // 2)
    return np.concatenate([r * np.cos(phi), r * np.sin(phi)])


def candidates() -> tuple[dict[str, Draw], dict[str, Callable]]:
    """The draws to time, and the quantile functions to check."""
    rng = np.random.default_rng(SEED)
    u = rng.random(N)
    ours = from_pdf(Gauss().pdf, (-np.inf, np.inf))
    scipys = NumericalInversePolynomial(Gauss(), random_state=rng)
    fast = FastGeneratorInversion(stats.norm(), random_state=rng)
    draws = {
        "numpy standard_normal": lambda: rng.standard_normal(N),
        "mlph_lib standard_normal": lambda: standard_normal(N, rng),
        "mlph_lib polar_normal": lambda: polar_normal(N, rng),
        "Box-Muller, textbook": lambda: textbook(N, rng),
        "torch randn float64": lambda: torch.randn(N, dtype=torch.float64),
        "scipy ndtri(u)": lambda: special.ndtri(u),
        "mlph_lib from_pdf rvs": lambda: ours.rvs(N, rng),
        "scipy NumericalInversePolynomial rvs": lambda: scipys.rvs(N),
        "scipy FastGeneratorInversion rvs": lambda: fast.rvs(N),
    }
    quantiles = {
        "mlph_lib from_pdf rvs": ours.ppf,
        "scipy NumericalInversePolynomial rvs": scipys.ppf,
        "scipy FastGeneratorInversion rvs": fast.ppf,
        "scipy ndtri(u)": special.ndtri,
    }
    return draws, quantiles


def measure(draws: dict[str, Draw]) -> dict[str, list[float]]:
    """Nanoseconds per number of each draw, its runs spread over the whole time."""
    seconds: dict[str, list[float]] = {name: [] for name in draws}
    for run in range(RUNS + 1):  # the first round warms up
        print(f"\rround {run} of {RUNS}", end="", flush=True)
        for name, draw in draws.items():
            start = time.perf_counter()
            draw()
            if run:
                seconds[name].append((time.perf_counter() - start) / N * 1e9)
    print()
    return seconds


def accuracy(ppf: Callable) -> dict[str, float]:
    """Largest error of F(Q(u)), and the largest relative one in the lower tail."""
    u = (np.arange(100_000) + 0.5) / 100_000
    tail = np.logspace(-12, -3, 91)
    return {
        "u_error": float(np.max(np.abs(special.ndtr(ppf(u)) - u))),
        "tail_error": float(np.max(np.abs(special.ndtr(ppf(tail)) / tail - 1))),
    }


def processor() -> str:
    """The processor's own name where the system tells it."""
    info = Path("/proc/cpuinfo")
    names = [
        line.partition(":")[2].strip()
        for line in (info.read_text().splitlines() if info.is_file() else ())
        if line.startswith("model name")
    ]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} processors"


def summary() -> dict:
    """Times, ratios to NumPy's normals, accuracy, and what they were measured on."""
    draws, quantiles = candidates()
    times = measure(draws)
    reference = statistics.median(times["numpy standard_normal"])
    rows = {}
    for name, ns in times.items():
        median = statistics.median(ns)
        rows[name] = {
            "median_ns": round(median, 2),
            "min_ns": round(min(ns), 2),
            "max_ns": round(max(ns), 2),
            "ratio": round(median / reference, 3),
            **({k: float(f"{v:.2e}") for k, v in accuracy(quantiles[name]).items()}
               if name in quantiles else {}),
        }
    packages = {name: version(name) for name in ("numpy", "scipy", "torch")}
    return {
        "machine": processor(), "python": platform.python_version(),
        "versions": packages, "n": N, "runs": RUNS, "rows": rows,
    }


def table(result: dict) -> str:
    """The rows as text, times in nanoseconds per number."""
    lines = [f"{'':38}{'median':>8}{'min':>8}{'max':>8}{'ratio':>8}  u-error  tail"]
    for name, row in result["rows"].items():
        cells = "".join(f"{row[k]:8.2f}" for k in ("median_ns", "min_ns", "max_ns"))
        errors = "".join(f"  {row[k]:.0e}" for k in ("u_error", "tail_error") if k in row)
        lines.append(f"{name:38}{cells}{row['ratio']:8.2f}{errors}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="write the results there as JSON")
    ask = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    result = summary()
    print(table(result))
    if ask.out:
        ask.out.write_text(json.dumps(result, indent=1, sort_keys=True) + "\n")
        print(f"wrote {ask.out}")


if __name__ == "__main__":
    main()
