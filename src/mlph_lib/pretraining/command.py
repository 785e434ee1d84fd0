"""`mlph train`: what the command does, for one process or for one of several."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

import torch

from mlph_lib.pretraining import languages, live
from mlph_lib.pretraining.languages import Language
from mlph_lib.pretraining.parallel import process_group, world
from mlph_lib.pretraining.training import Recipe, Trainer

__all__ = ["LANGUAGES", "progress", "run"]

LANGUAGES: dict[str, Callable[[], Language]] = {
    "mess3": languages.mess3,
    "topic-stage": languages.topic_stage,
    "random-hierarchy": lambda: languages.random_hierarchy(8, 2, 2, 5, seed=0),
}


def progress(
    stream: TextIO | None = None, every: float = 1.0
) -> Callable[[Trainer], None]:
    """A report of step, loss and time left, at most once in `every` seconds.

    On a terminal one line is written over and over; in a file each stands for itself.

    Args:
        stream: where to; None is stderr.
        every: seconds.
    """
    stream = stream or sys.stderr
    began, last = None, 0.0  # (time, step) at the first call

    def report(trainer: Trainer) -> None:
        nonlocal began, last
        now, step, steps = time.monotonic(), trainer.step, trainer.recipe.steps
        began = began or (now, step)
        if world()[0] or (now - last < every and step < steps):
            return
        last = now
        left = (now - began[0]) / max(step - began[1], 1) * (steps - step)
        line = f"step {step}/{steps}  loss {trainer.losses[-1]:.4f}"
        ends = "\r" if stream.isatty() and step < steps else "\n"
        print(f"{line}  {left:.0f} s left  ", end=ends, file=stream, flush=True)

    return report


def run(
    objective: str,
    language: str,
    recipe: Recipe,
    *,
    length: int,
    hidden_size: int,
    num_hidden_layers: int,
    checkpoint: Path | None,
    device: str,
) -> int:
    """Train, then say the gap to the exact limit; under torchrun, all together.

    Args:
        objective: a key of `tasks.TASKS`.
        language: a key of `LANGUAGES`.
        recipe: steps, batch size, learning rate, seed.
        length, hidden_size, num_hidden_layers, checkpoint, device: as `live.train`.

    Returns:
        0.

    Raises:
        ValueError: for an unknown name or what `live.train` refuses.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no language {language!r}; there are {', '.join(LANGUAGES)}")
    torch.set_num_threads(1)  # two threads on a busy machine are slower than one
    with process_group() as (rank, size):
        done = live.train(
            objective,
            LANGUAGES[language](),
            recipe,
            length=length,
            hidden_size=hidden_size,
            num_hidden_layers=num_hidden_layers,
            checkpoint=checkpoint,
            report=progress(),
            device=device,
        )
        if rank == 0:
            print(summary(done, language, size))
    return 0


def summary(done: live.Run, language: str, processes: int = 1) -> str:
    """What came out, in one line.

    Example:
        >>> import numpy as np
        >>> done = live.Run("electra", None, None, np.array([2.0]), None, 1.25)
        >>> summary(done, "mess3")
        'electra on mess3: last loss 2.0000, no exact limit known; 1.2 s of 1 process'
    """
    many = f"{processes} process{'es' if processes > 1 else ''}"
    text = f"{done.name} on {language}: last loss {done.losses[-1]:.4f}, "
    if done.gap is None:
        text += "no exact limit known"
    else:
        g = done.gap
        text += (
            f"{g.gap:.4f} +- {g.standard_error:.4f} nats a target ({g.relative:.2%}) "
            f"above the exact limit on the test texts, {g.limit:.4f}"
        )
    return f"{text}; {done.seconds:.1f} s of {many}"
