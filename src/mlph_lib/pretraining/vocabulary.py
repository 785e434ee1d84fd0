"""The ids: first the words of a language, then the special tokens, then sentinels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["SPECIALS", "Vocabulary"]

SPECIALS = tuple("pad mask cls sep bos eos pre suf mid mode_r mode_s mode_x".split())


@dataclass(frozen=True)
class Vocabulary:
    """Words 0, ..., words - 1; twelve specials; sentinels down from the last id.

    Attributes:
        words: number V of words of the language.
        sentinels: how many ids span corruption may use.

    Raises:
        ValueError: if there are fewer than 2 words or the sentinels are negative.

    Example:
        >>> vocab = Vocabulary(words=3, sentinels=2)
        >>> vocab.size, vocab.mask, vocab.sentinel(0), vocab.sentinel(1)
        (17, 4, 16, 15)
    """

    words: int
    sentinels: int = 8

    def __post_init__(self) -> None:
        if self.words < 2 or self.sentinels < 0:
            raise ValueError(
                "a vocabulary needs at least 2 words and no negative number of "
                f"sentinels, got {self.words} and {self.sentinels}"
            )

    @property
    def size(self) -> int:
        """Number of ids, which is the width of the logits."""
        return self.words + len(SPECIALS) + self.sentinels

    def __getattr__(self, name: str) -> int:
        if name not in SPECIALS:
            raise AttributeError(f"no special token {name!r}; there are {SPECIALS}")
        return self.words + SPECIALS.index(name)

    def sentinel(self, k: int | np.ndarray) -> int | np.ndarray:
        """The k-th sentinel, counted down from the last id as T5 does.

        Raises:
            ValueError: if there are too few sentinels.
        """
        if np.any(np.asarray(k) >= self.sentinels):
            raise ValueError(
                f"the vocabulary is too small: {np.max(k) + 1} spans need as many "
                f"sentinels, it has {self.sentinels}"
            )
        return self.size - 1 - k

    def names(self, words: Sequence[str]) -> list[str]:
        """The spelling of every id: the words, "[MASK]" and its like, "<0>", "<1>" ...

        Args:
            words: the spellings of the words, in the order of their ids.

        Returns:
            `size` spellings; `names[vocab.sentinel(k)]` is "<k>".

        Raises:
            ValueError: if there are not as many as the vocabulary has words.

        Example:
            >>> vocab = Vocabulary(words=2, sentinels=2)
            >>> names = vocab.names(["to", "be"])
            >>> names[0], names[vocab.mask], names[vocab.mode_r], names[-2:]
            ('to', '[MASK]', '[R]', ['<1>', '<0>'])
        """
        if len(words) != self.words:
            raise ValueError(
                f"expected the spellings of {self.words} words, got {len(words)}"
            )
        specials = [f"[{name.removeprefix('mode_').upper()}]" for name in SPECIALS]
        sentinels = [f"<{k}>" for k in reversed(range(self.sentinels))]
        return [*words, *specials, *sentinels]

    def is_special(self, ids: np.ndarray) -> np.ndarray:
        """True where an id is no word."""
        return np.asarray(ids) >= self.words
