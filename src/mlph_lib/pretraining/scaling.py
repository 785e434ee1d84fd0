"""Workers that share a batch: a model of how long they talk and how long they work."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["efficiency", "ring_seconds"]


def ring_seconds(size: float, workers: ArrayLike, bandwidth: float) -> np.ndarray:
    """2 (n - 1) / n * size / bandwidth: to add up one array over a ring of n workers.

    Each cuts the array into n parts. In n - 1 rounds everyone sends one part to the
    next worker and adds the part that comes in; then each holds the sum of one part,
    and n - 1 more rounds pass the sums on. Where the workers do the adding, no
    algorithm sends less; waiting times between rounds are left out.

    Args:
        size: of the array, in bytes.
        workers: n >= 1, any shape.
        bandwidth: bytes a second that a worker sends, while it receives as many.

    Raises:
        ValueError: if a number is not positive, or there is no worker.

    Source: P. Patarasuk, X. Yuan, Bandwidth optimal all-reduce algorithms for clusters
    of workstations, J. Parallel Distrib. Comput. 69 (2009) 117-124.

    Example:
        >>> ring_seconds(100.0, [1, 2, 4], bandwidth=50.0)
        array([0., 2., 3.])
    """
    n = np.asarray(workers, dtype=np.float64)
    if not (size > 0 and bandwidth > 0 and np.all(n >= 1)):
        raise ValueError(
            "expected bytes and a bandwidth above zero and one worker or more, got "
            f"{size}, {bandwidth} and {workers}"
        )
    return 2 * (n - 1) / n * size / bandwidth


def efficiency(compute: ArrayLike, communication: ArrayLike) -> np.ndarray:
    """compute / (compute + communication): the share of a step that is work.

    Nothing overlaps here, so this is the least that a machine can do; where gradients
    travel while others are still being computed, it is up to
    compute / max(compute, communication).

    Args:
        compute, communication: seconds of a step, of shapes that go together.

    Example:
        >>> efficiency(3.0, 1.0)
        array(0.75)
    """
    work = np.asarray(compute, dtype=np.float64)
    return np.asarray(work / (work + np.asarray(communication)))
