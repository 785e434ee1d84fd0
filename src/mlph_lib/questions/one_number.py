"""One number is the whole text: arithmetic sampling, in exact fractions."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

import numpy as np

from mlph_lib.decoding import arithmetic_code, arithmetic_sample, token_law
from mlph_lib.questions.asked import asked, check_count, written
from mlph_lib.questions.law import entropy, log_law
from mlph_lib.questions.model import LanguageModel

__all__ = ["arithmetic", "exact"]


def arithmetic(
    lm: LanguageModel,
    prompt: str = "",
    codes: list[str] | tuple[str, ...] = ("1/2",),
    max_new_tokens: int = 64,
) -> dict[str, Any]:
    """The text whose interval holds the code: one number in [0, 1) is the whole text.

    Args:
        codes: exact fractions as text, "1/17".

    Returns:
        prompt, prompt_ids, prompt_pieces, prompt_text; codes: as asked; ids: (n, T)
        int64, EOS included, -1 after the end; lengths; texts; used_ids, used_pieces;
        low, width: n exact fractions as text (`exact` reads them),
        low <= code < low + width;
        log_probabilities, entropies: (n, T) float64, nats, NaN after the end.
    """
    check_count("max_new_tokens", max_new_tokens)
    prompt_ids, shown = asked(lm, prompt)
    runs = [_decode(lm, prompt_ids, code, max_new_tokens) for code in codes]
    texts, lows, widths, log_p, entropies = zip(*runs, strict=True)
    return shown | written(lm, prompt_ids, list(texts), max_new_tokens) | {
        "codes": list(codes),
        "low": list(lows),
        "width": list(widths),
        "log_probabilities": _padded(log_p, max_new_tokens),
        "entropies": _padded(entropies, max_new_tokens),
    }


def exact(text: str) -> Fraction:
    """The fraction that a text spells, however many digits it has.

    Example:
        >>> exact("1/17") + exact("0.5")
        Fraction(19, 34)
    """
    with _long_numbers():
        return Fraction(text)


def _spelt(fraction: Fraction) -> str:
    with _long_numbers():
        return str(fraction)


@contextmanager
def _long_numbers() -> Iterator[None]:
    """Python neither writes nor reads integers of over 4,300 digits unless told to."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(limit)


def _decode(
    lm: LanguageModel, prompt_ids: list[int], code: str, max_new_tokens: int
) -> tuple[list[int], str, str, np.ndarray, np.ndarray]:
    """One code's ids, the exact interval around it, and what each step was worth."""
    known: dict[tuple[int, ...], np.ndarray] = {}

    def next_logits(prefix: list[int]) -> np.ndarray:
        key = tuple(prefix)
        if key not in known:
            known[key] = lm.next_logits([*prompt_ids, *prefix])
        return known[key]

    u = exact(code)
    ids = arithmetic_sample(next_logits, u, max_new_tokens, lm.eos)
    low, width = arithmetic_code(next_logits, ids)
    logits = np.array([known[tuple(ids[:t])] for t in range(len(ids))])
    log_p = np.take_along_axis(log_law(logits), np.array(ids)[:, None], -1)[:, 0]
    return ids, _spelt(low), _spelt(width), log_p, entropy(token_law(logits))


def _padded(rows: tuple[np.ndarray, ...], length: int) -> np.ndarray:
    return np.array([np.pad(r, (0, length - len(r)), constant_values=np.nan) for r in rows])
