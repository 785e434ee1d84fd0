"""How noisy the gradients of a task are, at some points of a training."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from mlph_lib.pretraining.scale import (
    Ahead,
    NoiseScale,
    Source,
    TimedTrainer,
    group_gradients,
    noise_scale,
)
from mlph_lib.pretraining.training import Recipe
from mlph_lib.trainings.bench import Bench, digest, together, trainer

__all__ = ["noise_scales"]

OTHER = 1_000_003  # texts that no step of the training has seen


def noise_scales(
    bench: Bench,
    task: str,
    language: str,
    seed: int,
    points: Sequence[int],
    gradients: int = 4096,
    samples: int = 16,
    groups: int = 64,
    steps: int = 2000,
    batch_size: int = 256,
    lr: float = 2e-3,
    warmup: int = 100,
    hidden_size: int = 128,
    num_hidden_layers: int = 4,
    length: int = 32,
) -> dict[str, Any]:
    """The gradient noise scale after some steps of a training, on fresh texts.

    Of a contrastive loss, which is one of its batch, a batch of `samples` texts is
    one draw: its scale is that of more batches of this size, in texts.

    Args:
        points: after how many steps, rising.
        gradients: so many at each point, of `samples` texts each, in `groups` groups
            for the errors.
        steps: of the recipe, whose schedule counts even if the last point is earlier.

    Returns:
        points: (k,); variance, signal, scale and their _error: (k,), as
        `pretraining.scale.noise_scale` defines them; losses: (k,), mean of the last
        ten steps; gradients; samples; seconds; weights_sha256.
    """
    request = {k: v for k, v in locals().items() if k != "bench"}
    request |= {"points": list(points)}
    if list(points) != sorted(set(points)) or not 0 <= points[0] <= points[-1] <= steps:
        raise ValueError(f"points must rise within 0 to {steps} steps, got {points}")
    source = Source(task, language, length)
    recipe = Recipe(steps, batch_size, lr, min(warmup, steps - 1), seed)
    trained = trainer(bench, source, recipe, hidden_size, num_hidden_layers)
    rows = []
    for point in points:
        bench.check_time()
        while trained.step < point:  # quick: it is trained anew after a stop
            trained.advance()
        rows.append(bench.once("noise", request | {"point": point}, lambda: _measured(
            trained, bench, source, gradients, samples, groups)))
        bench.say(f"step {point}: {rows[-1]['scale']:.1f} +- "
                  f"{rows[-1]['scale_error']:.1f} samples")
    trained.ahead.close()
    keys = (*NoiseScale._fields, "losses")
    return {key: np.array([row[key] for row in rows], float) for key in keys} | {
        "points": np.array(points),
        "gradients": gradients,
        "samples": samples,
        "seconds": sum(row["seconds"] for row in rows) + trained.extra["seconds"],
        "weights_sha256": together(row["weights_sha256"] for row in rows),
    }


def _measured(
    trained: TimedTrainer,
    bench: Bench,
    source: Source,
    gradients: int,
    samples: int,
    groups: int,
) -> dict[str, Any]:
    """The noise scale at the present weights."""
    started = time.perf_counter()
    recipe = Recipe(gradients, samples, warmup=0, seed=trained.recipe.seed + OTHER)
    ahead = Ahead(source, recipe, bench.pool)
    batches = [ahead.batch(i).to(bench.device) for i in range(gradients)]
    found = group_gradients(trained.objective, batches, groups)
    scale = noise_scale(*found, gradients // groups, samples)
    last = trained.losses[-10:]
    return scale._asdict() | {
        "losses": float(np.mean(last)) if last else float("nan"),
        "seconds": time.perf_counter() - started,
        "weights_sha256": digest(trained.objective),
    }
