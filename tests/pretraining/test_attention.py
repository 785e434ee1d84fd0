"""Attention as data: the four kinds, padding, and what is refused."""

import numpy as np
import pytest

from mlph_lib.pretraining.attention import Attention

LOWER = np.tri(4, dtype=bool)


def test_full_and_causal():
    assert np.array_equal(Attention("full").mask(4), np.ones((1, 4, 4), dtype=bool))
    assert np.array_equal(Attention("causal").mask(4), LOWER[None])


def test_prefix():
    masks = Attention("prefix", prefix=np.array([1, 3])).mask(4)
    assert masks.shape == (2, 4, 4)
    assert np.array_equal(masks[0], LOWER)
    assert masks[1, :3, :3].all() and np.array_equal(masks[1, 3], LOWER[3])
    assert not masks[1, :3, 3].any()


def test_explicit():
    allowed = np.random.default_rng(0).random((2, 4, 4)) < 0.5
    assert np.array_equal(Attention("explicit", allowed=allowed).mask(4), allowed)


@pytest.mark.parametrize("kind", ["full", "causal"])
def test_padding_is_seen_by_nobody(kind):
    keys = np.array([[True, True, False, False], [True] * 4])
    masks = Attention(kind, keys=keys).mask(4)
    assert masks.shape == (2, 4, 4)
    assert not masks[0, :, 2:].any()
    assert np.array_equal(masks[1], Attention(kind).mask(4)[0])


def test_bad_specifications():
    with pytest.raises(ValueError, match="full, causal, prefix or explicit, got 'no'"):
        Attention("no")
    with pytest.raises(ValueError, match="needs 'prefix' for the kind 'prefix'"):
        Attention("prefix")
    with pytest.raises(ValueError, match="the kind is 'full'"):
        Attention("full", prefix=np.array([1]))
    with pytest.raises(ValueError, match="needs 'allowed' for the kind 'explicit'"):
        Attention("explicit")
    with pytest.raises(TypeError, match="allowed must be boolean, got float64"):
        Attention("explicit", allowed=np.zeros((1, 2, 2)))
    with pytest.raises(TypeError, match="keys must be boolean, got int64"):
        Attention("full", keys=np.ones((1, 2), dtype=int))
