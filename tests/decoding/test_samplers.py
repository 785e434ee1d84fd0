"""Samplers: the law they draw from, ties, the couplings of shared noise, refusals."""

from functools import partial

import numpy as np
import pytest
import torch

from mlph_lib.decoding import (
    ancestral,
    greedy,
    gumbel_max,
    sampler,
    temperature,
    token_law,
    top_k,
    top_p,
)
from mlph_lib.goodness import dkw_test_ids

N = 5_000
RNG = np.random.default_rng
LOGITS = np.array([0.3, -np.inf, 1.5, -2.0, 0.3, -np.inf])


class Uniforms(np.random.Generator):
    """A generator whose next uniform is given."""

    def __init__(self, u):
        super().__init__(np.random.PCG64(0))
        self.u = u

    def random(self):
        return self.u


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_the_law_is_the_softmax_in_float64(dtype):
    logits = torch.randn((3, 50), generator=torch.Generator().manual_seed(0)) * 8
    logits = logits.to(getattr(torch, dtype))
    law = token_law(logits)
    assert law.dtype == np.float64 and law.shape == (3, 50)
    np.testing.assert_allclose(law, logits.double().softmax(-1).numpy(), rtol=1e-13)
    np.testing.assert_allclose(law.sum(axis=-1), 1, rtol=1e-15)


def test_the_law_of_a_row_does_not_depend_on_its_batch():
    logits = RNG(0).normal(0, 4, (7, 999))
    alone = [token_law(row) for row in logits]
    assert np.array_equal(token_law(logits), alone)
    assert np.array_equal(token_law(torch.tensor(logits)), alone)


def test_the_law_of_extreme_logits():
    assert token_law(np.array([1e308, -1e308, -np.inf])).tolist() == [1.0, 0.0, 0.0]
    assert token_law(np.full(3, -1e4)).tolist() == [1 / 3] * 3
    masked = np.array([0.0, 1e3, np.finfo(float).min])
    assert token_law(masked).tolist() == [0.0, 1.0, 0.0]
    assert token_law(np.array([-5.0])).tolist() == [1.0]


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
@pytest.mark.parametrize(
    ("logits", "token"),
    [([1.0, 3.0, 3.0, 3.0], 1), ([0.0] * 4, 0), ([-np.inf, -9.0], 1), ([2.0], 0)],
)
def test_greedy_takes_the_lowest_of_equals(kind, logits, token):
    assert greedy(kind(logits)) == token == greedy(kind(logits), RNG(0))
    assert type(greedy(kind(logits))) is int


def test_greedy_on_the_float16_grid():
    logits = torch.tensor([0.0, 10.001, 10.002]).half()  # both round to 10
    assert greedy(logits) == 1 and greedy(logits.double() + torch.arange(3)) == 2


@pytest.mark.parametrize(
    ("u", "token"),
    [
        (0.0, 1),
        (0.25 - 2**-54, 1),
        (0.25, 3),
        (0.5, 4),
        (0.75 - 2**-53, 4),
        (0.75, 5),
        (1 - 2**-53, 5),
    ],
)
def test_ancestral_is_the_quantile_function_with_half_open_cells(u, token):
    # Four tokens of probability 1/4, exactly, among removed ones.
    removed = -np.inf
    logits = np.array([removed, 0.0, removed, 0.0, 0.0, 0.0, removed])
    assert ancestral(logits, Uniforms(u)) == token


@pytest.mark.parametrize("size", [3, 7, 10, 1000, 32_000])
def test_the_largest_uniform_never_falls_off_the_end(size):
    # For many sizes the float sum of the probabilities misses 1.
    token = ancestral(np.append(np.zeros(size), -np.inf), Uniforms(1 - 2**-53))
    assert token == size - 1


def test_ancestral_draws_one_uniform():
    rng, beside = RNG(3), RNG(3)
    ancestral(LOGITS, rng)
    beside.random()
    assert rng.random() == beside.random()


@pytest.mark.parametrize("draw", [ancestral, gumbel_max, sampler()])
@pytest.mark.parametrize("scale", [0.0, 1.0, 6.0])
def test_sampled_frequencies(draw, scale):
    # False-fail rate 1e-9; one probability off by 0.19 or more is seen as surely.
    logits = RNG(1).normal(0, scale, 12)
    rng = RNG(2)
    ids = [draw(logits, rng) for _ in range(N)]
    assert (result := dkw_test_ids(ids, token_law(logits))), result
    assert all(type(token) is int for token in ids)


def test_the_twin_a_wrong_sampler_is_refused():
    rng = RNG(2)
    ids = [gumbel_max(LOGITS, noise=2 * rng.gumbel(size=6)) for _ in range(N)]
    assert not dkw_test_ids(ids, token_law(LOGITS))
    ids = [ancestral(LOGITS / 1.5, rng) for _ in range(N)]
    assert not dkw_test_ids(ids, token_law(LOGITS))


def test_sampler_draws_from_the_transformed_law():
    chain = [partial(temperature, t=1.5), partial(top_k, k=3), partial(top_p, p=0.95)]
    draw, rng = sampler(*chain), RNG(5)
    logits = np.array([0.0, 2.0, -1.0, 1.0, 0.5])
    weights = np.exp(np.array([-np.inf, 2.0, -np.inf, 1.0, 0.5]) / 1.5)
    ids = [draw(logits, rng) for _ in range(N)]
    # False-fail rate 1e-9 each; the twin is the untransformed law.
    assert (result := dkw_test_ids(ids, weights / weights.sum())), result
    assert not dkw_test_ids(ids, token_law(logits))


def test_the_noise_alone_decides():
    noise = RNG(0).gumbel(size=6)
    drawn = gumbel_max(LOGITS, RNG(0))
    assert drawn == gumbel_max(LOGITS, noise=noise) == gumbel_max(LOGITS, RNG(9), noise)
    assert gumbel_max(LOGITS + 7.0, noise=noise) == drawn


def test_shared_noise_couples_two_laws_as_stated():
    # P(X = Y = j) = 1 / sum_i max(p_i / p_j, q_i / q_j). Category 0 is "differ".
    # False-fail rate 1e-9; a probability off by 0.19 is seen as surely.
    z, w = np.array([0.0, 1.0, 2.0, 0.5]), np.array([1.5, 1.0, 1.0, -0.5])
    p, q = token_law(z), token_law(w)
    agree = 1 / np.maximum(p / p[:, None], q / q[:, None]).sum(axis=1)
    joint = np.concatenate([[1 - agree.sum()], agree])
    rng = RNG(6)

    def category(shared):
        noise = rng.gumbel(size=4)
        other = noise if shared else rng.gumbel(size=4)
        x, y = gumbel_max(z, noise=noise), gumbel_max(w, noise=other)
        return x + 1 if x == y else 0

    assert (result := dkw_test_ids([category(True) for _ in range(N)], joint)), result
    assert not dkw_test_ids([category(False) for _ in range(N)], joint)


@pytest.mark.parametrize("draw", [greedy, ancestral, gumbel_max, sampler()])
@pytest.mark.parametrize(
    ("logits", "error", "words"),
    [
        (np.array([0.0, np.nan]), ValueError, "got nan"),
        (np.array([0.0, np.inf]), ValueError, "got inf"),
        (np.full(2, -np.inf), ValueError, "no token is left"),
        (np.array([1, 2]), TypeError, "got int64"),
        (np.zeros((1, 2)), ValueError, r"shape \(V,\), got \(1, 2\).*logits\[0, -1\]"),
    ],
)
def test_bad_logits(draw, logits, error, words):
    with pytest.raises(error, match=words):
        draw(logits, RNG(0))


@pytest.mark.parametrize("draw", [ancestral, gumbel_max, sampler()])
@pytest.mark.parametrize("rng", [None, 0, np.random.RandomState(0)])
def test_bad_generators(draw, rng):
    with pytest.raises(TypeError, match=r"default_rng\(0\), got"):
        draw(LOGITS, rng)


@pytest.mark.parametrize("noise", [np.zeros(5), np.full(6, np.nan), 0.0])
def test_bad_noise(noise):
    with pytest.raises(ValueError, match=r"of the shape \(6,\) of the logits"):
        gumbel_max(LOGITS, noise=noise)
