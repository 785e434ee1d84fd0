"""Answers about trainings: each rule holds, and its twin is refused."""

import numpy as np
import pytest

from mlph_lib.recordings.errors import WrongMeaningError
from mlph_lib.recordings.meaning import check_meaning

CURVE = ({"steps": 9}, {
    "steps": np.array([1, 9]), "train_losses": np.array([2.0, 1.0]), "limit": 0.5,
    "test_losses": np.array([1.5, 0.6]), "gaps": np.array([1.0, 0.1]),
    "gap_errors": np.array([0.1, 0.02]), "tokens": 90, "seconds": 3.0,
    "waiting_seconds": 1.0, "tokens_per_second": 30.0, "flops": 12.0,
    "flops_per_second": 4.0, "matmul_flops_per_second": 8.0, "utilisation": 0.5,
})
BATCH = ({"sizes": [1, 4], "repeats": 3}, {
    "sizes": np.array([1, 4]), "steps": np.array([8, 2]), "texts": 8,
    "token_rates": np.ones((2, 3)), "losses": np.ones((2, 1)), "factors": np.ones(1),
})
NOISE = ({"gradients": 8, "points": [0, 2]}, {
    "variance": np.array([4.0, 4.0]), "signal": np.array([2.0, -1.0]),
    "scale": np.array([2.0, -4.0]), "scale_error": np.array([0.1, 9.0]),
    "gradients": 8, "points": np.array([0, 2]),
})


@pytest.mark.parametrize("request_, answer", [CURVE, BATCH, NOISE])
def test_what_holds_is_accepted(request_, answer):
    check_meaning(request_, answer, "a.json")


@pytest.mark.parametrize("of, change", [
    (CURVE, {"gaps": np.array([1.0, 0.2])}),
    (CURVE, {"limit": 0.9, "gaps": np.array([0.6, -0.3])}),
    (CURVE, {"steps": np.array([1, 8])}),
    (CURVE, {"train_losses": np.array([2.0, np.nan])}),
    (CURVE, {"tokens_per_second": 31.0}),
    (CURVE, {"utilisation": 0.6}),
    (CURVE, {"waiting_seconds": 4.0}),
    (BATCH, {"sizes": np.array([1, 2])}),
    (BATCH, {"token_rates": np.ones((2, 2))}),
    (BATCH, {"steps": np.array([8, 3])}),
    (BATCH, {"losses": np.ones((2, 2))}),
    (NOISE, {"scale": np.array([2.0, 4.0])}),
    (NOISE, {"gradients": 7}),
    (NOISE, {"variance": np.array([4.0, -4.0]), "scale": np.array([2.0, 4.0])}),
])
def test_what_does_not_hold_is_refused(of, change):
    request_, answer = of
    with pytest.raises(WrongMeaningError, match="a.json: this does not hold"):
        check_meaning(request_, answer | change, "a.json")
