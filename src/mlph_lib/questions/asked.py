"""What every answer says about its prompt and its texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from mlph_lib.questions.model import LanguageModel

__all__ = ["asked", "check_count", "continued", "written"]


def asked(lm: LanguageModel, prompt: str) -> tuple[list[int], dict[str, Any]]:
    """The ids of a prompt, and the part of an answer that shows them."""
    ids = lm.encode(prompt)
    shown = {
        "prompt": prompt,
        "prompt_ids": np.array(ids),
        "prompt_pieces": lm.pieces(ids),
        "prompt_text": lm.text(ids),
    }
    return ids, shown


def continued(
    lm: LanguageModel, prompt: str, new_tokens: int
) -> tuple[list[int], dict[str, Any]]:
    """The ids of a prompt and of its greedy continuation, and how an answer shows them."""
    from mlph_lib.questions.choosing import greedy

    check_count("new_tokens", new_tokens, least=0)
    ids = lm.encode(prompt)
    if new_tokens:
        ids += greedy(lm, prompt, new_tokens)["ids"].tolist()
    shown = {"ids": np.array(ids), "pieces": lm.pieces(ids), "text": lm.text(ids)}
    return ids, {"prompt": prompt} | shown


def written(
    lm: LanguageModel, prompt_ids: list[int], texts: list[list[int]], length: int
) -> dict[str, Any]:
    """Several texts as one array of ids, -1 after the end, and as strings."""
    ids = np.full((len(texts), length), -1)
    for row, text in zip(ids, texts, strict=True):
        row[: len(text)] = text
    used = sorted({token for text in texts for token in text})
    return {
        "ids": ids,
        "lengths": np.array([len(text) for text in texts]),
        "texts": [lm.continuation(prompt_ids, text) for text in texts],
        "used_ids": np.array(used, dtype=int),
        "used_pieces": lm.pieces(used),
    }


def check_count(name: str, value: int, least: int = 1) -> None:
    """A count of tokens, texts or repeats: an integer from ``least``.

    Raises:
        ValueError: for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{name} must be an integer from {least}, got {value!r}")
