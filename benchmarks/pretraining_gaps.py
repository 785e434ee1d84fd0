"""All objectives by the book's live recipe, from three seeds: how near do they come?

The chapter trains nine of them, once. Here all that have an exact limit are trained
from several seeds; the seeds decide weights, texts and choices, the test is the same.
It takes a quarter of an hour on one core. A gap depends on rounding and so, a little,
on the machine.

    python benchmarks/pretraining_gaps.py --out benchmarks/pretraining_gaps.json
"""

from __future__ import annotations

import argparse
import datetime
import platform
import sys
from dataclasses import replace
from pathlib import Path

from common import machine, write  # before NumPy: one thread

import numpy as np
import torch

from mlph_lib.pretraining.languages import mess3
from mlph_lib.pretraining.live import LIVE_RECIPE, train
from mlph_lib.pretraining.tasks import TASKS

__all__ = ["main"]


def gaps(name: str, seeds: int, steps: int) -> dict[str, list[float]]:
    """gap / limit of each seed, in the order of the seeds, and processor seconds."""
    found, spent = [], []
    for seed in range(seeds):
        print(f"{name}, seed {seed}", file=sys.stderr, flush=True)
        warmup = min(LIVE_RECIPE.warmup, steps - 1)
        recipe = replace(LIVE_RECIPE, steps=steps, warmup=warmup, seed=seed)
        run = train(name, mess3(), recipe)
        found.append(run.gap.relative)
        spent.append(run.seconds)
    return {"gaps": found, "seconds": spent}


def report(result: dict) -> str:
    """The table that a reader sees."""
    lines = [f"{'gap / limit':<16}{'median':>9}{'least':>9}{'most':>9}{'seconds':>9}"]
    for name, row in result["rows"].items():
        g = np.array(row["gaps"])
        lines.append(f"{name:<16}{np.median(g):>9.2%}{g.min():>9.2%}{g.max():>9.2%}"
                     f"{np.mean(row['seconds']):>9.1f}")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Train, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="where to write the results as JSON")
    parser.add_argument("--tasks", nargs="*", help="some tasks only")
    parser.add_argument("--seeds", type=int, default=3, help="seeds a task")
    parser.add_argument("--steps", type=int, default=LIVE_RECIPE.steps)
    options = parser.parse_args(argv)
    torch.set_num_threads(1)
    names = options.tasks or [n for n, task in TASKS.items() if task.best is not None]
    result = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "python": platform.python_version(),
        "rows": {name: gaps(name, options.seeds, options.steps) for name in names},
        "seeds": options.seeds,
        "steps": options.steps,
        "versions": {"torch": torch.__version__.split("+")[0]},
    }
    print(report(result))
    if options.out:
        write(result, options.out)


if __name__ == "__main__":
    main()
