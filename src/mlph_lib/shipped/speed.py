"""What a device's matrix products reach, which a training uses a share of."""

from __future__ import annotations

import time

import numpy as np
import torch

__all__ = ["matmul_rate"]


def matmul_rate(device: str, dtype: torch.dtype, size: int = 0) -> float:
    """2 n^3 / t: operations a second of a product of n x n matrices, median of five.

    Args:
        device, dtype: where, and of what.
        size: n; 0 takes 8,192 on a GPU and 512 elsewhere.

    Example:
        >>> matmul_rate("cpu", torch.float32, size=64) > 0
        True
    """
    cuda = torch.device(device).type == "cuda"
    n, seconds = size or (8192 if cuda else 512), []
    a = torch.ones(n, n, dtype=dtype, device=device)
    for _ in range(7):  # two warm up
        started = time.perf_counter()
        _ = (a @ a)[0, 0].item()  # the number comes when the product is done
        seconds.append(time.perf_counter() - started)
    return 2 * n**3 / float(np.median(seconds[2:]))
