"""A trainer that knows its seconds, its operations, and how long it waited for data."""

from __future__ import annotations

import time
from concurrent.futures import Executor

from mlph_lib.pretraining.cost import flops, work
from mlph_lib.pretraining.objectives import Objective
from mlph_lib.pretraining.scale.ahead import Ahead, Source
from mlph_lib.pretraining.shapes import Shape
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.training import Recipe, Trainer

__all__ = ["TimedTrainer"]


class TimedTrainer(Trainer):
    """The trainer, its batches made ahead; it counts what it spends.

    `extra` holds, over all parts of an interrupted run: "seconds" of the steps,
    "waiting" seconds of these for data, and "flops". A caller may keep more there.

    Args:
        objective: the module to train, in place.
        source: where batches come from.
        recipe: how long and how fast.
        device: where to run.
        pool: who makes batches; None makes them here.
    """

    def __init__(
        self,
        objective: Objective,
        source: Source,
        recipe: Recipe,
        device: str = "cpu",
        pool: Executor | None = None,
    ) -> None:
        super().__init__(objective, source.data(), recipe, device)
        self.ahead = Ahead(source, recipe, pool)
        self.extra = {"seconds": 0.0, "waiting": 0.0, "flops": 0.0}

    def advance(self) -> None:
        """One step; it ends with the loss on the host, so the device is done, too."""
        started, waited = time.perf_counter(), self.ahead.waited
        super().advance()
        self.extra["seconds"] += time.perf_counter() - started
        self.extra["waiting"] += self.ahead.waited - waited

    def batch(self) -> Tensors:
        """The batch of the present step."""
        x = self.ahead.batch(self.step)
        self.extra["flops"] += float(flops(work(self.objective, Shape.of(x))))
        return x.to(self.device)
