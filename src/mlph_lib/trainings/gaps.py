"""How near a task comes to its limit, and how fast: the curve of its paired gap."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

import numpy as np
import torch

from mlph_lib.pretraining.command import LANGUAGES
from mlph_lib.pretraining.evaluation import weighted_mean
from mlph_lib.pretraining.live import TEST_SEED, Exam, exam, measure
from mlph_lib.pretraining.scale import Source, TimedTrainer
from mlph_lib.pretraining.tasks import TASKS
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.training import Recipe, drawn
from mlph_lib.speed import matmul_rate
from mlph_lib.trainings.bench import Bench, digest, trainer

__all__ = ["gap_curve", "part_losses", "tests_of"]


def gap_curve(
    bench: Bench,
    task: str,
    language: str,
    seed: int,
    steps: int,
    batch_size: int = 256,
    lr: float = 2e-3,
    warmup: int = 200,
    hidden_size: int = 128,
    num_hidden_layers: int = 4,
    length: int = 32,
    test_texts: int = 4096,
    looks: int = 40,
) -> dict[str, Any]:
    """Train a task on a language; look at held-out texts now and then.

    Returns:
        steps: (k,) int64, where it was looked; train_losses: mean loss of the batches
        since the look before; with a limit: limit, gaps, gap_errors and test_losses,
        nats a target on the same test targets; without one, for each part of the loss
        its mean, part_NAME, and error, part_NAME_error. seconds of the steps,
        waiting_seconds of these for data, exam_seconds for the exact limit; tokens,
        tokens_per_second, flops, flops_per_second, matmul_flops_per_second (measured)
        and their ratio, utilisation; parameters; weights_sha256.
    """
    request = {k: v for k, v in locals().items() if k != "bench"}
    source = Source(task, language, length)
    recipe = Recipe(steps, batch_size, lr, min(warmup, steps - 1), seed)
    tests, exam_seconds = tests_of(source, test_texts, batch_size)
    trained = trainer(bench, source, recipe, hidden_size, num_hidden_layers)
    trained.extra["rows"] = []
    at = set(np.geomspace(1, steps, looks).round().astype(int).tolist())
    path = bench.path("gap", request, ".pt")
    for now in bench.steps(trained, path):
        rows = now.extra["rows"]
        if now.step in at and (not rows or rows[-1]["steps"] < now.step):
            rows.append(_look(now, source, tests, test_texts))
            bench.say(f"step {now.step}/{steps}: {_told(rows[-1])}")
    columns = {key: np.array([row[key] for row in rows]) for key in rows[0]}
    limit = {"limit": columns.pop("limit")[0].item()} if tests else {}
    spent = {"exam_seconds": exam_seconds} | rates(trained, bench, length)
    return columns | limit | spent | {"weights_sha256": digest(trained.objective)}


def rates(trained: TimedTrainer, bench: Bench, length: int) -> dict[str, Any]:
    """What a training took, and what share of the device's arithmetic it used."""
    seconds, flops = trained.extra["seconds"], trained.extra["flops"]
    tokens = trained.step * trained.recipe.batch_size * length
    rate = matmul_rate(bench.device)
    return {
        "seconds": seconds,
        "waiting_seconds": trained.extra["waiting"],
        "tokens": tokens,
        "tokens_per_second": tokens / seconds,
        "flops": flops,
        "flops_per_second": flops / seconds,
        "matmul_flops_per_second": rate,
        "utilisation": flops / seconds / rate,
        "parameters": sum(p.numel() for p in trained.objective.parameters()),
    }


@lru_cache(maxsize=1)  # the seeds of one task follow one another
def tests_of(source: Source, test_texts: int, batch_size: int) -> tuple[Exam, float]:
    """Test batches with log p* of their targets, and the seconds that took."""
    started, language = time.perf_counter(), LANGUAGES[source.language]()
    tests = exam(
        source.task, language, source.vocab, test_texts, batch_size, source.length
    )
    return tests, time.perf_counter() - started


def _look(
    trained: TimedTrainer, source: Source, tests: Exam, test_texts: int
) -> dict[str, float]:
    """One row of the curve."""
    rows, losses = trained.extra["rows"], trained.losses
    since = losses[rows[-1]["steps"] if rows else 0 :]
    batch_size = trained.recipe.batch_size
    row = {"steps": trained.step, "train_losses": float(np.mean(since))}
    if not tests:
        return row | part_losses(trained, source, test_texts, batch_size)
    coupled = TASKS[source.task].coupling == "C"
    gap = measure(trained.objective, tests, coupled, trained.device)
    return row | {
        "limit": gap.limit, "test_losses": gap.loss, "gaps": gap.gap,
        "gap_errors": gap.standard_error,
    }


@torch.no_grad()
def part_losses(
    trained: TimedTrainer, source: Source, test_texts: int, batch_size: int
) -> dict[str, float]:
    """The mean of each part of the loss over test texts, and its error over batches."""
    count = max(test_texts // batch_size, 2)
    recipe = Recipe(count, batch_size, warmup=0, seed=TEST_SEED)
    sums: dict[str, list[tuple[float, float]]] = {}
    for step in range(recipe.steps):
        x = Tensors.of(*drawn(source.data(), recipe, step)).to(trained.device)
        for name, part in trained.objective(x).items():
            sums.setdefault(name, []).append((float(part.total), float(part.count)))
    found = {}
    for name, pairs in sums.items():
        total, count = np.array(pairs).T
        mean, error = weighted_mean((total / count)[:, None], count[:, None])
        found |= {f"part_{name}": float(mean), f"part_{name}_error": float(error)}
    return found


def _told(row: dict[str, float]) -> str:
    if "gaps" in row:
        return f"gap {row['gaps']:.4f} +- {row['gap_errors']:.4f} of {row['limit']:.4f}"
    parts = (f"{k} {v:.4f}" for k, v in row.items() if k.startswith("part_"))
    return ", ".join(parts)
