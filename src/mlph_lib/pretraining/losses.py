"""Losses in nats as sums and counts, which processes can add before they divide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["Sum", "binary_nll", "mean_loss", "token_nll", "weigh"]


class Sum(NamedTuple):
    """A weighted sum of losses and the sum of its weights, apart.

    The mean over two samples is not the mean of their means unless they count alike,
    so nothing is divided before all processes have added up.
    """

    total: Tensor
    count: Tensor


def token_nll(logits: Tensor, targets: Tensor) -> Tensor:
    """-log softmax(logits)[target] in nats.

    Args:
        logits: shape (..., V).
        targets: ids, shape (...).

    Returns:
        shape (...).

    Raises:
        ValueError: if the shapes do not belong together.

    Example:
        >>> token_nll(torch.zeros(2, 4), torch.tensor([0, 3])).exp()
        tensor([4., 4.])
    """
    if logits.shape[:-1] != targets.shape:
        raise ValueError(
            "logits need one axis more than targets, got "
            f"{tuple(logits.shape)} and {tuple(targets.shape)}"
        )
    nll = F.cross_entropy(logits.flatten(0, -2), targets.flatten(), reduction="none")
    return nll.view(targets.shape)


def binary_nll(logits: Tensor, targets: Tensor) -> Tensor:
    """-log sigmoid(logit) where the target is 1, -log sigmoid(-logit) where it is 0.

    Args:
        logits, targets: of the same shape.

    Raises:
        ValueError: if the shapes differ.

    Example:
        >>> binary_nll(torch.zeros(2), torch.tensor([0, 1])).exp()
        tensor([2., 2.])
    """
    if logits.shape != targets.shape:
        raise ValueError(
            "a binary question has one logit a target, got shapes "
            f"{tuple(logits.shape)} and {tuple(targets.shape)}"
        )
    return F.binary_cross_entropy_with_logits(
        logits, targets.to(logits.dtype), reduction="none"
    )


def weigh(nll: Tensor, weights: Tensor) -> Sum:
    """sum(weights * nll) and sum(weights).

    Example:
        >>> weigh(torch.tensor([1.0, 5.0]), torch.tensor([1.0, 0.0]))
        Sum(total=tensor(1.), count=tensor(1.))
    """
    return Sum((weights * nll).sum(), weights.sum())


def mean_loss(sums: Mapping[str, Sum], coefficients: Mapping[str, float]) -> Tensor:
    """sum over parts of coefficient * total / count; a part without targets is 0.

    Args:
        sums: the parts of a loss, for instance of a generator and a discriminator.
        coefficients: what multiplies each part's mean.

    Returns:
        a scalar with a gradient.

    Example:
        >>> two = Sum(torch.tensor(6.0), torch.tensor(3.0))
        >>> none = Sum(torch.tensor(0.0), torch.tensor(0.0))
        >>> mean_loss({"a": two, "b": none}, {"a": 1.0, "b": 50.0})
        tensor(2.)
    """
    means = {
        name: part.total / torch.where(part.count > 0, part.count, 1.0)
        for name, part in sums.items()
    }
    return sum(coefficients[name] * mean for name, mean in means.items())
