"""The best that can be done on two segments, from what each says of the other."""

from __future__ import annotations

import numpy as np

from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.parts import halves
from mlph_lib.pretraining.languages import HiddenMarkov, Language
from mlph_lib.pretraining.limits.laws import of_binary

__all__ = [
    "affinity",
    "contrastive",
    "next_sentence",
    "next_sentence_logit",
    "order_logit",
    "sentence_order",
]


def next_sentence_logit(
    language: Language, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """log p(A B) - log p(A) - log p(B): the log odds that B follows A, shape (n,).

    p(B) is the law of a second segment on its own, for B comes from one either way.

    Args:
        language: what texts are drawn from.
        first, second: words, shapes (n, S) and (n, S).
    """
    both = np.concatenate([first, second], axis=1)
    hidden = np.zeros(both.shape, dtype=bool)
    hidden[:, : first.shape[1]] = True
    alone = language.log_evidence(language.one_hot(both, hidden))
    alone = alone + language.log_evidence(language.one_hot(both, ~hidden))
    return language.log_prob(both) - alone


def next_sentence(language: Language, batch: Batch) -> np.ndarray:
    """log P(target | A, B); the target is 0 where B follows A. Shape (n, 1)."""
    logit = next_sentence_logit(language, *_segments(language, batch))
    return of_binary(-logit[:, None], batch.targets)


def order_logit(language: Language, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """log p(b a) - log p(a b): the log odds that (a, b) was swapped, shape (n,).

    Args:
        language: what texts are drawn from.
        a, b: words as they are shown, shape (n, S).
    """
    swapped = language.log_prob(np.concatenate([b, a], axis=1))
    return swapped - language.log_prob(np.concatenate([a, b], axis=1))


def sentence_order(language: Language, batch: Batch) -> np.ndarray:
    """log P(target | a, b); the target is 1 where they were swapped. Shape (n, 1)."""
    logit = order_logit(language, *_segments(language, batch))
    return of_binary(logit[:, None], batch.targets)


def affinity(
    language: HiddenMarkov, first: np.ndarray, second: np.ndarray
) -> np.ndarray:
    """log p(B_j | A_i) - log p(B_j) = log alpha_i . beta_j - log pi . beta_j, (n, m).

    alpha_i is the law of the state after A_i, beta_j the likelihood of B_j from each
    state, pi the law of the state there: n + m passes answer n m questions. The
    exponential is a bilinear form of rank at most the number of states; the logarithm,
    which a dot product would have to be, is not.

    Args:
        language: a hidden Markov language.
        first, second: words, shapes (n, S) and (m, S).
    """
    alpha = language.forward(language.one_hot(first))[0][:, -1]
    beta = language.backward(language.one_hot(second))[:, 0]
    there = language.start @ np.linalg.matrix_power(language.move, first.shape[1])
    return np.log(alpha @ beta.T) - np.log(beta @ there)


def contrastive(language: HiddenMarkov, batch: Batch) -> np.ndarray:
    """log of the softmax over the batch of the best critic, `affinity`; shape (n, 1).

    This is a limit for this number of texts only: with more, the question is harder.
    """
    scores = affinity(language, batch.inputs, batch.source.inputs)
    top = scores.max(axis=1, keepdims=True)
    log_sum = top + np.log(np.exp(scores - top).sum(axis=1, keepdims=True))
    return np.take_along_axis(scores - log_sum, batch.targets, axis=1)


def _segments(language: Language, batch: Batch) -> tuple[np.ndarray, np.ndarray]:
    """A and B of CLS A SEP B SEP, of one length each."""
    words = batch.inputs < language.words
    return halves(batch.inputs[words].reshape(len(words), -1))
