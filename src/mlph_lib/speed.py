"""What a device can do: products of large matrices, timed."""

from __future__ import annotations

import time

import numpy as np
import torch

__all__ = ["matmul_rate", "waited_for"]


def waited_for(device: str | torch.device) -> None:
    """Return when a device has done all that it was told to."""
    if torch.device(device).type == "cuda":
        torch.cuda.synchronize(device)


def matmul_rate(
    device: str, dtype: torch.dtype = torch.float32, size: int = 0, repeats: int = 5
) -> float:
    """2 n^3 / t: operations a second of a product of n x n matrices, the median.

    This measured rate is what utilisation is a share of: data sheets name rates that
    no product reaches.

    Args:
        device: where; dtype: of the matrices.
        size: n; 0 takes 8,192 on a GPU and 512 elsewhere.
        repeats: timed products, after two that are not.

    Example:
        >>> matmul_rate("cpu", size=64, repeats=1) > 0
        True
    """
    n = size or (8192 if torch.device(device).type == "cuda" else 512)
    a = torch.ones(n, n, dtype=dtype, device=device)
    seconds = []
    for _ in range(repeats + 2):
        waited_for(device)
        started = time.perf_counter()
        a @ a
        waited_for(device)
        seconds.append(time.perf_counter() - started)
    return 2 * n**3 / float(np.median(seconds[2:]))
