"""Tests of fit that state how often they fail by chance and what they can see."""

from mlph_lib.goodness.discrete import dkw_test_ids
from mlph_lib.goodness.dkw import DkwResult, dkw_epsilon, dkw_test, ks_distance

__all__ = ["DkwResult", "dkw_epsilon", "dkw_test", "dkw_test_ids", "ks_distance"]
