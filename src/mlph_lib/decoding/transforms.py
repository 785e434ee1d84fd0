"""Transformations of a next-token distribution: logits in, logits out.

Each takes float logits of shape (..., V), an array or a tensor, and returns a new one
of the same kind and dtype; removed tokens are at -inf, the others keep their bits
(`temperature` alone changes values and removes none). The rules are those of
transformers' LogitsWarpers. What to keep is decided in float64 whatever the dtype;
transformers decides in the dtype it is given, so there float16 logits lose tokens to
rounding.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch

from mlph_lib.decoding.arguments import (
    Logits,
    check_count,
    check_logits,
    check_share,
)

__all__ = [
    "Transform",
    "compose",
    "min_p",
    "temperature",
    "top_k",
    "top_p",
    "typical",
    "warpers",
]

Transform = Callable[[Logits], Logits]


def temperature(logits: Logits, t: float) -> Logits:
    """z / t: the law p^(1/t), normalised.

    t < 1 sharpens the law, t > 1 flattens it, t = 1 changes nothing.

    Args:
        logits: float array or tensor of shape (..., V).
        t: temperature, 0 < t < inf. For the limit t -> 0 use `greedy`.

    Raises:
        ValueError: if t is out of range, or so small that a logit overflows.
        TypeError, ValueError: as `check_logits`.

    Source: D. Ackley, G. Hinton and T. Sejnowski, A learning algorithm for Boltzmann
    machines, Cogn. Sci. 9 (1985), 147-169.

    Example:
        >>> temperature(np.array([2.0, -1.0, -np.inf]), 0.5)
        array([  4.,  -2., -inf])
    """
    if not 0 < t < math.inf:
        raise ValueError(
            f"the temperature must lie in (0, inf), got {t}; its limit 0 is greedy"
        )
    check_logits(logits)
    with np.errstate(all="ignore"):  # judged by the result, one line down
        scaled = logits / float(t)
    if ((abs(scaled) < math.inf) != (abs(logits) < math.inf)).any():
        raise ValueError(f"logits / {t} overflows {logits.dtype}: use greedy instead")
    return scaled


def top_k(logits: Logits, k: int) -> Logits:
    """Keep z_v >= the k-th largest logit.

    Tokens that tie with the k-th stay, as in transformers, so more than k may be
    left. k > V keeps everything.

    Args:
        logits: float array or tensor of shape (..., V).
        k: number of tokens, at least 1.

    Raises:
        TypeError, ValueError: if k is no integer >= 1; as `check_logits`.

    Source: A. Fan, M. Lewis and Y. Dauphin, Hierarchical neural story generation,
    ACL 2018.

    Example:
        >>> top_k(np.array([1.0, 3.0, 2.0, 2.0]), 2)
        array([-inf,   3.,   2.,   2.])
    """
    x = check_logits(logits)
    k = min(check_count("k", k), x.shape[-1])
    kth = x.topk(k, dim=-1).values[..., -1:]
    return _keep(logits, x >= kth)


def top_p(logits: Logits, p: float) -> Logits:
    """Keep the fewest most likely tokens whose probability is p or more.

    A token stays if what it and all less likely ones hold together exceeds 1 - p.
    Tokens of equal logits rank by id, lowest first. (Transformers leaves that to an
    unstable sort: it keeps as many, but which of them is not said.) p = 1 keeps every
    token whose float64 probability is not zero.

    Args:
        logits: float array or tensor of shape (..., V).
        p: the share to keep, 0 < p <= 1. One token always stays.

    Raises:
        TypeError, ValueError: if p is out of range; as `check_logits`.

    Source: A. Holtzman, J. Buys, L. Du, M. Forbes and Y. Choi, The curious case of
    neural text degeneration, ICLR 2020, section 3.1.

    Example:
        >>> top_p(np.log([0.1, 0.4, 0.3, 0.2]), 0.6).round(2)
        array([ -inf, -0.92, -1.2 ,  -inf])
    """
    x = check_logits(logits)
    rank = x.argsort(dim=-1, descending=True, stable=True)
    first = _until(x, rank, check_share("p", p))
    return _keep(logits, torch.zeros_like(first).scatter(-1, rank, first))


def min_p(logits: Logits, p: float) -> Logits:
    """Keep p_v >= p max_w p_w: a floor that follows the most likely token.

    Args:
        logits: float array or tensor of shape (..., V).
        p: the floor as a share of the largest probability, 0 < p <= 1.

    Raises:
        TypeError, ValueError: if p is out of range; as `check_logits`.

    Source: M. Nguyen et al., Turning up the heat: min-p sampling for creative and
    coherent LLM outputs, ICLR 2025, arXiv 2407.01082.

    Example:
        >>> min_p(np.log([0.6, 0.1, 0.3]), 0.4).round(2)
        array([-0.51,  -inf, -1.2 ])
    """
    law = check_logits(logits).softmax(dim=-1)
    floor = check_share("p", p) * law.amax(dim=-1, keepdim=True)
    return _keep(logits, law >= floor)


def typical(logits: Logits, mass: float) -> Logits:
    """Keep the fewest tokens of probability `mass` with least |-log p_v - H|.

    H = -sum_v p_v log p_v is the entropy, the surprise to expect; the most likely
    token goes when it says too little. Tokens that tie with the last one stay.

    Args:
        logits: float array or tensor of shape (..., V).
        mass: the share to keep, 0 < mass <= 1. One token always stays.

    Raises:
        TypeError, ValueError: if mass is out of range; as `check_logits`.

    Source: C. Meister, T. Pimentel, G. Wiher and R. Cotterell, Locally typical
    sampling, TACL 11 (2023), 102-121.

    Example:
        >>> typical(np.log([0.5, 0.25, 0.15, 0.1]), 0.2).round(2)
        array([ -inf, -1.39,  -inf,  -inf])
    """
    x = check_logits(logits)
    log_p = x.log_softmax(dim=-1)
    # nansum: a removed token gives 0 * -inf, which counts as 0.
    entropy = -(log_p * log_p.exp()).nansum(dim=-1, keepdim=True)
    strange = (log_p + entropy).abs()
    rank = strange.argsort(dim=-1, stable=True)
    first = _until(x, rank, check_share("mass", mass))
    last = rank.gather(-1, first.sum(dim=-1, keepdim=True) - 1)
    return _keep(logits, strange <= strange.gather(-1, last))


def compose(*transforms: Transform) -> Transform:
    """z -> f_n(... f_2(f_1(z))): the transforms from left to right.

    The order matters: what the first has removed counts no more for the second,
    and a temperature moves the share that `top_p` measures.

    Example:
        >>> from functools import partial
        >>> z = np.log([0.5, 0.3, 0.2])
        >>> hot, nucleus = partial(temperature, t=3.0), partial(top_p, p=0.5)
        >>> np.isfinite(compose(hot, nucleus)(z)).sum(), \\
        ...     np.isfinite(compose(nucleus, hot)(z)).sum()
        (np.int64(2), np.int64(1))
    """

    def composed(logits: Logits) -> Logits:
        for transform in transforms:
            logits = transform(logits)
        return logits

    return composed


# The order in which transformers 5 applies them, by the names of its
# GenerationConfig, and the value of each that asks for nothing.
_ORDER = {
    "temperature": (temperature, 1.0),
    "top_k": (top_k, 0),
    "top_p": (top_p, 1.0),
    "min_p": (min_p, None),
    "typical_p": (typical, 1.0),
}


def warpers(**settings: float | None) -> list[Transform]:
    """The transforms that `generate(do_sample=True, **settings)` applies, in its order.

    temperature, top_k, top_p, min_p, typical_p: each sees the law that the ones
    before it left. A setting that asks for nothing (None, temperature 1, top_k 0,
    top_p 1, typical_p 1) gives no transform. Unlike `generate`, which puts top_k = 50
    where nothing is said, this adds no default.

    Raises:
        TypeError: for a setting of another name.
        ValueError: for a value that the transform refuses, here rather than later.

    Example:
        >>> chat = compose(*warpers(top_p=0.5, temperature=3.0))
        >>> chat(np.log([0.5, 0.3, 0.2])).round(2)
        array([-0.23, -0.4 ,  -inf])
    """
    if unknown := sorted(settings.keys() - _ORDER.keys()):
        raise TypeError(f"unknown settings {unknown}; known are {list(_ORDER)}")
    chosen = [
        _fixed(transform, settings[name])
        for name, (transform, neutral) in _ORDER.items()
        if settings.get(name) not in (None, neutral)
    ]
    compose(*chosen)(np.zeros(1))
    return chosen


def _fixed(transform: Callable, value: float) -> Transform:
    return lambda logits: transform(logits, value)


def _until(x: torch.Tensor, rank: torch.Tensor, mass: float) -> torch.Tensor:
    """Which places of the ranking to keep: the fewest first ones that hold `mass`.

    A place stays if it and all after it hold more than 1 - mass. The sum starts at
    the far end, where the terms are smallest: added last they would be rounded away.
    """
    law = x.gather(-1, rank.flip(-1)).softmax(dim=-1)
    keep = (law.cumsum(dim=-1) > 1 - mass).flip(-1)
    keep[..., 0] = True
    return keep


def _keep(logits: Logits, keep: torch.Tensor) -> Logits:
    if isinstance(logits, np.ndarray):
        return np.where(keep.numpy(), logits, -math.inf)
    return logits.masked_fill(~keep.to(logits.device), -math.inf)
