"""The best that can be done where a text has gaps of unknown length: T5, BART, UL2."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.denoising import hidden_tokens, poisson
from mlph_lib.pretraining.languages import HiddenMarkov
from mlph_lib.pretraining.limits.laws import spread
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["GAP", "denoising", "log_gap_sum", "mixture", "span_corruption"]

GAP = -1


def span_corruption(
    language: HiddenMarkov, tokens: np.ndarray, batch: Batch, vocab: Vocabulary
) -> np.ndarray:
    """log P(target | source) = log p(x) - log sum over lengths of p(what is shown).

    The source shows how many tokens are hidden and in how many spans; all lengths with
    these sums were equally likely, so the law of the masks cancels.

    Args:
        language: a hidden Markov language.
        tokens: words, shape (n, T).
        batch: what `corruptions.span_corruption` or `mixture` made of them.
        vocab: the ids.

    Returns:
        shape (n, U): every target shows its text's mean.

    Raises:
        TypeError: for another language; the sum over lengths needs states.
    """
    _check(language)
    rows = []
    for source in batch.source.inputs:
        shown = _shown(source, source >= vocab.size - vocab.sentinels, vocab)
        hidden = tokens.shape[1] - np.count_nonzero(shown != GAP)
        longer = np.triu(np.ones((hidden + 1, hidden + 1)), 1)  # one token or more
        steps = [longer] * np.count_nonzero(shown == GAP)
        rows.append(_over_texts(language, shown, steps))
    return spread(language.log_prob(tokens) - np.array(rows), batch.weights)


def mixture(
    language: HiddenMarkov, tokens: np.ndarray, batch: Batch, vocab: Vocabulary
) -> np.ndarray:
    """As `span_corruption`, whichever of the seven denoisers made the text.

    Two denoisers of one mode may hide as many tokens in as many spans; then all masks
    were equally likely under both.
    """
    return span_corruption(language, tokens, batch, vocab)


def denoising(
    language: HiddenMarkov,
    tokens: np.ndarray,
    batch: Batch,
    vocab: Vocabulary,
    rate: float = 0.3,
    mean_span: float = 3.0,
) -> np.ndarray:
    """log p(x | y) = log p(x) + log P(y | x) - log sum_x' p(x') P(y | x').

    Different masks may make the same damaged text y of the same x, so P(y | x) is a sum
    over masks as well; both sums run over the lengths of the spans. The law of the
    places is uniform given their number and cancels.

    Args:
        language: a hidden Markov language.
        tokens: words, shape (n, T).
        batch: what `corruptions.denoising` made of them.
        vocab: the ids.
        rate, mean_span: as there.

    Returns:
        shape (n, T): every target shows its text's mean.

    Raises:
        TypeError: for another language.
    """
    _check(language)
    early, last = _poisson_steps(hidden_tokens(tokens.shape[1], rate), mean_span)
    rows = []
    for x, source in zip(tokens, batch.source.inputs, strict=True):
        shown = _shown(source, source == vocab.mask, vocab)
        steps = [early] * (np.count_nonzero(shown == GAP) - 1) + [last]
        rows.append(_over_masks(x, shown, steps) - _over_texts(language, shown, steps))
    return spread(language.log_prob(tokens) + np.array(rows), batch.weights)


def log_gap_sum(
    shown: np.ndarray,
    steps: list[np.ndarray],
    start: np.ndarray,
    read: Callable[[np.ndarray, int], np.ndarray],
    skip: np.ndarray,
) -> float:
    """log of the sum, over all lengths of the gaps, of weight times probability.

    A table holds, for each number u of hidden tokens so far, the weights of the states.
    A word changes each row by `read`; gap g takes row u to row v with weight
    steps[g][u, v], through v - u unseen tokens. The answer is the sum of the last row.

    Args:
        shown: words, and GAP where a gap is.
        steps: for each gap weights of shape (H + 1, H + 1), zero below the diagonal.
        start: weights of the states before the text, shape (S,).
        read: (table, word) -> table.
        skip: skip[l] moves a row through l unseen tokens, shape (H + 1, S, S).

    Example:
        >>> longer = np.triu(np.ones((4, 4)), 1)  # 3 tokens in 2 gaps: 1 + 2 or 2 + 1
        >>> never = np.ones((4, 1, 1))
        >>> shown, steps = np.array([GAP, 0, GAP]), [longer, longer]
        >>> log_sum = log_gap_sum(shown, steps, np.ones(1), lambda t, word: t, never)
        >>> round(float(np.exp(log_sum)))
        2
    """
    table = np.zeros((len(skip), start.size))
    table[0] = start
    log_scale, moves = 0.0, iter(steps)
    for token in shown:
        table = (
            _through(table, next(moves), skip) if token == GAP else read(table, token)
        )
        total = table.sum()
        if total == 0:
            return -np.inf
        table, log_scale = table / total, log_scale + np.log(total)
    end = table[-1].sum()
    return float(log_scale + np.log(end)) if end > 0 else -np.inf


def _through(table: np.ndarray, step: np.ndarray, skip: np.ndarray) -> np.ndarray:
    moved = np.einsum("us,lsr->ulr", table, skip)
    u, v = np.triu_indices(len(skip))
    out = np.zeros_like(table)
    np.add.at(out, v, step[u, v][:, None] * moved[u, v - u])
    return out


def _shown(source: np.ndarray, gap: np.ndarray, vocab: Vocabulary) -> np.ndarray:
    """The words and gaps of a source, without its other special tokens."""
    return np.where(gap, GAP, source)[gap | (source < vocab.words)]


def _over_texts(
    language: HiddenMarkov, shown: np.ndarray, steps: list[np.ndarray]
) -> float:
    """The sum over all texts of the language that the gaps leave open."""
    lengths = range(len(steps[0]))
    skip = np.stack([np.linalg.matrix_power(language.move, k) for k in lengths])
    return log_gap_sum(
        shown,
        steps,
        language.start,
        lambda table, word: table @ language.emit[word],
        skip,
    )


def _over_masks(x: np.ndarray, shown: np.ndarray, steps: list[np.ndarray]) -> float:
    """The sum over all masks that make what is shown of this very text."""
    rows = len(steps[0])
    place = iter(range(x.size))  # of a word, if nothing were hidden before it

    def read(table: np.ndarray, word: int) -> np.ndarray:
        start = next(place)
        return table * (x[start : start + rows] == word)[:, None]

    return log_gap_sum(shown, steps, np.ones(1), read, np.ones((rows, 1, 1)))


def _poisson_steps(hidden: int, mean: float) -> tuple[np.ndarray, np.ndarray]:
    """Weights of a span that leaves something to hide, and of the one that ends it."""
    exactly, at_least = poisson(mean, hidden)
    u, v = np.triu_indices(hidden + 1)
    early = np.zeros((hidden + 1, hidden + 1))
    early[u, v] = np.where(v < hidden, exactly[v - u], 0.0)
    last = np.zeros_like(early)
    last[:-1, -1] = at_least[:0:-1]  # from u, the span is hidden - u or longer
    return early, last


def _check(language: HiddenMarkov) -> None:
    if not isinstance(language, HiddenMarkov):
        raise TypeError(
            "the sum over unknown lengths runs through the states of a hidden Markov "
            f"language, got {type(language).__name__}"
        )
