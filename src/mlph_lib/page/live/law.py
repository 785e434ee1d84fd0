"""The law of the next token small enough for a page, and what decoding makes of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import log_softmax, logsumexp

__all__ = ["EXACT", "Law", "Shaped", "condensed", "shaped"]

EXACT = 200  # tokens kept one by one
GROWTH = 0.05  # further down, a run may be as long as this share of its rank
DIGITS = 7  # of a log-probability; float32 logits carry no more


class Law(NamedTuple):
    """Runs of tokens in falling order: ``counts[i]`` tokens of log-probability
    ``log_p[i]`` each."""

    log_p: np.ndarray
    counts: np.ndarray


class Shaped(NamedTuple):
    """After decoding: what a token of each run has, how many of it are left."""

    p: np.ndarray
    kept: np.ndarray

    @property
    def entropy(self) -> float:
        """In nats."""
        p, kept = self.p[self.p > 0], self.kept[self.p > 0]
        return float(-np.sum(kept * p * np.log(p)))


def condensed(logits: ArrayLike) -> Law:
    """softmax(logits) in falling order: 200 tokens one by one, then runs of equals.

    A run holds at most a twentieth of its rank, so 32,000 tokens become about 300
    runs; its tokens share its mass equally. Masses at temperature 1 are exact.

    Args:
        logits: (V,), the law of the next token before any decoding, in nats.

    Returns:
        ``Law`` of at most V runs whose counts sum to V.

    Raises:
        ValueError: if the logits are not one finite row of at least two.

    Example:
        >>> law = condensed([0.0, 2.0, 1.0])
        >>> law.counts.tolist(), np.round(np.exp(law.log_p), 3).tolist()
        ([1, 1, 1], [0.665, 0.245, 0.09])
    """
    logits = np.asarray(logits, dtype=np.float64)
    if logits.ndim != 1 or logits.size < 2 or not np.all(np.isfinite(logits)):
        raise ValueError(
            f"expected the finite logits of one next token, shape (V,) with V > 1, got "
            f"shape {logits.shape} with {np.sum(~np.isfinite(logits))} not finite: "
            f"give the model's own logits, no token removed"
        )
    falling = log_softmax(np.sort(logits)[::-1])
    edges = list(range(min(EXACT, falling.size) + 1))
    while edges[-1] < falling.size:
        edges.append(edges[-1] + int(GROWTH * edges[-1]))
    edges[-1] = falling.size
    counts = np.diff(edges)
    mass = np.array([logsumexp(run) for run in np.split(falling, edges[1:-1])])
    return Law(np.round(mass - np.log(counts), DIGITS), counts)


def shaped(law: Law, temperature: float, top_k: int, top_p: float) -> Shaped:
    """p^(1/T), then the k most probable, then the fewest with mass p; in that order.

    These are transformers' order and rules: the threshold of top-k keeps ties, and
    top-p keeps a token if the more probable ones have a mass below p.

    Args:
        law: as ``condensed`` gives it.
        temperature: T > 0.
        top_k: k, or 0 for all.
        top_p: p in (0, 1], 1 for all.

    Example:
        >>> law = condensed([0.0, 2.0, 1.0])
        >>> shaped(law, 1.0, 0, 0.7).kept.tolist()
        [1, 1, 0]
    """
    weights = np.exp((law.log_p - law.log_p[0]) / temperature)
    kept = law.counts.copy()
    if 0 < top_k < np.sum(kept):
        last = np.searchsorted(np.cumsum(kept), top_k)
        kept[law.log_p < law.log_p[last]] = 0
    if top_p < 1:
        kept = _nucleus(weights / np.sum(kept * weights), kept, top_p)
    p = np.where(kept > 0, weights / np.sum(kept * weights), 0.0)
    return Shaped(p, kept)


def _nucleus(p: np.ndarray, counts: np.ndarray, top_p: float) -> np.ndarray:
    before = np.concatenate([[0.0], np.cumsum(counts * p)[:-1]])
    wanted = np.ceil((top_p - before) / np.maximum(p, 1e-300))  # of equals, or < 0
    kept = np.clip(wanted, 0, counts).astype(counts.dtype)
    kept[0] = max(kept[0], 1)
    return kept
