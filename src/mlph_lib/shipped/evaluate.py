"""How well a model compresses held-out documents, beside gzip, xz and bigrams."""

from __future__ import annotations

import gzip
import lzma
import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from mlph_lib.llama import Llama
from mlph_lib.shipped.training import mean_loss

__all__ = ["beginnings", "bigram_bits", "bits_per_byte", "rivals"]

SMOOTHING = 0.1  # a count that every pair of bytes has before any text is seen


def bits_per_byte(
    model: Llama, ids: Sequence[np.ndarray], texts: Sequence[str]
) -> float:
    """sum_t -log2 p(x_t | x_<t) / bytes: code length of each text with its end.

    Args:
        model: a `Llama`.
        ids: of each text, BOS first, EOS last; BOS is free, EOS is not.
        texts: the same as strings, measured in UTF-8.

    Example:
        >>> from mlph_lib.llama import LlamaConfig
        >>> model = Llama(LlamaConfig(16, 8, 16, 1, 2, 1))
        >>> round(bits_per_byte(model, [np.array([1, 5, 2])], ["ab"]))  # 2 log2(16) / 2
        4
    """
    tokens = sum(len(x) - 1 for x in ids)
    return mean_loss(model, ids) * tokens / math.log(2) / _bytes(texts)


def rivals(training: Sequence[str], held_out: Sequence[str]) -> dict[str, float]:
    """Bits per byte of gzip -9 and xz -9e on all texts at once, and of byte bigrams.

    Example:
        >>> found = rivals(["abab" * 50], ["abab" * 50])
        >>> sorted(found), found["bigram"] < 1.0
        (['bigram', 'gzip', 'xz'], True)
    """
    whole = "\x00".join(held_out).encode()
    size = 8 / _bytes(held_out)
    return {
        "gzip": len(gzip.compress(whole, 9, mtime=0)) * size,
        "xz": len(lzma.compress(whole, preset=9 | lzma.PRESET_EXTREME)) * size,
        "bigram": bigram_bits(training, held_out) / _bytes(held_out),
    }


def bigram_bits(training: Sequence[str], held_out: Sequence[str]) -> float:
    """sum -log2 p(byte | byte before), counts of the training texts, smoothed.

    Each text starts and ends with a byte 0.
    """
    counts = np.full((256, 256), SMOOTHING)
    for text in training:
        before, after = _pairs(text)
        np.add.at(counts, (before, after), 1)
    log_p = np.log2(counts / counts.sum(1, keepdims=True))
    return -sum(float(log_p[_pairs(text)].sum()) for text in held_out)


def beginnings(ids: Sequence[np.ndarray], top: int = 40) -> dict:
    """How documents begin: the tokens after BOS and how often, most frequent first.

    Example:
        >>> beginnings([np.array([1, 7, 2]), np.array([1, 7, 9])], top=1)
        {'documents': 2, 'ids': [7], 'counts': [2]}
    """
    counts = Counter(int(x[1]) for x in ids)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:top]
    return {
        "documents": len(ids),
        "ids": [token for token, _ in ranked],
        "counts": [count for _, count in ranked],
    }


def _pairs(text: str) -> tuple[np.ndarray, np.ndarray]:
    raw = np.frombuffer(b"\x00" + text.encode() + b"\x00", dtype=np.uint8)
    return raw[:-1], raw[1:]


def _bytes(texts: Sequence[str]) -> int:
    return sum(len(text.encode()) for text in texts)
