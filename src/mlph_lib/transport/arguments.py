"""Checks of arguments that every sampler and every map shares."""

from __future__ import annotations

import math
from operator import index

import numpy as np
from numpy.typing import ArrayLike

__all__ = ["as_shape", "check_inside"]


def as_shape(size: int | tuple[int, ...]) -> tuple[tuple[int, ...], int]:
    """The shape that `size` asks for and its number of elements.

    Raises:
        ValueError: if a length is negative.
        TypeError: if a length is not an integer.

    Example:
        >>> as_shape(3), as_shape((2, 3)), as_shape(())
        (((3,), 3), ((2, 3), 6), ((), 1))
    """
    shape = tuple(index(k) for k in (size if np.iterable(size) else (size,)))
    if min(shape, default=0) < 0:
        raise ValueError(f"size must not be negative, got {size}")
    return shape, math.prod(shape)


def check_inside(
    name: str, x: ArrayLike, support: tuple[float, float], of: str
) -> np.ndarray:
    """x as floats, all of them inside the closed support (NaN passes as NaN).

    Raises:
        ValueError: naming the first value outside.

    Example:
        >>> check_inside("x", [0, 1], (0.0, 1.0), "the source").tolist()
        [0.0, 1.0]
    """
    x = np.asarray(x, dtype=float)
    outside = (x < support[0]) | (x > support[1])
    if np.any(outside):
        raise ValueError(
            f"{name} = {x[outside].flat[0]} lies outside [{support[0]}, {support[1]}], "
            f"the support of {of}"
        )
    return x
