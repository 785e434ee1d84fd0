"""Gradients of many small batches, kept as what a noise scale needs of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mlph_lib.pretraining.losses import Sum, mean_loss
from mlph_lib.pretraining.objectives import Objective
from mlph_lib.pretraining.tensors import Tensors

__all__ = ["group_gradients"]


def group_gradients(
    objective: Objective, batches: Sequence[Tensors], groups: int
) -> tuple[np.ndarray, np.ndarray]:
    """(mean of |g|^2 in each group, products of the groups' mean gradients).

    A gradient is that of the batch's summed loss over the *mean* count of targets of
    a batch, not over its own count: so the mean of the gradients of small batches is
    the gradient of the large one that they make up, whatever their counts.

    Args:
        objective: the model; its weights and their gradients are left as they are.
        batches: of one number of samples each, on the objective's device.
        groups: K, which divides the number of batches.

    Returns:
        float64 arrays of shapes (K,) and (K, K), for `noise_scale`.

    Raises:
        ValueError: if the groups do not divide the batches.
    """
    if groups < 1 or len(batches) % groups:
        raise ValueError(f"{groups} groups cannot share {len(batches)} batches alike")
    counts = mean_counts(objective, batches)
    each, squares, means = len(batches) // groups, [], []
    for start in range(0, len(batches), each):
        total, square = 0.0, 0.0
        for x in batches[start : start + each]:
            g = gradient(objective, x, counts)
            total, square = total + g, square + g.double().square().sum()
        squares.append(square / each)
        means.append(total / each)
    stacked = torch.stack(means).double()
    return torch.stack(squares).cpu().numpy(), (stacked @ stacked.T).cpu().numpy()


@torch.no_grad()
def mean_counts(objective: Objective, batches: Sequence[Tensors]) -> dict[str, Tensor]:
    """The mean over batches of the count of each part of the loss."""
    found: dict[str, Tensor] = {}
    for x in batches:
        for name, part in objective(x).items():
            found[name] = found.get(name, 0.0) + part.count / len(batches)
    return found


def gradient(objective: Objective, x: Tensors, counts: dict[str, Tensor]) -> Tensor:
    """The gradient of sum / mean count, all weights in one row."""
    sums = {
        name: Sum(part.total, counts[name]) for name, part in objective(x).items()
    }
    weights = list(objective.parameters())
    loss = mean_loss(sums, objective.coefficients)
    found = torch.autograd.grad(loss, weights, materialize_grads=True)
    return torch.cat([g.flatten() for g in found])
