"""The architecture measured on another machine: what must agree, and how nearly.

Sizes and digests are exact. Logits in float32 differ by the order of sums. What half
precision loses depends on the device's kernels, so only its scale is compared. Times
are the machine's own; the share of its own bandwidth is compared, loosely.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlph_lib.recorder.compare import Difference

__all__ = ["FACTOR", "TOLERANCES", "differences"]

TOLERANCES = {  # largest absolute difference
    "reference": 1e-3,  # float32 logits, through all layers
    "spread": 1e-3,
    "entropies": 5e-3,  # nats, of float16 logits
    "mean": 5e-3,
    "likeliest": 1e-4,
    "same_choice": 0.1,
    "shortfall": 0.05,  # logits, near ties of float16
    "percent_of_copy": 20.0,
    "percent_of_matmul": 20.0,
}
SHARES = {"percent_of_copy", "percent_of_matmul"}
FACTOR = {  # the larger maximum over the smaller one, as a logarithm
    "ours_apart": 4.0,
    "theirs_apart": 4.0,
    "loaded_bytes": 1.02,
    "filled_bytes": 1.02,
    "peak_bytes": 1.2,
}
OWN = {  # the machine's, or follows from what is compared
    "seconds", "first_seconds", "tokens_per_second", "gigabytes_per_second",
    "copy_gigabytes_per_second", "teraflops_per_second", "matmul_teraflops_per_second",
    "device_bytes", "graphs", "said", "favourites", "standard_error", "between",
    "float32_apart",
}


def differences(
    recorded: Mapping[str, Any], live: Mapping[str, Any], rates: bool = True
) -> list[Difference]:
    """Every comparison of two answers to one request; false where they disagree.

    Args:
        recorded, live: the answers, then and now.
        rates: whether shares of the device's rates mean anything; on a CPU they
            do not.

    Example:
        >>> [bool(d) for d in differences({"parameters": 7}, {"parameters": 8})]
        [False]
    """
    own = OWN if rates else OWN | SHARES
    return [_one(k, recorded[k], live.get(k)) for k in recorded if k not in own]


def _one(key: str, then: Any, now: Any) -> Difference:
    if key in FACTOR and then is not None and now is not None:
        largest = float(np.max(then)), float(np.max(now))
        limit = round(math.log(FACTOR[key]), 3)
        return Difference(key, _log_ratio(*largest), limit)
    if key in TOLERANCES and np.shape(then) == np.shape(now):
        apart = np.abs(np.asarray(then, float) - np.asarray(now, float))
        return Difference(key, float(apart.max(initial=0.0)), TOLERANCES[key])
    same = np.array_equal(then, now) if isinstance(then, np.ndarray) else then == now
    return Difference(key, float(not same), 0.0)


def _log_ratio(a: float, b: float) -> float:
    return 0.0 if a == b else abs(math.log(a / b)) if a > 0 < b else math.inf
