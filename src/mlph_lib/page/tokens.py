"""The surprise -log2 p of the tokens of a text, and the levels it is shown in."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["LEVELS", "Level", "Token", "check_samples", "level_of", "tokens_of"]


class Token(NamedTuple):
    """A piece as the vocabulary spells it, and its surprise -log2 p in bits."""

    piece: str
    bits: float


class Level(NamedTuple):
    """How tokens from ``start`` bits on look: the wash and letters of a light page,
    those of a dark one, the underline in pixels, and whether letters are bold."""

    start: float
    told: str
    light: tuple[str, str]
    dark: tuple[str, str]
    line: int
    bold: bool


# Letters keep a contrast of 4.5:1 to their wash; line and weight tell without colour.
LEVELS = (
    Level(0, "under 1", ("", ""), ("", ""), 0, False),
    Level(1, "1 to 2", ("#fdf0e6", "#1a1a1a"), ("#33231a", "#ffffff"), 0, False),
    Level(2, "2 to 4", ("#fbdcc5", "#1a1a1a"), ("#4f2f1a", "#ffffff"), 1, False),
    Level(4, "4 to 8", ("#f7bf95", "#1a1a1a"), ("#6e3c14", "#ffffff"), 2, False),
    Level(8, "8 to 12", ("#f09c60", "#1a1a1a"), ("#8f4a12", "#ffffff"), 2, True),
    Level(12, "12 or more", ("#e67e33", "#1a1a1a"), ("#ad5610", "#ffffff"), 3, True),
)
STARTS = [level.start for level in LEVELS]


def level_of(bits: float) -> int:
    """The index of the level that ``bits`` falls in.

    Example:
        >>> level_of(0.5), level_of(8.0), level_of(30.0)
        (0, 4, 5)
    """
    return bisect_right(STARTS, max(bits, 0.0)) - 1  # a sure token may round below 0


def tokens_of(answer: Mapping[str, Any]) -> list[list[Token]]:
    """-log2 p of every token of an answer with samples.

    Args:
        answer: with ids (n, T), lengths (n,), log_probabilities (n, T) in nats, and
            used_ids and used_pieces, the spellings of all ids that occur.

    Returns:
        n samples for ``coloured_text``.

    Example:
        >>> tokens_of({"ids": [[5, 2], [2, -1]], "lengths": [2, 1],
        ...     "log_probabilities": np.log([[0.5, 0.25], [0.5, 1]]),
        ...     "used_ids": [2, 5], "used_pieces": ["</s>", "▁a"]})[0]
        [Token(piece='▁a', bits=1.0), Token(piece='</s>', bits=2.0)]
    """
    piece = dict(zip(map(int, answer["used_ids"]), answer["used_pieces"]))
    bits = -np.asarray(answer["log_probabilities"], dtype=np.float64) / math.log(2)
    return [
        [Token(piece[int(i)], float(b)) for i, b in zip(ids[:n], row[:n])]
        for ids, row, n in zip(answer["ids"], bits, map(int, answer["lengths"]))
    ]


def check_samples(samples: Sequence[Sequence[Token]]) -> None:
    """Refuse what could not be coloured."""
    if not samples or not all(len(sample) > 0 for sample in samples):
        empty = [i for i, sample in enumerate(samples) if len(sample) == 0]
        raise ValueError(
            f"expected samples of one token or more, got {len(samples)} samples, "
            f"empty ones: {empty}"
        )
    for i, sample in enumerate(samples):
        for piece, bits in sample:
            if not 0 <= round(bits, 6) < math.inf:
                raise ValueError(
                    f"sample {i}: expected a surprise -log2 p >= 0 in bits, got {bits} "
                    f"for the piece {piece!r}"
                )
