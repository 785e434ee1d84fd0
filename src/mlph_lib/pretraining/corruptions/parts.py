"""What several corruptions share: shifting, padding, a source beside its target."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mlph_lib.pretraining.attention import Attention
from mlph_lib.pretraining.batch import Batch, Source
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["ended", "halves", "keys", "padded", "sequence_to_sequence", "shift"]


def keys(inputs: np.ndarray, vocab: Vocabulary) -> np.ndarray | None:
    """Where attention may look: everywhere but at padding; None if there is none."""
    seen = inputs != vocab.pad
    return None if seen.all() else seen


def shift(tokens: np.ndarray, first: int) -> np.ndarray:
    """[first, x_1, ..., x_{T-1}]: what a decoder has read when it predicts x.

    Example:
        >>> shift(np.array([[5, 6, 7]]), 0)
        array([[0, 5, 6]])
    """
    return np.insert(tokens[:, :-1], 0, first, axis=1)


def padded(rows: Sequence[np.ndarray], pad: int) -> np.ndarray:
    """The rows under one another, filled up on the right.

    Example:
        >>> padded([np.array([1, 2]), np.array([3])], 0)
        array([[1, 2],
               [3, 0]])
    """
    full = np.full((len(rows), max(map(len, rows))), pad, dtype=np.int64)
    for row, tokens in zip(full, rows, strict=True):
        row[: len(tokens)] = tokens
    return full


def ended(rows: np.ndarray, vocab: Vocabulary) -> np.ndarray:
    """Every row with EOS behind it."""
    return np.insert(rows, rows.shape[1], vocab.eos, axis=1)


def sequence_to_sequence(
    sources: Sequence[np.ndarray], targets: Sequence[np.ndarray], vocab: Vocabulary
) -> Batch:
    """An encoder reads the source; a decoder that starts with BOS writes the target.

    Reference models start their decoders with the padding id (T5) or the end id
    (BART); a start of its own cannot be masked by mistake.
    """
    source, target = padded(sources, vocab.pad), padded(targets, vocab.pad)
    return Batch(
        inputs=shift(target, vocab.bos),
        targets=target,
        weights=(target != vocab.pad).astype(float),
        attention=Attention("causal"),
        source=Source(source, Attention("full", keys=keys(source, vocab))),
    )


def halves(tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The first and the second half of every text.

    Raises:
        ValueError: if the length is odd.
    """
    n, length = tokens.shape
    if length % 2:
        raise ValueError(f"two segments of equal length need an even length, {length=}")
    return tokens[:, : length // 2], tokens[:, length // 2 :]
