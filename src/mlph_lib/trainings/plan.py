"""The shards of the laboratory at scale, in the order in which they run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from typing import Any

from mlph_lib.pretraining.tasks import TASKS
from mlph_lib.trainings.batches import batch_scaling
from mlph_lib.trainings.gaps import gap_curve
from mlph_lib.trainings.noises import noise_scales

__all__ = ["NO_LIMIT_THERE", "PLAN", "SOURCE", "Shard", "reduced", "selected"]

SOURCE = "pretraining-laboratory"
SEEDS = (0, 1, 2)
STEPS = {"mess3": 5_000, "topic-stage": 10_000, "random-hierarchy": 20_000}
# Their exact limits run through the states of a hidden Markov language.
NO_LIMIT_THERE = {"random-hierarchy": ("bart", "t5", "ul2", "contrastive")}
SIZES = tuple(4**k for k in range(7))  # 1 to 4,096
TEXTS = 8_192
POINTS = (10, 100, 1_000)
# Kernels of a forward and backward pass by four blocks, counted by a dispatch mode.
KERNELS = dict.fromkeys(TASKS, 215) | dict.fromkeys(("bart", "t5", "ul2"), 535)
KERNELS |= {"electra": 413, "contrastive": 442, "mtp-blocks": 361, "span-boundary": 256}
KERNEL, STEP = 2e-5, 1.5e-3  # seconds, assumed: not measured on a GPU


@dataclass(frozen=True)
class Shard:
    """One recording: its name, the question, its request, and the time it may take.

    Attributes:
        seconds: an estimate for a GPU that is faster than its host can tell it what
            to do, so a count of kernels times an assumed price.
    """

    name: str
    question: Callable[..., dict[str, Any]]
    request: dict[str, Any]
    seconds: float


def step_seconds(task: str) -> float:
    """Estimated seconds of a training step."""
    return STEP + KERNEL * KERNELS[task]


def _gap(task: str, language: str, seed: int) -> Shard:
    steps = STEPS[language]
    request = {"task": task, "language": language, "seed": seed, "steps": steps}
    seconds = 30 + steps * step_seconds(task)
    return Shard(f"gap-{task}-{language}-{seed}", gap_curve, request, seconds)


def _batch(task: str) -> Shard:
    sizes = SIZES[1:] if task == "contrastive" else SIZES  # one has no other beside it
    request = {"task": task, "language": "mess3", "sizes": sizes, "texts": TEXTS}
    steps = sum(3 * TEXTS // size + 80 for size in sizes)
    return Shard(f"batch-{task}", batch_scaling, request, 20 + steps * step_seconds(task))


def _noise(task: str, seed: int) -> Shard:
    request = {"task": task, "language": "mess3", "seed": seed, "points": POINTS}
    passes = len(POINTS) * 4096 * 1.3 + POINTS[-1]  # counts first: a forward pass
    seconds = 20 + passes * step_seconds(task)
    return Shard(f"noise-{task}-{seed}", noise_scales, request, seconds)


def _makes_sense(task: str, language: str) -> bool:
    return task not in NO_LIMIT_THERE.get(language, ())


PLAN: tuple[Shard, ...] = (
    *(_gap(task, language, seed) for language in STEPS for task in TASKS
      if _makes_sense(task, language) for seed in SEEDS),
    *(_batch(task) for task in TASKS),
    *(_noise(task, seed) for task in TASKS for seed in SEEDS),
)


def selected(patterns: Sequence[str] = (), plan: Iterable[Shard] = PLAN) -> list[Shard]:
    """The shards whose name fits one of the patterns; without any, all.

    Args:
        patterns: as in a shell: gap-clm-*, *-mess3-0, noise-*.

    Raises:
        ValueError: if a pattern fits none.

    Example:
        >>> [shard.name for shard in selected(["batch-clm", "noise-clm-[01]"])]
        ['batch-clm', 'noise-clm-0', 'noise-clm-1']
    """
    plan = list(plan)
    for pattern in patterns:
        if not any(fnmatch(shard.name, pattern) for shard in plan):
            raise ValueError(
                f"no shard is called like {pattern!r}; names are gap-TASK-LANGUAGE-SEED, "
                "batch-TASK and noise-TASK-SEED: --dry-run lists them"
            )
    fits = [s for s in plan if any(fnmatch(s.name, p) for p in patterns)]
    return fits if patterns else plan


SMALL = {
    gap_curve: {
        "steps": 6, "batch_size": 8, "warmup": 2, "test_texts": 64, "looks": 4,
        "hidden_size": 32, "num_hidden_layers": 1,
    },
    batch_scaling: {
        "sizes": (2, 4), "texts": 8, "test_texts": 128, "repeats": 2, "timed_steps": 2,
        "factors": (1.0,), "hidden_size": 32, "num_hidden_layers": 1,
    },
    noise_scales: {
        "points": (0, 2), "gradients": 12, "samples": 4, "groups": 4, "steps": 4,
        "batch_size": 8, "warmup": 1, "hidden_size": 32, "num_hidden_layers": 1,
    },
}


def reduced(shard: Shard) -> Shard:
    """The same question in a second on a CPU: for trying it out, and as rehearsal."""
    request = shard.request | SMALL[shard.question]
    return replace(shard, request=request, seconds=1.0)
