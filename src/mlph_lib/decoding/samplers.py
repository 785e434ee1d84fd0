"""From the logits of one position to one token."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.decoding.arguments import Logits, check_logits, check_row
from mlph_lib.decoding.transforms import Transform, compose
from mlph_lib.generators import check_generator

__all__ = ["Sampler", "ancestral", "greedy", "gumbel_max", "sampler", "token_law"]

Sampler = Callable[[Logits, np.random.Generator], int]


def token_law(logits: Logits) -> np.ndarray:
    """p_v = exp(z_v) / sum_w exp(z_w) in float64.

    Args:
        logits: float array or tensor of shape (..., V), of any float dtype.

    Returns:
        float64 array of the same shape; a removed token has probability 0.

    Raises:
        TypeError, ValueError: as `check_logits`.

    Example:
        >>> token_law(np.log([1.0, 3.0]))
        array([0.25, 0.75])
    """
    return check_logits(logits).softmax(dim=-1).numpy()


def greedy(logits: Logits, rng: np.random.Generator | None = None) -> int:
    """argmax_v z_v, the lowest id among equals.

    Float16 logits of a real model do tie; without a rule the token would depend on
    the kernel. No softmax is needed: exp is increasing.

    Args:
        logits: float array or tensor of shape (V,).
        rng: not used; it is there so that `greedy` is a sampler like the others.

    Example:
        >>> greedy(np.array([0.0, 2.0, 2.0]))
        1
    """
    return int(check_row(logits).argmax())


def ancestral(logits: Logits, rng: np.random.Generator) -> int:
    """Q(U) with Q the quantile function of the token law over ids, U ~ U[0, 1).

    Q(u) is the token v with F(v - 1) <= u < F(v), F(v) = p_0 + ... + p_v: one
    uniform number a token.

    Args:
        logits: float array or tensor of shape (V,).
        rng: the generator; exactly one double is drawn from it.

    Raises:
        TypeError, ValueError: if rng is no numpy Generator; as `check_row`.

    Example:
        >>> rng = np.random.default_rng(0)
        >>> [ancestral(np.log([0.5, 0.2, 0.3]), rng) for _ in range(8)]
        [1, 0, 0, 0, 2, 2, 1, 2]
    """
    check_generator(rng)
    cdf = np.cumsum(token_law(check_row(logits)))
    # The last sum may miss 1 by rounding. u < 1 keeps the product below it, and
    # side="right" steps over tokens of probability 0.
    return int(np.searchsorted(cdf, rng.random() * cdf[-1], side="right"))


def gumbel_max(
    logits: Logits,
    rng: np.random.Generator | None = None,
    noise: ArrayLike | None = None,
) -> int:
    """argmax_v (z_v + G_v), G_v independent Gumbel(0, 1): a draw of the token law.

    The noise knows nothing of the logits, so the same noise serves two laws p and q.
    Their draws then agree often: in token j with probability
    1 / sum_i max(p_i / p_j, q_i / q_j).

    Args:
        logits: float array or tensor of shape (V,).
        rng: draws the noise, V doubles; not used if noise is given.
        noise: the Gumbel noise to share, shape (V,), finite.

    Raises:
        TypeError, ValueError: if neither is given, or the noise has another shape or
            is not finite; as `check_row`.

    Source: C. Maddison, D. Tarlow and T. Minka, A* sampling, NeurIPS 2014.

    Example:
        >>> noise = np.random.default_rng(5).gumbel(size=3)
        >>> [gumbel_max(np.log(p), noise=noise) for p in ([.3, .3, .4], [.1, .8, .1])]
        [2, 1]
    """
    z = check_row(logits)
    if noise is None:
        check_generator(rng)
        noise = rng.gumbel(size=z.size)
    noise = np.asarray(noise, dtype=float)
    if noise.shape != z.shape or not np.isfinite(noise).all():
        raise ValueError(
            f"the noise must be finite and of the shape {z.shape} of the logits, "
            f"got shape {noise.shape}"
        )
    return int(np.argmax(z + noise))


def sampler(*transforms: Transform) -> Sampler:
    """(logits, rng) -> token: the transforms from left to right, then `ancestral`.

    Example:
        >>> from functools import partial
        >>> from mlph_lib.decoding import top_k
        >>> draw = sampler(partial(top_k, k=1))
        >>> draw(np.array([0.0, 3.0, 1.0]), np.random.default_rng(0))
        1
    """
    transform = compose(*transforms)
    return lambda logits, rng: ancestral(transform(logits), rng)
