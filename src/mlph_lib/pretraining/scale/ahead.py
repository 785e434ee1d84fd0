"""Batches made by other processes while the device computes, the same to the bit."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
import torch

from mlph_lib.pretraining.command import LANGUAGES
from mlph_lib.pretraining.live import texts
from mlph_lib.pretraining.tasks import task
from mlph_lib.pretraining.tensors import Tensors
from mlph_lib.pretraining.training import Data, Recipe, drawn
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["Ahead", "Source", "process_pool"]


@dataclass(frozen=True)
class Source:
    """Where the batches of a training come from, in names: other processes know it.

    Attributes:
        task: a key of `tasks.TASKS`.
        language: a key of `command.LANGUAGES`.
        length: tokens a text.

    Example:
        >>> source = Source("clm", "mess3", length=8)
        >>> batch = source.data()(4, np.random.default_rng(0))
        >>> batch.inputs.shape
        (4, 8)
    """

    task: str
    language: str
    length: int

    def data(self) -> Data:
        """(number of samples, generator) -> batch."""
        return _data(self)

    @property
    def vocab(self) -> Vocabulary:
        """The ids."""
        return Vocabulary(LANGUAGES[self.language]().words)


@lru_cache(maxsize=4)
def _data(source: Source) -> Data:
    language = LANGUAGES[source.language]()
    vocab = Vocabulary(language.words)
    return texts(task(source.task), language, vocab, source.length)


def made(source: Source, recipe: Recipe, step: int) -> dict[str, np.ndarray]:
    """The arrays of a step's batch: what the other processes send."""
    x = Tensors.of(*drawn(source.data(), recipe, step))
    found = {f.name: getattr(x, f.name) for f in fields(x)}
    return {name: t.numpy() for name, t in found.items() if t is not None}


def process_pool(workers: int) -> ProcessPoolExecutor | None:
    """Processes of one thread each that make batches, started; None for no workers."""
    if workers < 1:
        return None
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), torch.set_num_threads, (1,)
    )
    # Their start takes seconds: no training is to wait for that.
    list(pool.map(_loaded, range(workers)))
    return pool


def _loaded(worker: int) -> str:
    """Does nothing but load this module."""
    return __name__


class Ahead:
    """The batches of a recipe's steps, asked for in order, made some steps ahead.

    Step i draws from its own generator, so it does not matter which process makes it
    or when.

    Args:
        source: where batches come from.
        recipe: batch size, seed and last step.
        pool: who makes them; None makes each when it is asked for.
        depth: how many steps ahead.

    Attributes:
        waited: seconds spent waiting for batches, or making them.
    """

    def __init__(
        self, source: Source, recipe: Recipe, pool: Executor | None, depth: int = 64
    ) -> None:
        self.source, self.recipe, self.pool = source, recipe, pool
        self.depth, self.waited = depth, 0.0
        self.pending: dict[int, Future] = {}

    def batch(self, step: int) -> Tensors:
        """The batch of a step, on the CPU."""
        started = time.perf_counter()
        arrays = self._arrays(step)
        self.waited += time.perf_counter() - started
        return Tensors(**{name: torch.from_numpy(a) for name, a in arrays.items()})

    def close(self) -> None:
        """Ask for nothing more."""
        for future in self.pending.values():
            future.cancel()
        self.pending.clear()

    def _arrays(self, step: int) -> dict[str, np.ndarray]:
        if self.pool is None:
            return made(self.source, self.recipe, step)
        for later in range(step, min(step + self.depth, self.recipe.steps)):
            if later not in self.pending:
                self.pending[later] = self.pool.submit(
                    made, self.source, self.recipe, later
                )
        return self.pending.pop(step).result()
