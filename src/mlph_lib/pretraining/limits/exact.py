"""Limits as numbers: no test draw, all texts of a stationary language listed."""

from __future__ import annotations

import numpy as np

from mlph_lib.pretraining.languages import HiddenMarkov, conditional_entropies
from mlph_lib.pretraining.limits.sequences import cut_entropy

__all__ = ["causal_limit", "middle_limit", "prefix_limit"]


def causal_limit(language: HiddenMarkov, length: int) -> float:
    """H(X_1, ..., X_T) / T: of causal, permutation and diffusion models.

    Example:
        >>> from mlph_lib.pretraining.languages import mess3
        >>> round(causal_limit(mess3(0.05, 0.85), 32), 6)
        0.805823
    """
    return float(_steps(language, length).mean())


def prefix_limit(language: HiddenMarkov, length: int) -> float:
    """sum_t (t - 1) h_t / sum_t (t - 1): token t is a target in t - 1 of T - 1 splits.

    Example:
        >>> from mlph_lib.pretraining.languages import mess3
        >>> round(prefix_limit(mess3(0.05, 0.85), 32), 4)
        0.7937
    """
    return float(np.average(_steps(language, length), weights=np.arange(length)))


def middle_limit(language: HiddenMarkov, length: int) -> float:
    """(H(X_1, ..., X_T) + H(i, j)) / (T + 3): of fill-in-the-middle as PSM.

    Example:
        >>> from mlph_lib.pretraining.languages import mess3
        >>> round(middle_limit(mess3(0.05, 0.85), 32), 5)
        0.91735
    """
    total = _steps(language, length).sum() + cut_entropy(length)
    return float(total) / (length + 3)


def _steps(language: HiddenMarkov, length: int, listed: int = 10) -> np.ndarray:
    """h_t = H(X_t | X_1..X_{t-1}), exact as far as listed, then the entropy rate."""
    if not np.allclose(language.start @ language.move, language.start, atol=1e-12):
        raise ValueError(
            "the entropy rate stands for late tokens only if the chain starts in its "
            "stationary law; this one does not"
        )
    upper, lower = conditional_entropies(language, min(length, listed))
    rate = (upper[-1] + lower[-1]) / 2
    return np.concatenate([upper, np.full(max(length - listed, 0), rate)])
