"""One core and batches of several sizes: how many tokens a second are trained on.

Forward and backward of the causal model at the book's live size, batches made before
the clock runs, one thread, float32. Every size trains on as many texts, and the sizes
take turns. Tokens per second change from machine to machine, ratios less.

    python benchmarks/pretraining_batches.py --out benchmarks/pretraining_batches.json
"""

from __future__ import annotations

import argparse
import datetime
import platform
from collections.abc import Callable
from pathlib import Path

from common import in_turns, machine, write  # before NumPy: one thread

import numpy as np
import torch

from mlph_lib.pretraining.languages import mess3
from mlph_lib.pretraining.live import build
from mlph_lib.pretraining.losses import mean_loss
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.tasks import task
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["main"]

LENGTH = 32


def contenders(sizes: list[int], texts: int) -> dict[str, Callable]:
    """For each batch size: train on so many texts."""
    torch.set_num_threads(1)
    vocab = Vocabulary(3)
    objective = build(task("clm"), TransformerConfig(vocab.size), vocab, seed=0)
    tokens = mess3().sample(texts, LENGTH, np.random.default_rng(0))

    def through(batches: list[Tensors]) -> None:
        for x in batches:
            objective.zero_grad()
            mean_loss(objective(x), objective.coefficients).backward()

    def cut(size: int) -> list[Tensors]:
        rng, starts = np.random.default_rng(0), range(0, texts, size)
        shares = [tokens[i : i + size] for i in starts]
        return [Tensors.of(task("clm").corrupt(x, vocab, rng)) for x in shares]

    return {str(n): lambda batches=cut(n): through(batches) for n in sizes}


def rows(run: dict[str, Callable], texts: int, runs: int) -> dict[str, dict]:
    """Tokens per second for every batch size: median, least and most."""
    speeds = {
        name: texts * LENGTH / np.array(spent)
        for name, spent in in_turns(run, runs).items()
    }
    return {
        name: {
            "median": float(np.median(s)),
            "least": float(s.min()),
            "most": float(s.max()),
        }
        for name, s in speeds.items()
    }


def report(result: dict) -> str:
    """The table that a reader sees."""
    lines = [f"{'batch size':<12}{'tokens per second':>18}{'least':>10}{'most':>10}"]
    for name, row in result["rows"].items():
        lines.append(f"{name:<12}{row['median']:>18,.0f}{row['least']:>10,.0f}"
                     f"{row['most']:>10,.0f}")
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    """Run, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="where to write the results as JSON")
    parser.add_argument("--largest", type=int, default=128, help="a power of two")
    parser.add_argument("--runs", type=int, default=11, help="runs that count")
    options = parser.parse_args(argv)
    sizes = [2**k for k in range(options.largest.bit_length())]
    texts = max(sizes)
    result = {
        "date": datetime.date.today().isoformat(),
        "length": LENGTH,
        "machine": machine(),
        "python": platform.python_version(),
        "rows": rows(contenders(sizes, texts), texts, options.runs),
        "runs": options.runs,
        "versions": {"torch": torch.__version__.split("+")[0]},
    }
    print(report(result))
    if options.out:
        write(result, options.out)


if __name__ == "__main__":
    main()
