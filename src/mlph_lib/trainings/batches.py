"""How well a task shares a device among samples: batches of one text to thousands."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mlph_lib.pretraining.cost import flops, work
from mlph_lib.pretraining.live import Exam, measure
from mlph_lib.pretraining.losses import mean_loss
from mlph_lib.pretraining.scale import Source, TimedTrainer
from mlph_lib.pretraining.shapes import Shape
from mlph_lib.pretraining.tasks import TASKS
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.training import Recipe
from mlph_lib.speed import matmul_rate, waited_for
from mlph_lib.trainings.bench import Bench, digest, together, trainer
from mlph_lib.trainings.gaps import part_losses, tests_of

__all__ = ["batch_scaling"]

TESTED = 64  # texts of a test batch: a contrastive loss is asked among so many
DIFFERENT = 4  # batches that a timing goes through


def batch_scaling(
    bench: Bench,
    task: str,
    language: str,
    sizes: Sequence[int],
    texts: int,
    seed: int = 0,
    lr: float = 3e-3,
    factors: Sequence[float] = (0.5, 1.0, 2.0),
    hidden_size: int = 128,
    num_hidden_layers: int = 4,
    length: int = 32,
    test_texts: int = 1024,
    repeats: int = 7,
    timed_steps: int = 10,
) -> dict[str, Any]:
    """Speed, and the gap that is left after a fixed number of texts, for each size.

    The learning rate of a batch of B texts is factor * lr * sqrt(B / 64); every
    factor is tried, so that no size suffers from a rate that suits another.

    Returns:
        sizes: (k,); token_rates: (k, repeats) tokens a second of whole steps, batches
        ready on the device; flop_rates: (k,), of the median; factors: (f,); losses,
        gaps and gap_errors on test batches of 64 texts: (k, f), NaN where training
        left the finite numbers, gaps also where no limit is known; limit; steps: (k,);
        texts; training_seconds; matmul_flops_per_second; weights_sha256, over the
        digests of all runs.
    """
    request = {k: v for k, v in locals().items() if k != "bench"}
    request |= {"sizes": list(sizes), "factors": list(factors)}
    if any(texts % size for size in sizes):
        raise ValueError(f"{texts} texts do not fill batches of every size of {sizes}")
    source, shape = Source(task, language, length), (hidden_size, num_hidden_layers)
    speeds, runs = [], []
    for size in sizes:
        recipe = Recipe(timed_steps, size, warmup=0, seed=seed)
        key = request | {"size": size}
        speeds.append(bench.once("speed", key, lambda: _speed(
            trainer(bench, source, recipe, *shape), bench, repeats)))
        for factor in factors:
            rate = factor * lr * (size / 64) ** 0.5
            steps = texts // size
            recipe = Recipe(steps, size, rate, steps // 10, seed)
            one = key | {"factor": factor}
            runs.append(bench.once("run", one, lambda: _run(
                trainer(bench, source, recipe, *shape), bench, source, test_texts,
                bench.path("run", one, ".pt"))))
        losses = ", ".join(f"{run['losses']:.4f}" for run in runs[-len(factors) :])
        bench.say(f"{size} texts a batch: losses {losses}")
    columns = {
        key: np.array([run[key] for run in runs], float).reshape(len(sizes), -1)
        for key in ("losses", "gaps", "gap_errors")
    }
    rates = np.array([speed["seconds"] for speed in speeds])
    tokens = timed_steps * length * np.array(sizes)[:, None]
    operations = timed_steps * np.array([speed["flops"] for speed in speeds])
    return columns | {
        "sizes": np.array(sizes),
        "steps": texts // np.array(sizes),
        "texts": texts,
        "factors": np.array(factors, float),
        "token_rates": tokens / rates,
        "flop_rates": operations / np.median(rates, axis=1),
        "limit": next((r["limit"] for r in runs if r["limit"] is not None), None),
        "training_seconds": sum(run["seconds"] for run in runs),
        "matmul_flops_per_second": matmul_rate(bench.device),
        "weights_sha256": together(run["weights_sha256"] for run in runs),
    }


def _speed(trained: TimedTrainer, bench: Bench, repeats: int) -> dict[str, Any]:
    """Seconds of so many steps, again and again; operations of one."""
    steps = trained.recipe.steps
    few = range(min(DIFFERENT, steps))
    batches = [trained.ahead.batch(i).to(bench.device) for i in few]
    trained.ahead.close()
    each = [flops(work(trained.objective, Shape.of(x))) for x in batches]
    for x in batches:  # warms up
        _step(trained, x)
    seconds = []
    for _ in range(repeats):
        waited_for(bench.device)
        started = time.perf_counter()
        for i in range(steps):
            _step(trained, batches[i % len(batches)])
        waited_for(bench.device)
        seconds.append(time.perf_counter() - started)
    return {"seconds": seconds, "flops": float(np.mean(each))}


def _step(trained: TimedTrainer, x: Tensors) -> None:
    """Forward, backward, update; nothing comes back to the host."""
    loss = mean_loss(trained.objective(x), trained.objective.coefficients)
    trained.optimizer.zero_grad()
    loss.backward()
    trained.optimizer.step()


def _run(
    trained: TimedTrainer,
    bench: Bench,
    source: Source,
    test_texts: int,
    checkpoint: Path | None,
) -> dict[str, Any]:
    """Train to the end of the recipe; the loss on test texts, and its gap."""
    tests, _ = tests_of(source, test_texts, TESTED)
    found = {"limit": None} | dict.fromkeys(("losses", "gaps", "gap_errors"), math.nan)
    try:
        for _ in bench.steps(trained, checkpoint):
            pass
        found |= _tested(trained, source, tests, test_texts)
    except FloatingPointError as error:  # NaN says so
        bench.say(str(error))
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    spent = {"seconds": trained.extra["seconds"]}
    return found | spent | {"weights_sha256": digest(trained.objective)}


def _tested(
    trained: TimedTrainer, source: Source, tests: Exam, test_texts: int
) -> dict[str, Any]:
    if not tests:
        return {"losses": part_losses(trained, source, test_texts, TESTED)["part_loss"]}
    coupled = TASKS[source.task].coupling == "C"
    gap = measure(trained.objective, tests, coupled, trained.device)
    return {
        "limit": gap.limit, "losses": gap.loss, "gaps": gap.gap,
        "gap_errors": gap.standard_error,
    }
