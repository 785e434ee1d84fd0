"""Normals, and draws from a density of one's own: ours beside the peers.

One process, one thread, float64 unless said. The methods take turns, so that a slow
moment of the machine meets all of them; the table shows medians in nanoseconds a
draw. Ratios are the result, not the times: those change from machine to machine.

    python benchmarks/normals_and_quantiles.py --out benchmarks/results.json
"""

from __future__ import annotations

import argparse
import platform
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from common import in_turns, machine, write  # before NumPy: one thread

import numpy as np
import scipy
import torch
from scipy import stats
from scipy.special import ndtri
from scipy.stats.sampling import FastGeneratorInversion, NumericalInversePolynomial

from mlph_lib.transport import from_pdf, polar_normal, standard_normal

__all__ = ["main", "measure"]

ZIGGURAT = "Generator.standard_normal"
PEER = "NumericalInversePolynomial"
TAILS = 10.0 ** -np.arange(3.0, 13.0)
GRID = (np.arange(100_000) + 0.5) / 100_000


class Normal:
    """The density that a reader would bring, not normalised."""

    def pdf(self, x):
        return np.exp(-x * x / 2)


class TwoModes:
    """0.5 N(-8, 1) + 0.5 N(8, 1)."""

    def pdf(self, x):
        return np.exp(-((x - 8) ** 2) / 2) + np.exp(-((x + 8) ** 2) / 2)

    def cdf(self, x):
        return (stats.norm.cdf(x, 8) + stats.norm.cdf(x, -8)) / 2


def textbook(n: int, rng: np.random.Generator) -> np.ndarray:
    """Box-Muller as textbooks print it, vectorised, without blocks."""
    r = np.sqrt(-2 * np.log(1 - rng.random(n // 2)))
    phi = 2 * np.pi * rng.random(n // 2)
    return np.concatenate([r * np.cos(phi), r * np.sin(phi)])


def timed(make: Callable[[], object]) -> tuple[object, float]:
    """What `make` makes and how long that took, in milliseconds."""
    start = time.perf_counter()
    made = make()
    return made, 1e3 * (time.perf_counter() - start)


def ours(pdf: Callable, support: tuple[float, float]):
    """`from_pdf` with its table built."""
    d = from_pdf(pdf, support)
    d.ppf(0.5)
    return d


def contenders(n: int, seed: int) -> tuple[dict[str, Callable], dict[str, dict]]:
    """What to time, by name, and what is known about each beforehand."""
    rng = np.random.default_rng(seed)
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    inf = np.inf
    own, own_ms = timed(lambda: ours(Normal().pdf, (-inf, inf)))
    peer, peer_ms = timed(
        lambda: NumericalInversePolynomial(Normal(), random_state=rng)
    )
    fast, fast_ms = timed(
        lambda: FastGeneratorInversion(stats.norm(), random_state=rng)
    )
    run = {
        "standard_normal (ours)": lambda: standard_normal(n, rng),
        ZIGGURAT: lambda: rng.standard_normal(n),
        "polar_normal (ours)": lambda: polar_normal(n, rng),
        "Box-Muller, textbook": lambda: textbook(n, rng),
        "torch.randn, float64": lambda: torch.randn(n, dtype=torch.float64),
        "torch.randn, float32": lambda: torch.randn(n, dtype=torch.float32),
        "scipy.special.ndtri(u)": lambda: ndtri(rng.random(n)),
        "from_pdf (ours)": lambda: own.rvs(n, rng),
        PEER: lambda: peer.rvs(n),
        "FastGeneratorInversion": lambda: fast.rvs(n),
    }
    known = {
        "scipy.special.ndtri(u)": accuracy(ndtri, stats.norm()),
        "from_pdf (ours)": accuracy(own.ppf, stats.norm()) | {"setup_ms": own_ms},
        PEER: accuracy(peer.ppf, stats.norm()) | {"setup_ms": peer_ms},
        "FastGeneratorInversion": accuracy(fast.ppf, stats.norm())
        | {"setup_ms": fast_ms},
    }
    return run, known


def accuracy(ppf: Callable, law) -> dict[str, float]:
    """Largest |F(Q(u)) - u|, and relative to u for u = 1e-3 ... 1e-12."""
    tail = np.abs(law.cdf(ppf(TAILS)) / TAILS - 1)
    return {
        "u_error": float(np.max(np.abs(law.cdf(ppf(GRID)) - GRID))),
        "tail_error": float(np.max(tail)),
    }


def measure(run: dict[str, Callable], n: int, runs: int) -> dict[str, dict]:
    """Nanoseconds a draw: median, least and most of interleaved runs."""
    return {
        name: {
            "median_ns": float(np.median(t)) / n * 1e9,
            "min_ns": min(t) / n * 1e9,
            "max_ns": max(t) / n * 1e9,
        }
        for name, t in in_turns(run, runs).items()
    }


def two_modes() -> dict[str, float]:
    """u-error on 0.5 N(-8, 1) + 0.5 N(8, 1), where the peer is told one mode."""
    law, inf = TwoModes(), np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = NumericalInversePolynomial(law, center=8.0)
    return {
        "from_pdf (ours)": accuracy(ours(law.pdf, (-inf, inf)).ppf, law)["u_error"],
        PEER: accuracy(peer.ppf, law)["u_error"],
    }


def report(result: dict) -> str:
    """The table that a reader sees."""
    head = f"{'method':<28}{'ns':>8}{'least':>8}{'most':>8}{'ratio':>8}"
    lines = [head + f"{'u-error':>11}{'tail':>11}{'set-up ms':>11}"]
    for name, row in result["rows"].items():
        line = f"{name:<28}{row['median_ns']:>8.2f}{row['min_ns']:>8.2f}"
        line += f"{row['max_ns']:>8.2f}{row['ratio']:>8.2f}"
        forms = {"u_error": ".1e", "tail_error": ".1e", "setup_ms": ".1f"}
        for key, form in forms.items():
            line += f"{format(row[key], form) if key in row else '':>11}"
        lines.append(line)
    lines.append(f"ratio: to {ZIGGURAT}, and to {PEER} for inverters of a density")
    errors = result["two_modes"].items()
    two = ", ".join(f"{name} {error:.1e}" for name, error in errors)
    lines.append(f"u-error on two modes, 16 standard deviations apart: {two}")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Run, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="where to write the results as JSON")
    parser.add_argument("--n", type=int, default=1_000_000, help="draws a run")
    parser.add_argument("--runs", type=int, default=11, help="runs that count")
    options = parser.parse_args(argv)
    run, known = contenders(options.n, seed=0)
    rows = measure(run, options.n, options.runs)
    for name, row in rows.items():
        against = PEER if "setup_ms" in known.get(name, {}) else ZIGGURAT
        row |= known.get(name, {})
        row |= {"against": against}
        row |= {"ratio": row["median_ns"] / rows[against]["median_ns"]}
    result = {
        "machine": machine(),
        "n": options.n,
        "python": platform.python_version(),
        "rows": rows,
        "runs": options.runs,
        "two_modes": two_modes(),
        "versions": {
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "torch": torch.__version__.split("+")[0],
        },
    }
    print(report(result))
    if options.out:
        write(result, options.out)


if __name__ == "__main__":
    main()
