"""One face for every distribution: what is there is used, what is not is derived."""

import numpy as np
import pytest
from scipy import stats

from mlph_lib.transport.arguments import as_shape, check_inside
from mlph_lib.transport.law import Law, as_law


class Minimal:
    """The unit exponential with pdf, cdf and ppf alone."""

    def pdf(self, x):
        return np.where(x >= 0, np.exp(-x), 0.0)

    def cdf(self, x):
        return -np.expm1(-x)

    def ppf(self, q):
        return -np.log1p(-q)


def test_what_is_missing_is_derived():
    law = as_law(Minimal())
    x = np.array([0.5, 2.0])
    np.testing.assert_allclose(law.sf(x), np.exp(-x), rtol=1e-14)
    np.testing.assert_allclose(law.isf(np.exp(-x)), x, rtol=1e-14)
    np.testing.assert_allclose(law.logpdf(x), -x, rtol=1e-14)
    assert law.logpdf(np.array([-1.0]))[0] == -np.inf
    with np.errstate(divide="ignore"):
        assert law.bounds() == (0.0, np.inf)


def test_what_is_there_is_used():
    law = as_law(stats.norm())
    assert float(law.sf(np.array(20.0))) == stats.norm.sf(20.0) > 0
    assert float(law.isf(np.array(1e-100))) == stats.norm.isf(1e-100)
    assert float(law.logpdf(np.array(100.0))) == stats.norm.logpdf(100.0)
    assert law.bounds() == (-np.inf, np.inf)


def test_a_law_passes_through():
    law = as_law(stats.norm())
    assert isinstance(law, Law) and as_law(law) is law


def test_the_role_and_what_is_missing_are_named():
    with pytest.raises(TypeError, match="the prior needs .* ndarray lacks pdf, cdf, p"):
        as_law(np.zeros(3), "the prior")
    with pytest.raises(TypeError, match="the distribution needs .*lacks pdf$"):
        as_law(stats.poisson(2))


@pytest.mark.parametrize(
    ("size", "expected"),
    [(3, ((3,), 3)), ((), ((), 1)), ([2, 3], ((2, 3), 6)), ((4, 0), ((4, 0), 0))],
)
def test_shapes(size, expected):
    assert as_shape(size) == expected


def test_the_first_value_outside_is_named():
    inside = [0, 1, np.nan]
    np.testing.assert_array_equal(check_inside("x", inside, (0, 1), "it"), inside)
    with pytest.raises(ValueError, match=r"x = -0.1 lies outside \[0, 1\], .* of it"):
        check_inside("x", [0.5, -0.1, 2.0], (0, 1), "it")
    with pytest.raises(ValueError, match="x = 2.0"):
        check_inside("x", 2.0, (0, 1), "it")
