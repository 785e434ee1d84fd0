"""UL2: seven denoisers in one mixture, and a token that says of which kind."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.pretraining.arguments import as_tokens, check_generator
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.corruptions.parts import sequence_to_sequence
from mlph_lib.pretraining.corruptions.span_corruption import hide, reveal, span_mask
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


def mixture(
    tokens: ArrayLike, vocab: Vocabulary, rng: np.random.Generator
) -> Batch:
    """Each text gets one of `DENOISERS`, all alike, behind its mode token.

    R hides few and short spans, X many or long ones, S one span: the end of the text,
    which makes it a prefix LM. A mean span longer than the text becomes its length.

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
    sources, targets = [], []
    for x, which in zip(tokens, rng.integers(7, size=len(tokens)), strict=True):
        mode, mean, rate = DENOISERS[which]
        mask = _mask(x.size, mean, rate, rng)
        start, end = [getattr(vocab, mode)], [vocab.eos]
        sources.append(np.concatenate([start, hide(x, mask, vocab), end]))
        targets.append(np.concatenate([reveal(x, mask, vocab), end]))
    return sequence_to_sequence(sources, targets, vocab)


def _mask(
    length: int, mean: float | None, rate: float, rng: np.random.Generator
) -> np.ndarray:
    if mean is not None:
        return span_mask(length, rng, rate, min(mean, length))
    hidden = min(max(round(rate * length), 1), length - 1)
    return np.arange(length) >= length - hidden
