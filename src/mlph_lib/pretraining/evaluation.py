"""A model beside its limit, on the same positions, so that their noise cancels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.objectives import Objective
from mlph_lib.pretraining.tensors import Tensors, part

__all__ = ["LeakError", "PairedGap", "log_probs", "paired_gap", "weighted_mean"]


ROUNDING = 1e-6  # nats: a model's logits are float32


class LeakError(ValueError):
    """A model does better than the best that is possible: it sees its targets."""


@dataclass(frozen=True)
class PairedGap:
    """What a model loses against the exact law, in nats a target.

    Attributes:
        limit: mean of -log p* over the test targets (itself a draw, not the exact
            limit).
        loss: mean of -log p_model over the same targets.
        gap: loss - limit, never negative in expectation.
        standard_error: of the gap over draws of the test texts, training held fixed.
    """

    limit: float
    loss: float
    gap: float
    standard_error: float

    @property
    def relative(self) -> float:
        """gap / limit."""
        return self.gap / self.limit


def log_probs(
    objective: Objective,
    batch: Batch,
    noise: np.ndarray | None = None,
    rows: int = 256,
    device: str = "cpu",
) -> np.ndarray:
    """log p_model of every target of the objective's first part.

    Args:
        objective: a trained objective.
        batch: the test batch.
        noise: uniforms for an objective that samples, shape (n, U).
        rows: samples at a time.
        device: where the objective is.

    Returns:
        float64, shape of `batch.weights`, zero where the weight is zero.
    """
    found = np.zeros(batch.weights.shape)
    shares = [slice(i, i + rows) for i in range(0, len(batch.inputs), rows)]
    for share in shares:
        x = Tensors.of(part(batch, share), None if noise is None else noise[share])
        with torch.no_grad():
            nll, weights = next(iter(objective.terms(x.to(device)).values()))
        view = found[share].reshape(-1, *batch.weights.shape[2:])
        view[x.place.numpy()] = torch.where(weights > 0, -nll, 0.0).cpu().numpy()
    return found


def paired_gap(
    log_p_star: np.ndarray, log_p_model: np.ndarray, weights: np.ndarray
) -> PairedGap:
    """The `weighted_mean` of log p* - log p_model: how far a model is from the best.

    Args:
        log_p_star, log_p_model, weights: shape (n, ...), first axis the texts.

    Returns:
        the gap with what it is between.

    Raises:
        LeakError: if the gap is below zero by more than four standard errors, which
            an honest model does by chance once in 30,000 times if the mean is normal.
        ValueError: if shapes differ, fewer than two texts came, or nothing has weight.

    Example:
        >>> star = np.log([[0.5, 0.5], [0.5, 0.5]])
        >>> model = np.log([[0.5, 0.25], [0.25, 0.5]])
        >>> gap = paired_gap(star, model, np.ones((2, 2)))
        >>> round(gap.relative, 6), gap.standard_error
        (0.5, 0.0)
    """
    _check(log_p_star, log_p_model, weights)
    # A target of weight zero may be impossible: inf - inf must not come in.
    star, model = (np.where(weights > 0, a, 0.0) for a in (log_p_star, log_p_model))
    limit, _ = weighted_mean(-star, weights)
    gap, error = weighted_mean(star - model, weights)
    if gap < -4 * error - ROUNDING:
        raise LeakError(
            f"the model is {-gap:.2e} nats a target below {limit:.4f}, the limit on "
            f"these texts, by {-gap / max(error, 1e-300):.0f} standard errors: it sees "
            "its targets, or the limit is of another law"
        )
    return PairedGap(limit, limit + gap, gap, error)


def weighted_mean(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """mean = sum w v / sum w, with the standard error of this ratio.

    Each text is one draw, its positions are not: the error comes from the texts'
    residuals r_i = sum_t w_it (v_it - mean) as sqrt(n / (n-1) sum r_i^2) / sum w.

    Args:
        values, weights: shape (n, ...), first axis the texts; a value of weight zero
            may be anything.

    Returns:
        (mean, standard error).

    Raises:
        ValueError: if shapes differ, fewer than two texts came, or nothing has weight.

    Source: W. G. Cochran, Sampling Techniques, 3rd ed. (1977), section 6.4.

    Example:
        >>> weighted_mean(np.array([[1.0, 9.0], [2.0, 3.0]]), np.eye(2))
        (2.0, 1.0)
    """
    _check(values, values, weights)
    n, count = len(weights), weights.sum()
    values = np.where(weights > 0, values, 0.0)
    mean = (weights * values).sum() / count
    residuals = (weights * (values - mean)).reshape(n, -1).sum(1)
    error = np.sqrt(n / (n - 1) * (residuals**2).sum()) / count
    return float(mean), float(error)


def _check(star: np.ndarray, model: np.ndarray, weights: np.ndarray) -> None:
    if not star.shape == model.shape == weights.shape:
        raise ValueError(
            "values and weights must be of the same positions, got shapes "
            f"{star.shape}, {model.shape}, {weights.shape}"
        )
    if len(weights) < 2 or not weights.sum() > 0:
        raise ValueError(
            "an error needs two texts and a target, got "
            f"{len(weights)} texts and weights that sum to {weights.sum()}"
        )
