"""Sampling: one uniform a token, whatever the batch; and one number for a whole text."""

from fractions import Fraction

import numpy as np
import pytest

from mlph_lib.decoding import ancestral, lattice_codes, token_law
from mlph_lib.questions import LanguageModel, arithmetic, exact, greedy, samples
from mlph_lib.questions.choosing import BATCH
from mlph_lib.questions.law import quantile
from mlph_lib.questions.one_number import _spelt


@pytest.fixture(scope="module", params=["ours", "transformers"])
def lm(request, checkpoint):
    return LanguageModel.load(checkpoint, backend=request.param)


class Uniforms(np.random.Generator):
    """A generator that hands out the uniforms it was given."""

    def __init__(self, u):
        super().__init__(np.random.PCG64(0))
        self.left = list(u)

    def random(self):
        return self.left.pop(0)


def test_each_token_is_the_quantile_of_its_uniform(lm):
    answer = samples(lm, "sun", n=5, max_new_tokens=12, seed=3)
    for i in range(5):
        u = np.random.default_rng([3, i]).random(12)
        n, rng, prefix = answer["lengths"][i], Uniforms(u), [1, 356]
        assert np.array_equal(answer["u"][i, :n], u[:n])
        for token in answer["ids"][i, :n].tolist():
            assert ancestral(lm.next_logits(prefix), rng) == token
            prefix.append(token)
        assert answer["texts"][i] == lm.continuation([1, 356], prefix[2:])


def test_the_cells_hold_the_uniforms_and_are_as_wide_as_the_probabilities(lm):
    answer = samples(lm, "", n=20, max_new_tokens=10)
    inside = ~np.isnan(answer["u"])
    assert np.array_equal(inside, answer["ids"] >= 0)
    low, u, high = (answer[name][inside] for name in ("low", "u", "high"))
    assert np.all(low <= u) and np.all(u < high)
    log_p = answer["log_probabilities"][inside]
    np.testing.assert_allclose(high - low, np.exp(log_p), atol=1e-12)
    used = set(answer["ids"][inside].tolist())
    assert set(answer["used_ids"].tolist()) == used
    assert answer["used_pieces"] == lm.pieces(answer["used_ids"])


def test_a_sample_depends_neither_on_how_many_nor_on_how_long(lm):
    many = samples(lm, "", n=BATCH + 3, max_new_tokens=8, seed=1)
    few = samples(lm, "", n=2, max_new_tokens=5, seed=1)
    assert np.array_equal(many["ids"][:2, :5], few["ids"])
    last = samples(lm, "", n=BATCH + 3, max_new_tokens=1, seed=1)
    assert np.array_equal(many["ids"][:, :1], last["ids"])
    other = samples(lm, "", n=2, max_new_tokens=5, seed=2)
    assert not np.array_equal(other["ids"], few["ids"])


def test_the_first_tokens_follow_the_law(lm):
    # uniforms on a grid of midpoints: the counts miss n p by less than one
    p, n = token_law(lm.next_logits([1])), 20_000
    ids, low, high = quantile(np.tile(p, (n, 1)), (np.arange(n) + 0.5) / n)
    counts = np.bincount(ids, minlength=p.size)
    assert np.all(np.abs(counts - n * p) < 1 + 1e-6)


@pytest.mark.parametrize("u", [0.0, 0.5, 1 - 2.0**-53])
def test_every_uniform_has_a_token_of_positive_probability(u):
    p = np.array([[0.0, 0.25, 0.0, 0.25, 0.5 - 1e-16, 0.0, 1e-17, 0.0]])
    ids, low, high = quantile(p, np.array([u]))
    assert p[0, ids[0]] > 0 and low[0] <= u < high[0]


def test_settings_shape_the_law(lm):
    greedily = greedy(lm, "", 6)["ids"]
    one = samples(lm, "", n=3, max_new_tokens=6, settings={"top_k": 1})
    assert np.array_equal(one["ids"], np.tile(greedily, (3, 1)))
    # the model's own law is reported: a cell of the shaped law is wider
    assert np.all(one["high"] - one["low"] == 1) and np.all(one["log_probabilities"] < 0)
    cold = samples(lm, "", n=8, max_new_tokens=6, settings={"temperature": 0.2})
    pure = samples(lm, "", n=8, max_new_tokens=6, settings={"top_k": 0, "top_p": 1.0})
    assert cold["log_probabilities"].mean() > pure["log_probabilities"].mean()
    assert np.array_equal(pure["ids"], samples(lm, "", 8, 6)["ids"])


def test_unknown_settings_are_refused(lm):
    with pytest.raises(TypeError, match="unknown settings"):
        samples(lm, settings={"heat": 2.0})


def test_texts_end_where_the_model_ends_them(lm):
    open_ended = samples(_with_eos(lm, -5), "", n=40, max_new_tokens=12)
    eos = int(np.bincount(open_ended["ids"].ravel()).argmax())
    ends = _with_eos(lm, eos)
    answer = samples(ends, "", n=40, max_new_tokens=12)
    assert len(set(answer["lengths"].tolist())) > 2
    for i, n in enumerate(answer["lengths"]):
        assert np.array_equal(answer["ids"][i, :n], open_ended["ids"][i, :n])
        assert np.all(answer["ids"][i, n:] == -1) and np.all(np.isnan(answer["u"][i, n:]))
        assert eos not in answer["ids"][i, : n - 1]
        assert n == 12 or answer["ids"][i, n - 1] == eos


def test_sampling_stops_when_every_text_has_ended(lm):
    first = samples(lm, "", n=1, max_new_tokens=1)["ids"][0, 0]
    ends = _with_eos(lm, int(first))
    answer = samples(ends, "", n=1, max_new_tokens=50)
    assert answer["lengths"].tolist() == [1] and answer["ids"].shape == (1, 50)


def _with_eos(lm: LanguageModel, eos: int) -> LanguageModel:
    """The same model with another id for the end, one that it does choose."""
    kind = type("Ends", (LanguageModel,), {"eos": eos})
    return kind(lm.model, lm.tokenizer, lm.name)


def test_a_code_is_a_whole_text(lm):
    codes = [str(code) for code in lattice_codes(4, Fraction(1, 3))]
    answer = arithmetic(lm, "sun", codes=codes, max_new_tokens=30)
    assert answer["codes"] == codes and answer["ids"].shape == (4, 30)
    for i, code in enumerate(codes):
        low, width = exact(answer["low"][i]), exact(answer["width"][i])
        assert low <= Fraction(code) < low + width
        n = answer["lengths"][i]
        bits = width.denominator.bit_length() - width.numerator.bit_length()
        total = answer["log_probabilities"][i, :n].sum() / np.log(2)
        assert abs(total + bits) <= 1
        assert np.all(np.isnan(answer["entropies"][i, n:]))
    text = answer["ids"][0, : answer["lengths"][0]].tolist()
    assert answer["texts"][0] == lm.continuation([1, 356], text)


def test_the_low_end_of_a_cell_gives_its_text_back_and_the_high_end_another(lm):
    first = arithmetic(lm, "", codes=["1/7"], max_new_tokens=5)
    low, width = exact(first["low"][0]), exact(first["width"][0])
    ends = [str(low), str(low + width)]
    again = arithmetic(lm, "", codes=ends, max_new_tokens=5)
    assert np.array_equal(again["ids"][0], first["ids"][0])
    assert not np.array_equal(again["ids"][1], first["ids"][0])


def test_a_fraction_may_have_more_digits_than_python_reads():
    text = f"1/1{'0' * 5000}"
    with pytest.raises(ValueError, match="4300 digits"):
        Fraction(text)
    assert exact(text) == Fraction(1, 10**5000) and _spelt(exact(text)) == text


@pytest.mark.parametrize("code", ["1", "-1/2", "3/2"])
def test_a_code_outside_is_refused(lm, code):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\)"):
        arithmetic(lm, codes=[code])
