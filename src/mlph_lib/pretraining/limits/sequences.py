"""The best that can be done on a whole sequence: any order, and a moved middle."""

from __future__ import annotations

import numpy as np

from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.infilling import decode_middle
from mlph_lib.pretraining.languages import Language
from mlph_lib.pretraining.limits.laws import log_of, spread
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["cut_entropy", "fill_in_the_middle", "permutation_lm", "suffix_cut_entropy"]


def permutation_lm(language: Language, tokens: np.ndarray, batch: Batch) -> np.ndarray:
    """log p(targets | context) = log p(x) - log p(context), whatever the order.

    Every order telescopes to the same product, so with all words as targets the limit
    is that of the causal model.

    Args:
        language: what the texts are drawn from.
        tokens: words, shape (n, T).
        batch: what `corruptions.permutation_lm` made of them, BOS in front.

    Returns:
        shape (n, T + 1): every target shows its text's mean.
    """
    asked = batch.weights[:, 1:] > 0
    context = language.log_evidence(language.one_hot(tokens, asked))
    return spread(language.log_prob(tokens) - context, batch.weights)


def fill_in_the_middle(
    language: Language,
    tokens: np.ndarray,
    batch: Batch,
    vocab: Vocabulary,
    spm: float = 0.0,
) -> np.ndarray:
    """log p(x) + log P(cuts): the format says where the cuts are, so they cost.

    PSM and (x, i, j) determine each other, P(i, j) = (2 - [i = j]) / (T + 1)^2. SPM
    does not show i: P(j) = (2 j + 1) / (T + 1)^2. With both, a PSM text whose prefix
    is empty looks like an SPM one and has the probability of the two together.

    Args:
        language: what the texts are drawn from.
        tokens: words, shape (n, T).
        batch: what `corruptions.fill_in_the_middle` made of them.
        vocab: the ids.
        spm: as there.

    Returns:
        shape (n, T + 3): every target shows its text's mean.
    """
    places = (tokens.shape[1] + 1) ** 2
    full = np.concatenate([batch.inputs, batch.targets[:, -1:]], axis=1)
    i, j = np.array([decode_middle(row, vocab)[1] for row in full]).T
    psm = (1 - spm) * (2 - (i == j)) / places
    either = psm + np.where(i == 0, spm * (2 * j + 1) / places, 0.0)
    return spread(language.log_prob(tokens) + log_of(either), batch.weights)


def cut_entropy(length: int) -> float:
    """H(i, j) = 2 ln(T + 1) - T ln 2 / (T + 1) nats a text: the price of PSM's cuts.

    Two draws are equal with probability 1 / (T + 1); otherwise two orders make one
    pair, which saves ln 2.

    Example:
        >>> round(cut_entropy(32), 3), round(cut_entropy(512), 3)
        (6.321, 11.789)
    """
    return float(2 * np.log(length + 1) - length * np.log(2) / (length + 1))


def suffix_cut_entropy(length: int) -> float:
    """H(j) for the larger of the two draws, P(j) = (2 j + 1) / (T + 1)^2: SPM's price.

    Example:
        >>> round(suffix_cut_entropy(32), 3)
        3.304
    """
    p = (2 * np.arange(length + 1) + 1) / (length + 1) ** 2
    return float(-(p @ np.log(p)))
