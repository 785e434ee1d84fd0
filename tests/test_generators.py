"""Only a generator is taken for randomness."""

from __future__ import annotations

import numpy as np
import pytest

from mlph_lib.generators import check_generator


@pytest.mark.parametrize("rng", [None, 0, np.random, np.random.RandomState(0)])
def test_anything_but_a_generator_is_refused(rng):
    with pytest.raises(TypeError, match="rng must be a numpy Generator"):
        check_generator(rng)


def test_a_generator_passes():
    check_generator(np.random.default_rng(0))
