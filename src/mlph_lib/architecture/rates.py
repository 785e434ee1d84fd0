"""What the device can do at best: bytes copied and operations multiplied a second."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from mlph_lib.architecture.subject import Untrained

__all__ = ["copy_rate", "matmul_rate", "timed"]

# on a GPU far beyond its caches; on a CPU only the path is tried
COPIED = {"cuda": 2**31, "cpu": 2**20}  # bytes
SIDE = {"cuda": 8192, "cpu": 64}  # of the square matrices
INSIDE = 20  # runs between two looks at the clock
REPEATS = 7


def timed(subject: Untrained, run: Callable[[], Any], repeats: int) -> np.ndarray:
    """(repeats,) seconds of ``run``, each until the device has finished."""
    seconds = []
    for _ in range(repeats):
        subject.wait()
        started = time.perf_counter()
        run()
        subject.wait()
        seconds.append(time.perf_counter() - started)
    return np.array(seconds)


def copy_rate(subject: Untrained) -> float:
    """Bytes read and written a second while memory is copied on the device: the median.

    Example:
        >>> from mlph_lib.architecture.subject import small
        >>> copy_rate(small()) > 1e6
        True
    """
    size = COPIED.get(subject.device.type, COPIED["cpu"])
    source = torch.ones(size, dtype=torch.uint8, device=subject.device)
    target = torch.empty_like(source)
    return 2 * size / _each(subject, lambda: target.copy_(source))


def matmul_rate(subject: Untrained) -> float:
    """Operations a second in the product of two large square matrices: the median."""
    n = SIDE.get(subject.device.type, SIDE["cpu"])
    like = {"dtype": subject.dtype, "device": subject.device}
    a, b = torch.randn(n, n, **like), torch.randn(n, n, **like)
    out = torch.empty_like(a)
    return 2 * n**3 / _each(subject, lambda: torch.mm(a, b, out=out))


def _each(subject: Untrained, run: Callable[[], Any]) -> float:
    """Seconds of one run, the median over looks at the clock."""

    def several() -> None:
        for _ in range(INSIDE):
            run()

    several()
    return float(np.median(timed(subject, several, REPEATS))) / INSIDE
