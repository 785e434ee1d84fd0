"""UL2: seven denoisers in one mixture, and a token that says of which kind."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.generators import check_generator
from mlph_lib.pretraining.arguments import as_tokens
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.parts import ended, sequence_to_sequence
from mlph_lib.pretraining.corruptions.span_corruption import (
    hide,
    noise,
    reveal,
    span_masks,
)
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["DENOISERS", "mixture"]

DENOISERS = (  # (mode, mean span, rate)
    ("mode_r", 3.0, 0.15),
    ("mode_r", 8.0, 0.15),
    ("mode_s", None, 0.25),
    ("mode_x", 3.0, 0.5),
    ("mode_x", 8.0, 0.5),
    ("mode_x", 64.0, 0.15),
    ("mode_x", 64.0, 0.5),
)


def mixture(tokens: ArrayLike, vocab: Vocabulary, rng: np.random.Generator) -> Batch:
    """Each text gets one of `DENOISERS`, all alike, behind its mode token.

    R hides little in short spans, X much or in long ones, S one span: the end of the
    text, which makes it a prefix LM. A mean span longer than the text becomes its
    length. The settings are those usually given for UL2; ports differ in one or two.

    Args:
        tokens: words, shape (n, T), T >= 2.
        vocab: the ids, with a sentinel for every span.
        rng: draws denoisers and spans.

    Returns:
        a source (mode token, text with sentinels, EOS) and a target, both padded.

    Raises:
        TypeError, ValueError: as `span_corruption`.

    Source: Y. Tay et al., UL2: unifying language learning paradigms, ICLR 2023,
    arXiv:2205.05131, section 3.1.

    Example:
        >>> vocab, rng = Vocabulary(3), np.random.default_rng(0)
        >>> batch = mixture([[0, 1, 2, 0, 1, 2, 0, 1]] * 2, vocab, rng)
        >>> batch.source.inputs[:, 0] - vocab.mode_r  # both X
        array([2, 2])
    """
    tokens = as_tokens(tokens, vocab.words)
    check_generator(rng)
    sources: dict[int, np.ndarray] = {}
    targets: dict[int, np.ndarray] = {}
    which = rng.integers(len(DENOISERS), size=len(tokens))
    for k in np.unique(which):
        mode, mean, rate = DENOISERS[k]
        rows = np.flatnonzero(which == k)
        masks = _masks(rows.size, tokens.shape[1], mean, rate, rng)
        hidden, shown = (
            reveal(tokens[rows], masks, vocab),
            hide(tokens[rows], masks, vocab),
        )
        shown = np.insert(shown, 0, getattr(vocab, mode), axis=1)
        sources |= zip(rows, ended(shown, vocab), strict=True)
        targets |= zip(rows, ended(hidden, vocab), strict=True)
    order = range(len(tokens))
    return sequence_to_sequence(
        [sources[row] for row in order], [targets[row] for row in order], vocab
    )


def _masks(
    n: int, length: int, mean: float | None, rate: float, rng: np.random.Generator
) -> np.ndarray:
    if mean is not None:
        return span_masks(n, length, rng, rate, min(mean, length))
    hidden, _ = noise(length, rate, length)
    return np.tile(np.arange(length) >= length - hidden, (n, 1))
