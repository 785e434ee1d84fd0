"""The table that the bits of u index: every cell, every cut, the memory of a gap."""

import numpy as np
import pytest

from mlph_lib.transport.table import BLOCK, SMALLEST_T, TOLERANCE, QuantileTable


def power_law(a):
    """F(x) = x^a on [0, 1/2], mirrored: 1 - F(1 - x) = x^a; exact both ways."""

    def quantile(t, upper):
        x = 0.5 * (2 * t) ** (1 / a)
        return np.where(upper, 10 - x, x)

    def masses(x):
        below = np.clip(2 * x, 0, None) ** a / 2
        above = np.clip(2 * (10 - x), 0, None) ** a / 2
        return below, above

    return quantile, masses


def filled(table, v):
    out = np.empty(len(v))
    table.fill(np.array(v, dtype=float), out)
    return out


T = np.concatenate(
    [
        SMALLEST_T * 2.0 ** np.arange(62),  # the first number of each octave
        np.nextafter(2.0 ** -np.arange(1.0, 62), 0),  # the last one
        np.random.default_rng(0).random(2000) / 2,
        2.0 ** -(61 * np.random.default_rng(1).random(2000) + 1),
    ]
)


@pytest.mark.parametrize("a", [1.0, 0.5, 3.0, 0.05])
def test_every_cell_meets_its_tolerance(a):
    quantile, masses = power_law(a)
    table = QuantileTable(quantile, masses)
    t = T[T ** (1 / a) > 1e-290]  # where x is a float
    below = masses(filled(table, t))[0]
    np.testing.assert_allclose(below, t, rtol=2 * TOLERANCE + 1e-15)


def test_a_negative_sign_means_the_upper_tail():
    quantile, masses = power_law(1.0)
    table = QuantileTable(quantile, masses)
    np.testing.assert_allclose(filled(table, T), T, rtol=1e-12)
    np.testing.assert_allclose(filled(table, -T), 10 - T, rtol=1e-15)


def test_one_half_is_the_median_on_both_sides():
    quantile, masses = power_law(1.0)
    table = QuantileTable(quantile, masses)
    np.testing.assert_array_equal(filled(table, [0.5, -0.5]), [0.5, 9.5])


def test_smooth_quantiles_need_no_cut_and_steep_ones_do():
    assert not QuantileTable(*power_law(1.0)).has_cuts
    assert QuantileTable(*power_law(0.02)).has_cuts


@pytest.mark.parametrize("jump", [0.2, 1 / 3, 0.25, 1e-7, 0.4999999])
def test_a_jump_is_found_to_the_last_bits(jump):
    # x = t below the jump, 5 + t above: the density has a gap of width 5.
    def quantile(t, upper):
        return np.where(upper, 20 - t, np.where(t > jump, 5 + t, t))

    def masses(x):
        gap = np.clip(x, None, jump)
        return np.where(x > 5 + jump, x - 5, gap), 20 - x

    table = QuantileTable(quantile, masses)
    assert table.has_cuts == (jump != 0.25)  # which lies between two cells
    t = np.concatenate([T, jump * (1 + np.linspace(-1e-3, 1e-3, 2001))])
    t = t[(t < 0.5) & (np.abs(t / jump - 1) > 1e-12)]
    np.testing.assert_allclose(filled(table, t), quantile(t, False), rtol=1e-11)
    np.testing.assert_allclose(filled(table, -t), 20 - t, rtol=1e-15)


@pytest.mark.parametrize("n", [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 7])
def test_blocks_do_not_matter(n):
    table = QuantileTable(*power_law(0.05))
    t = np.random.default_rng(2).random(n) / 2
    one_by_one = [filled(table, [v])[0] for v in t[-20:]]
    np.testing.assert_array_equal(filled(table, t)[-20:], one_by_one)


def test_what_is_no_quantile_function_is_refused():
    rng = np.random.default_rng(0)

    def quantile(t, upper):
        return rng.random(t.shape)

    with pytest.raises(ValueError, match="too irregular for a table of 524288 cells"):
        QuantileTable(quantile, lambda x: (x, 1 - x))


def test_rounding_of_x_is_no_reason_to_cut():
    # x = 1000 + t: the smallest t drown in the spacing of floats at 1000.
    def quantile(t, upper):
        return np.where(upper, 2000 - t, 1000 + t)

    def masses(x):
        return x - 1000, 2000 - x

    assert not QuantileTable(quantile, masses).has_cuts


def test_a_coarser_grain_may_be_given():
    # x near 0 that comes as 1000 + offset has the grain of 1000, not its own.
    def quantile(t, upper):
        return np.where(upper, 2000 - t, (1000 + t) - 1000)

    def masses(x):
        return x, 2000 - x

    table = QuantileTable(quantile, masses, lambda x: np.full(x.shape, 2e-13))
    assert not table.has_cuts
    with pytest.raises(ValueError, match="too irregular"):
        QuantileTable(quantile, masses)
