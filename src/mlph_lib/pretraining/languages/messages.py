"""Products of many small numbers: scale each message, keep the logarithm apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["as_evidence", "as_laws", "scaled"]


def as_evidence(evidence: ArrayLike, words: int) -> np.ndarray:
    """Evidence as float64 of shape (n, T, V), none negative.

    float64 matters: a float32 channel likelihood costs seven digits of the limit.

    Raises:
        ValueError: if the shape is another or a value is negative or NaN.

    Example:
        >>> as_evidence(np.ones((1, 4, 3)), 3).shape
        (1, 4, 3)
    """
    evidence = np.asarray(evidence, dtype=float)
    if evidence.ndim != 3 or evidence.shape[2] != words:
        raise ValueError(
            f"evidence must have shape (n, T, {words}), got {evidence.shape}"
        )
    if not np.all(evidence >= 0):
        raise ValueError(f"evidence is a likelihood, none negative; {evidence.min()=}")
    return evidence


def scaled(message: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """message / z and log z with z its sum over the last axis; (0, -inf) if z = 0.

    Example:
        >>> scaled(np.array([[1.0, 3.0]]))
        (array([[0.25, 0.75]]), array([1.38629436]))
    """
    z = message.sum(axis=-1)
    log_z = np.log(z, out=np.full(z.shape, -np.inf), where=z > 0)
    return message / np.where(z > 0, z, 1.0)[..., None], log_z


def as_laws(weights: np.ndarray) -> np.ndarray:
    """The weights, scaled to sum 1 over the last axis.

    Raises:
        ValueError: if some sum is 0: the evidence contradicts the language, and given
            the impossible there is no law.

    Example:
        >>> as_laws(np.array([1.0, 3.0]))
        array([0.25, 0.75])
    """
    laws, log_z = scaled(weights)
    if np.any(np.isneginf(log_z)):
        row = np.argwhere(np.isneginf(log_z))[0]
        raise ValueError(
            f"the evidence for (text, position) {tuple(row.tolist())} has probability "
            "0 in this language, so nothing can be said given it"
        )
    return laws
