"""Training that can stop at any step and go on to the same last bit."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.objectives import Objective
from mlph_lib.pretraining.parallel import own_rows, shared_loss, world
from mlph_lib.pretraining.tensors import Tensors, part

__all__ = ["Recipe", "Trainer", "drawn", "learning_rate"]

Data = Callable[[int, np.random.Generator], Batch]


@dataclass(frozen=True)
class Recipe:
    """How long and how fast to learn.

    Attributes:
        steps: number of steps.
        batch_size: samples a step, over all processes.
        lr: the highest learning rate.
        warmup: steps until it is reached.
        seed: of the batches; step i draws from the generator seeded (seed, i).

    Raises:
        ValueError: if a number is not positive or the warm-up outlasts the steps.

    Example:
        >>> Recipe(steps=100).batch_size
        64
    """

    steps: int = 300
    batch_size: int = 64
    lr: float = 3e-3
    warmup: int = 30
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.steps, self.batch_size, self.lr) <= 0:
            raise ValueError(f"steps, batch_size and lr must be positive, got {self}")
        if not 0 <= self.warmup < self.steps:
            raise ValueError(
                f"the warm-up must be shorter than the {self.steps} steps, "
                f"got {self.warmup}"
            )


def learning_rate(step: int, recipe: Recipe) -> float:
    """lr * min((i+1)/w, 1), then half a cosine from lr to 0.

    Args:
        step: i = 0, ..., steps - 1.
        recipe: gives lr, the warm-up w and the steps.

    Example:
        >>> recipe = Recipe(steps=110, warmup=10, lr=2.0)
        >>> [learning_rate(i, recipe) for i in (0, 9, 10, 60)]
        [0.2, 2.0, 2.0, 1.0]
    """
    if step < recipe.warmup:
        return recipe.lr * (step + 1) / recipe.warmup
    done = (step - recipe.warmup) / (recipe.steps - recipe.warmup)
    return recipe.lr * 0.5 * (1 + math.cos(math.pi * done))


def drawn(data: Data, recipe: Recipe, step: int) -> tuple[Batch, np.ndarray]:
    """The batch of a step, and one uniform a target for a model that samples."""
    rng = np.random.default_rng((recipe.seed, step))
    batch = data(recipe.batch_size, rng)
    return batch, rng.random(batch.weights.shape[:2])


class Trainer:
    """Draw a batch, divide the summed loss by the shared count, step; and again.

    Every process draws the whole batch and trains on its own rows, so one process
    and several see the same samples. Nothing random is left over between two steps:
    step, weights and moments are the whole state.

    Args:
        objective: the module to train, in place.
        data: (number of samples, generator) -> batch.
        recipe: how long and how fast.
        device: where to run.

    Attributes:
        step: number of steps done.
        losses: the loss of each, in nats.
        extra: plain values that checkpoints keep for the caller.
    """

    def __init__(
        self, objective: Objective, data: Data, recipe: Recipe, device: str = "cpu"
    ) -> None:
        self.objective, self.data, self.recipe = objective.to(device), data, recipe
        self.device, self.step, self.losses = device, 0, []
        self.extra: dict[str, object] = {}
        several = world()[1] > 1
        self.model = DistributedDataParallel(objective) if several else objective
        self.optimizer = torch.optim.AdamW(
            objective.parameters(), betas=(0.9, 0.95), weight_decay=0.0, fused=True
        )

    def run(
        self,
        checkpoint: str | Path | None = None,
        every: int = 100,
        report: Callable[[Trainer], None] | None = None,
    ) -> list[float]:
        """Train to the recipe's last step, from the checkpoint if there is one.

        Args:
            checkpoint: file to go on from and to write every `every` steps, or None.
            every: steps between two writes.
            report: called after every step, for progress.

        Returns:
            the loss of every step since the first, in nats.

        Raises:
            ValueError: if the checkpoint is of another recipe or another model.
            FloatingPointError: if the loss is no longer finite.
        """
        if checkpoint is not None and Path(checkpoint).exists():
            self.load(checkpoint)
        while self.step < self.recipe.steps:
            self.advance()
            due = self.step % every == 0 or self.step == self.recipe.steps
            if checkpoint is not None and due and world()[0] == 0:
                self.save(checkpoint)
            if report is not None:
                report(self)
        return self.losses

    def advance(self) -> None:
        """One step."""
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.step, self.recipe)
        loss = shared_loss(self.model(self.batch()), self.objective.coefficients)
        self.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.objective.parameters(), 1.0)
        self.optimizer.step()
        self.losses.append(self._finite(loss.detach()))
        self.step += 1

    def batch(self) -> Tensors:
        """This process's rows of the batch of the present step."""
        batch, noise = drawn(self.data, self.recipe, self.step)
        rows = own_rows(len(batch.inputs))
        return Tensors.of(part(batch, rows), noise[rows]).to(self.device)

    def save(self, path: str | Path) -> None:
        """Write the whole state, all of it or nothing."""
        state = {
            "model": self.objective.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "losses": self.losses,
            "recipe": asdict(self.recipe),
            "extra": self.extra,
        }
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(path.name + ".tmp")
        torch.save(state, unfinished)
        os.replace(unfinished, path)

    def load(self, path: str | Path) -> None:
        """Take up the state that `save` wrote.

        Raises:
            ValueError: if it is of another recipe or another model, or cannot be read.
        """
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
        except Exception as error:  # whatever unpickling meets
            raise ValueError(
                f"{path} is no readable checkpoint; delete it to start anew"
            ) from error
        if state["recipe"] != asdict(self.recipe):
            raise ValueError(
                f"{path} was written by another recipe, {state['recipe']}, not by "
                f"{asdict(self.recipe)}; ask for that one or delete the file"
            )
        try:
            self.objective.load_state_dict(state["model"])
        except RuntimeError as error:
            raise ValueError(f"{path} holds another model: {error}") from error
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.losses = state["step"], state["losses"]
        self.extra = state["extra"]

    def _finite(self, loss: torch.Tensor) -> float:
        """The loss of the whole batch, if it is a number."""
        if world()[1] > 1:
            dist.all_reduce(loss)
            loss /= world()[1]
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"the loss is {float(loss)} at step {self.step}; a lower lr than "
                f"{self.recipe.lr} may help"
            )
        return float(loss)
