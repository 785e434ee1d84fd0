"""One language model, whoever wrote its code: ours or transformers'."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["ClaimError", "LanguageModel", "live"]


class ClaimError(AssertionError):
    """What the page says of the shipped model does not hold of it."""


@dataclass
class LanguageModel:
    """A causal model with its tokenizer: ids in, next-token logits out.

    Args:
        model: `mlph_lib.llama.Llama` or a transformers `LlamaForCausalLM`.
        tokenizer: a transformers tokenizer.
        name: what the pages call it.
        shipped: whether it is the book's own model, for which numbers are claimed.
    """

    model: Any
    tokenizer: Any
    name: str
    shipped: bool = False

    @classmethod
    def load(cls, folder: str | Path, backend: str = "ours") -> LanguageModel:
        """The checkpoint in ``folder``, by "ours" or by "transformers"."""
        raise NotImplementedError

    def encode(self, prompt: str) -> list[int]:
        """The ids of a prompt as the tokenizer makes them; "" is BOS alone."""
        raise NotImplementedError

    def pieces(self, ids: list[int]) -> list[str]:
        """The vocabulary's own spelling of each id, leading spaces visible."""
        raise NotImplementedError

    def text(self, ids: list[int]) -> str:
        """The ids decoded, special tokens included."""
        raise NotImplementedError

    def logits(self, ids: list[int]) -> np.ndarray:
        """(T, V): the logits at each of T positions."""
        raise NotImplementedError

    def next_logits(self, prefix: list[int]) -> np.ndarray:
        """(V,) float64: the logits after ``prefix``, token by token through a cache."""
        raise NotImplementedError

    def bound(self, x: Any) -> Any:
        """``x`` for the shipped model, None for any other: a bound for `number`."""
        return x if self.shipped else None

    def claim(self, text: str, holds: bool) -> bool:
        """Stop the page unless ``holds``; of another model, only say whether it does."""
        raise NotImplementedError


def live() -> LanguageModel:
    """The model that the cells run on: the shipped one, or the folder in LLAMA."""
    raise NotImplementedError
