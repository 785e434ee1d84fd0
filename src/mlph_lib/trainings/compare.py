"""The same trainings on another machine: how far may their figures lie apart?

Another device adds in another order, and a training that is chaotic in its last bits
ends in other weights, as from another seed. Limits are exact and must agree; gaps and
noise scales agree within a share of themselves and four of their standard errors.
Times and rates are the machine's own and are not compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Difference", "differences"]

Answer = Mapping[str, Any]
ERRORS = 4.0  # standard errors of a difference
EXACT = ("limit", "sizes", "steps", "points", "texts", "tokens", "parameters", "factors")
SHARES = {  # of the recorded value, beside the errors
    "gaps": 0.5,  # seeds on one machine differ by as much
    "losses": 0.05,
    "part_loss": 0.1,
    "part_generator": 0.1,
    "variance": 0.3,
    "signal": 0.5,
}
FLOOR = {"gaps": 0.003}  # nats: seeds of trainings that are done differ by so much
LAST = ("gaps", "part_loss", "part_generator")  # on the way down a step is a lot


class Difference(NamedTuple):
    """What was compared, by how much of what is allowed it differs."""

    what: str
    share: float

    def __bool__(self) -> bool:
        return self.share <= 1.0


def differences(recorded: Answer, live: Answer) -> list[Difference]:
    """Every comparison of two answers to one request; false where they disagree.

    Example:
        >>> [bool(d) for d in differences({"limit": 0.8}, {"limit": 0.8})]
        [True]
        >>> [bool(d) for d in differences({"limit": 0.8}, {"limit": 0.7})]
        [False]
    """
    return [*_exact(recorded, live), *_near(recorded, live)]


def _exact(recorded: Answer, live: Answer) -> Iterator[Difference]:
    for key in EXACT:
        if recorded.get(key) is None:
            continue
        then = np.atleast_1d(np.asarray(recorded[key], float))
        now = np.atleast_1d(np.asarray(live.get(key, np.nan), float))
        same = then.shape == now.shape and np.allclose(then, now, rtol=1e-9)
        yield Difference(key, 0.0 if same else np.inf)


def _near(recorded: Answer, live: Answer) -> Iterator[Difference]:
    for key, share in SHARES.items():
        if key not in recorded:
            continue
        then, now = (np.asarray(a[key], float) for a in (recorded, live))
        if then.shape != now.shape:
            yield Difference(key, np.inf)
            continue
        error = np.hypot(_error(recorded, key, then), _error(live, key, now))
        allowed = share * np.abs(then) + ERRORS * error + FLOOR.get(key, 1e-9)
        apart = np.abs(then - now) / allowed
        if key in LAST and then.ndim == 1:
            apart = apart[-1:]
        lost = np.isnan(then) != np.isnan(now)  # training left the numbers once only
        if key in LAST and then.ndim == 1:
            lost = lost[-1:]
        apart = np.where(lost, np.inf, np.nan_to_num(apart, nan=0.0))
        yield Difference(key, float(np.max(apart)))


def _error(answer: Answer, key: str, like: np.ndarray) -> np.ndarray:
    """The standard error of a column, zero where it has none."""
    name = {"gaps": "gap_errors"}.get(key, f"{key}_error")
    return np.asarray(answer.get(name, np.zeros_like(like)), float)
