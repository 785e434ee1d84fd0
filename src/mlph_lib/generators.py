"""Randomness is handed over, never global: the check that every sampler shares."""

from __future__ import annotations

import numpy as np

__all__ = ["check_generator"]


def check_generator(rng: np.random.Generator) -> None:
    """Accept a `numpy.random.Generator` only: no hidden global state.

    Raises:
        TypeError: for anything else.

    Example:
        >>> check_generator(np.random.default_rng(0))
    """
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            "rng must be a numpy Generator, for instance np.random.default_rng(0), "
            f"got {type(rng).__name__}"
        )
