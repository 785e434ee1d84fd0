"""Where a training runs: device, helpers, the folder to go on from, the time left."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from mlph_lib.pretraining.live import build
from mlph_lib.pretraining.network import TransformerConfig
from mlph_lib.pretraining.scale import Source, TimedTrainer
from mlph_lib.pretraining.tasks import task
from mlph_lib.pretraining.training import Recipe

__all__ = ["Bench", "OutOfTime", "digest", "small_bench", "together", "trainer"]


class OutOfTime(Exception):
    """The time given is over; what was done is on disk."""


@dataclass(frozen=True)
class Bench:
    """What a question about a training is put to.

    Attributes:
        device: where to train.
        pool: processes that make batches, or None.
        folder: where unfinished work is kept, or None.
        until: `time.monotonic()` at which to stop, or None.
        say: where progress goes.
    """

    device: str = "cpu"
    pool: Executor | None = None
    folder: Path | None = None
    until: float | None = None
    say: Callable[[str], None] = lambda line: None

    def check_time(self) -> None:
        """Raise `OutOfTime` if it is over."""
        if self.until is not None and time.monotonic() > self.until:
            raise OutOfTime

    def path(self, what: str, request: Mapping[str, Any], suffix: str) -> Path | None:
        """The file of some unfinished work: its name says what, and its request."""
        if self.folder is None:
            return None
        told = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
        return self.folder / f"{what}-{told[:16]}{suffix}"

    def once(
        self, what: str, request: Mapping[str, Any], make: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """What `make` returns, of plain values; the second time it is read from disk."""
        path = self.path(what, request, ".json")
        if path is not None and path.is_file():
            return json.loads(path.read_text("utf-8"))
        self.check_time()
        found = make()
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            new = path.with_suffix(".new")
            new.write_text(json.dumps(found), "utf-8")
            os.replace(new, path)
        return found

    def steps(
        self, trained: TimedTrainer, checkpoint: Path | None, every: int = 500
    ) -> Iterator[TimedTrainer]:
        """Step by step to the recipe's last, from the checkpoint if there is one.

        The trainer is handed out before the first step and after each; what the caller
        adds to `extra` then is in the next checkpoint. It is written every `every`
        steps, and when time is over.
        """
        if checkpoint is not None and checkpoint.is_file():
            trained.load(checkpoint)
        try:
            yield trained
            while trained.step < trained.recipe.steps:
                trained.advance()
                yield trained
                self._keep(trained, checkpoint, every)
        finally:
            trained.ahead.close()

    def _keep(self, trained: TimedTrainer, checkpoint: Path | None, every: int) -> None:
        over = self.until is not None and time.monotonic() > self.until
        if checkpoint is not None and (over or trained.step % every == 0):
            trained.save(checkpoint)
        if over and trained.step < trained.recipe.steps:
            raise OutOfTime


def small_bench() -> Bench:
    """The CPU alone and no folder: for rehearsals and tests.

    Example:
        >>> small_bench().device
        'cpu'
    """
    return Bench()


def trainer(
    bench: Bench, source: Source, recipe: Recipe, hidden_size: int, layers: int
) -> TimedTrainer:
    """A trainer of new weights, which the recipe's seed decides."""
    vocab = source.vocab
    sizes = TransformerConfig(vocab.size, hidden_size, layers)
    objective = build(task(source.task), sizes, vocab, recipe.seed)
    return TimedTrainer(objective, source, recipe, bench.device, bench.pool)


def digest(objective: torch.nn.Module) -> str:
    """sha256 over all weights, in order.

    Example:
        >>> digest(torch.nn.Linear(1, 1)) == digest(torch.nn.Linear(1, 1))
        False
    """
    found = hashlib.sha256()
    for weight in objective.state_dict().values():
        found.update(weight.cpu().contiguous().numpy().tobytes())
    return found.hexdigest()


def together(digests: Iterable[str]) -> str:
    """One digest for several.

    Example:
        >>> together(["a", "b"]) == together(["b", "a"])
        False
    """
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()
