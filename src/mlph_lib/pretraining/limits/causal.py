"""The best that can be done from left to right."""

from __future__ import annotations

import numpy as np

from mlph_lib.pretraining.arguments import as_tokens
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.languages import Language
from mlph_lib.pretraining.limits.laws import of_targets

__all__ = ["causal_lm", "multi_token", "prefix_lm"]


def causal_lm(language: Language, tokens: np.ndarray, batch: Batch) -> np.ndarray:
    """log p(x_t | x_1, ..., x_{t-1}); a text's sum is log p(x).

    Args:
        language: what the texts are drawn from.
        tokens: words, shape (n, T).
        batch: what `corruptions.causal_lm` made of them.

    Returns:
        shape of the batch's weights, 0 where the weight is 0.

    Example:
        >>> from mlph_lib.pretraining import corruptions, languages, vocabulary
        >>> language, vocab = languages.mess3(), vocabulary.Vocabulary(3)
        >>> x = language.sample(1, 8, np.random.default_rng(0))
        >>> best = causal_lm(language, x, corruptions.causal_lm(x, vocab))
        >>> bool(np.isclose(best.sum(), language.log_prob(x)[0]))
        True
    """
    return of_targets(language.next_token(tokens), batch.targets, batch.weights)


def prefix_lm(language: Language, tokens: np.ndarray, batch: Batch) -> np.ndarray:
    """As `causal_lm` after the prefix.

    That the prefix sees itself in both directions cannot lower the limit: what comes
    after it was allowed to see all of it anyway.
    """
    return causal_lm(language, tokens, batch)


def multi_token(language: Language, tokens: np.ndarray, batch: Batch) -> np.ndarray:
    """log p(x_{t+j} | x_1, ..., x_{t-1}) for j = 0, ..., k - 1, shape (n, T, k).

    Its negative rises with j to what is unpredictable in principle.
    """
    tokens = as_tokens(tokens, language.words)
    laws = np.ones((*batch.targets.shape, language.words)) / language.words
    for j in range(batch.targets.shape[2]):
        ahead = language.ahead(tokens, j + 1)
        laws[:, : ahead.shape[1], j] = ahead
    return of_targets(laws, batch.targets, batch.weights)
