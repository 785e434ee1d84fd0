"""Checks of arguments that every way of decoding shares."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral
from typing import NoReturn

import numpy as np
import torch

__all__ = [
    "Logits",
    "NextLogits",
    "check_count",
    "check_logits",
    "check_row",
    "check_share",
]

Logits = np.ndarray | torch.Tensor
NextLogits = Callable[[list[int]], Logits]
_FLOATS = (np.float16, np.float32, np.float64)


def check_logits(logits: Logits) -> torch.Tensor:
    """The logits in float64 on the CPU; every row must be the logits of a law.

    Args:
        logits: float array or tensor of shape (..., V). -inf marks a removed token.

    Returns:
        float64 tensor of the same shape, without gradient.

    Raises:
        TypeError: if it is no array or tensor of floats.
        ValueError: if V = 0, a logit is NaN or +inf, or a row is -inf throughout.

    Example:
        >>> check_logits(np.array([0.5, -np.inf], dtype=np.float32)).tolist()
        [0.5, -inf]
    """
    x = _as_float64(logits)
    if x.ndim == 0 or x.shape[-1] == 0:
        raise ValueError(
            f"logits must have shape (..., V) with V >= 1, got {tuple(x.shape)}"
        )
    # NaN and +inf show in the largest logit, and so does a row that is -inf throughout.
    if not x.amax(dim=-1).isfinite().all():
        _refuse(x)
    return x


def check_row(logits: Logits) -> np.ndarray:
    """The logits of one position, shape (V,), as `check_logits` accepts them.

    Raises:
        ValueError: for another shape.
        TypeError, ValueError: as `check_logits`.

    Example:
        >>> check_row(torch.tensor([0.5, 1.0])).tolist()
        [0.5, 1.0]
    """
    x = check_logits(logits)
    if x.ndim != 1:
        raise ValueError(
            f"expected the logits of one position, shape (V,), got {tuple(x.shape)}: "
            "take the last position of one sequence, logits[0, -1]"
        )
    return x.numpy()


def check_count(name: str, n: int) -> int:
    """An integer n >= 1.

    Raises:
        TypeError: if n is no integer.
        ValueError: if n < 1.

    Example:
        >>> check_count("k", np.int64(3))
        3
    """
    if not isinstance(n, Integral):
        raise TypeError(f"{name} must be an integer, got {n!r}")
    if n < 1:
        raise ValueError(f"{name} must be at least 1, got {n}")
    return int(n)


def check_share(name: str, p: float) -> float:
    """A share of probability, 0 < p <= 1.

    Raises:
        ValueError: if it is not, NaN included.

    Example:
        >>> check_share("p", 0.9)
        0.9
    """
    if not 0 < p <= 1:
        raise ValueError(f"{name} is a share of probability in (0, 1], got {p}")
    return float(p)


def _refuse(x: torch.Tensor) -> NoReturn:
    bad = x.isnan() | x.isposinf()
    if bad.any():
        where = tuple(bad.nonzero()[0].tolist())
        raise ValueError(
            f"logits must be finite, or -inf for a removed token; got {x[where]} at "
            f"index {where}: look for an overflow in the model"
        )
    raise ValueError(
        "every logit of a row is -inf: no token is left to draw; at least one must be "
        "finite"
    )


def _as_float64(logits: Logits) -> torch.Tensor:
    if isinstance(logits, torch.Tensor) and logits.is_floating_point():
        # First to the CPU: some devices know no float64.
        return logits.detach().cpu().double()
    if isinstance(logits, np.ndarray) and logits.dtype in _FLOATS:
        return torch.from_numpy(np.array(logits, dtype=np.float64))
    got = getattr(logits, "dtype", None) or type(logits).__name__
    raise TypeError(
        f"logits must be a NumPy array or a torch tensor of floats, got {got}: "
        "convert with np.asarray(logits, dtype=float)"
    )
