"""Hidden Markov languages beside hmmlearn; Mess3's published and known numbers."""

import numpy as np
import pytest
from hmmlearn.hmm import CategoricalHMM

from mlph_lib.goodness import dkw_test_ids
from mlph_lib.pretraining.languages import (
    HiddenMarkov,
    conditional_entropies,
    entropy_rate,
    mess3,
    topic_stage,
)


def state_emitting(start, move, word):
    """Our language and hmmlearn's model of one chain whose states emit."""
    theirs = CategoricalHMM(n_components=len(start), n_features=word.shape[1])
    theirs.startprob_, theirs.transmat_, theirs.emissionprob_ = start, move, word
    return HiddenMarkov(start, np.einsum("sv,sr->vsr", word, move)), theirs


@pytest.fixture(params=[0, 1, 2])
def beside(request):
    rng = np.random.default_rng(request.param)
    states, words = [(3, 4), (5, 2), (2, 7)][request.param]
    return state_emitting(
        rng.dirichlet(np.ones(states)),
        rng.dirichlet(np.ones(states), size=states),
        rng.dirichlet(np.ones(words), size=states),
    )


def test_likelihoods_are_hmmlearns(beside):
    ours, theirs = beside
    x = ours.sample(20, 40, np.random.default_rng(3))
    expected = [theirs.score(row[:, None]) for row in x]
    np.testing.assert_allclose(ours.log_prob(x), expected, rtol=1e-12)


def test_state_posteriors_are_hmmlearns(beside):
    ours, theirs = beside
    x = ours.sample(20, 40, np.random.default_rng(4))
    evidence = ours.one_hot(x)
    both = ours.forward(evidence)[0] * ours.backward(evidence)
    both /= both.sum(axis=2, keepdims=True)
    for row, posterior in zip(x, both, strict=True):
        expected = theirs.predict_proba(row[:, None])
        np.testing.assert_allclose(posterior[:-1], expected, atol=1e-12)


def test_shapes_and_laws_are_checked():
    with pytest.raises(ValueError, match=r"\(V, 2, 2\) for 2 states, got \(1, 1, 1\)"):
        HiddenMarkov([0.5, 0.5], [[[1.0]]])
    with pytest.raises(ValueError, match="must sum to 1"):
        HiddenMarkov([1.0], [[[0.5]], [[0.4]]])
    with pytest.raises(ValueError, match="must sum to 1"):
        HiddenMarkov([0.9], [[[0.5]], [[0.5]]])
    with pytest.raises(ValueError, match=r"got \(1, 1\)"):
        HiddenMarkov([1.0], [[1.0]])


def test_a_probability_of_zero_is_never_drawn():
    sure = HiddenMarkov(
        [0.0, 1.0, 0.0], np.zeros((3, 3, 3)) + np.eye(3)[1][:, None, None] * np.eye(3)
    )
    assert np.array_equal(
        sure.sample(50, 4, np.random.default_rng(0)), np.ones((50, 4))
    )


def test_beliefs_sum_to_one_and_start_at_the_start():
    language = mess3()
    x = language.sample(5, 9, np.random.default_rng(0))
    alpha, log_scale = language.forward(language.one_hot(x))
    np.testing.assert_allclose(alpha.sum(axis=2), 1.0)
    np.testing.assert_allclose(alpha[:, 0], 1 / 3)
    np.testing.assert_allclose(log_scale.sum(axis=1), language.log_prob(x))


def test_mess3_matrices_are_the_published_ones():
    # Shai et al. 2024, with y = 1 - 2x and b = (1 - a) / 2.
    x, a = 0.05, 0.85
    b, y = (1 - a) / 2, 1 - 2 * x
    expected = [
        [[a * y, b * x, b * x], [a * x, b * y, b * x], [a * x, b * x, b * y]],
        [[b * y, a * x, b * x], [b * x, a * y, b * x], [b * x, a * x, b * y]],
        [[b * y, b * x, a * x], [b * x, b * y, a * x], [b * x, b * x, a * y]],
    ]
    np.testing.assert_allclose(mess3(x, a).emit, expected, atol=1e-15)


def test_mess3_entropy_rate():
    upper, lower = conditional_entropies(mess3(0.05, 0.85), 12)
    assert np.all(np.diff(upper) < 0) and np.all(np.diff(lower) > 0)
    assert 0.7934575 < lower[-1] < upper[-1] < 0.7934577
    assert entropy_rate(mess3(), 12) == (upper[-1] + lower[-1]) / 2
    assert entropy_rate(mess3(0.15, 0.6)) == pytest.approx(1.08888821, abs=1e-7)


@pytest.mark.parametrize("bad", [(0.0, 0.8), (0.5, 0.8), (0.1, 0.0), (0.1, 1.0)])
def test_mess3_parameters(bad):
    with pytest.raises(ValueError, match=f"got x={bad[0]}, a={bad[1]}"):
        mess3(*bad)


def test_conditional_entropies_are_those_of_the_list():
    language = mess3(0.1, 0.7)
    texts = np.stack(np.unravel_index(np.arange(3**5), (3,) * 5), axis=1)
    p = np.exp(language.log_prob(texts))
    step = (p[:, None, None] * -np.log(language.next_token(texts)))[
        np.arange(3**5)[:, None], np.arange(5), texts
    ]
    upper, lower = conditional_entropies(language, 5)
    np.testing.assert_allclose(upper, step.sum(axis=0), atol=1e-12)
    at_state = [HiddenMarkov(np.eye(3)[s], language.emit) for s in range(3)]
    given = [conditional_entropies(chain, 5)[0] for chain in at_state]
    np.testing.assert_allclose(lower, np.mean(given, axis=0), atol=1e-12)


def test_one_token_says_nothing_but_its_state():
    upper, lower = conditional_entropies(mess3(), 1)
    assert upper == pytest.approx([np.log(3)])
    assert lower == pytest.approx([-np.sum(mess3().emit.sum(2)[:, 0] * np.log(
        mess3().emit.sum(2)[:, 0]))])  # fmt: skip


@pytest.mark.parametrize("length", [0, 15])
def test_lists_that_are_too_long(length):
    with pytest.raises(ValueError, match=f"length {length} with 3 words"):
        conditional_entropies(mess3(), length)


def test_topics_stay_and_stages_move_forward():
    language = topic_stage(topics=2, stages=3, words=1, topical=0.3, staged=0.7)
    x = language.sample(2000, 12, np.random.default_rng(0))
    topical, stages = x < 2, np.where(x >= 2, x - 2, -1)
    counts = [np.unique(row[seen]).size for row, seen in zip(x, topical, strict=True)]
    assert max(counts) == 1
    reached = np.maximum.accumulate(stages, axis=1)
    assert np.all((stages == -1) | (stages == reached))
    assert np.all((stages[:, 0] == 0) | (stages[:, 0] == -1))
    assert stages[:, -1].max() == 2


def test_topic_stage_words():
    # False-fail rate 1e-9 each; a probability off by 0.042 is seen at n = 100,000.
    language = topic_stage(topics=2, stages=2, words=2, topical=0.4, staged=0.2)
    x = language.sample(100_000, 1, np.random.default_rng(1))[:, 0]
    p = np.full(8, 0.4 / 8)
    p[:4] += 0.4 / 4
    p[4:6] += 0.2 / 2
    assert (result := dkw_test_ids(x, p)), result
    np.testing.assert_allclose(language.next_token([[0]])[0, 0], p, atol=1e-15)


def test_topic_stage_moves_with_the_given_probability():
    language = topic_stage(topics=2, stages=3, advance=0.25)
    block = [[0.75, 0.25, 0], [0, 0.75, 0.25], [0, 0, 1]]
    np.testing.assert_allclose(language.move, np.kron(np.eye(2), block), atol=1e-15)
    np.testing.assert_allclose(language.start, [0.5, 0, 0, 0.5, 0, 0])


@pytest.mark.parametrize(
    "bad, words",
    [
        ({"topics": 0}, "at least 1, got 0"),
        ({"stages": 0}, "at least 1"),
        ({"words": 0}, "at least 1"),
        ({"topical": 0.7, "staged": 0.4}, "sum at most 1, got 0.7 and 0.4"),
        ({"topical": -0.1}, "got -0.1"),
        ({"advance": 0.0}, r"advance must lie in \(0, 1\), got 0.0"),
        ({"advance": 1.0}, "got 1.0"),
    ],
)
def test_topic_stage_parameters(bad, words):
    with pytest.raises(ValueError, match=words):
        topic_stage(**bad)


def test_defaults():
    np.testing.assert_array_equal(mess3().emit, mess3(0.05, 0.85).emit)
    spelt = topic_stage(6, 3, 3, topical=0.4, staged=0.3, advance=0.25)
    np.testing.assert_array_equal(topic_stage().emit, spelt.emit)
    chain, _ = state_emitting(
        np.full(2, 0.5), np.eye(2) * 0.8 + 0.1, np.eye(2) * 0.6 + 0.2
    )
    assert entropy_rate(chain) == entropy_rate(chain, 12) != entropy_rate(chain, 13)
