"""What may differ between two machines, and what may not."""

import numpy as np
import pytest

from mlph_lib.trainings import differences

CURVE = {"limit": 0.8, "steps": np.array([1, 6]), "gaps": np.array([1.0, 0.02]),
         "gap_errors": np.array([0.01, 0.001]), "tokens_per_second": 1.0}
NOISE = {"points": np.array([0, 2]), "variance": np.array([4.0, 4.0]),
         "variance_error": np.array([0.1, 0.1]), "signal": np.array([1.0, 1.0])}
BATCH = {"sizes": np.array([1, 4]), "losses": np.array([[0.9], [np.nan]])}


@pytest.mark.parametrize("answer, change, agrees", [
    (CURVE, {}, True),
    (CURVE, {"tokens_per_second": 9.0}, True),
    (CURVE, {"gaps": np.array([2.0, 0.025])}, True),  # on the way down
    (CURVE, {"gaps": np.array([1.0, 0.2])}, False),
    (CURVE, {"gaps": np.array([1.0, np.nan])}, False),
    (CURVE, {"limit": 0.8001}, False),
    (CURVE, {"steps": np.array([1, 5])}, False),
    (CURVE, {"gaps": np.array([0.02])}, False),
    (NOISE, {"variance": np.array([4.5, 4.0])}, True),
    (NOISE, {"variance": np.array([8.0, 4.0])}, False),
    (BATCH, {"losses": np.array([[0.91], [np.nan]])}, True),
    (BATCH, {"losses": np.array([[np.nan], [np.nan]])}, False),
    (BATCH, {"losses": np.array([[1.2], [np.nan]])}, False),
])
def test_what_agrees(answer, change, agrees):
    assert all(differences(answer, answer | change)) is agrees
