"""One command from installed packages to a model folder: corpus, tokenizer, training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from tokenizers import Tokenizer

from mlph_lib.llama import LlamaConfig
from mlph_lib.shipped.corpus import Document, corpus, locked
from mlph_lib.shipped.tokenizer import EOS, train_tokenizer
from mlph_lib.shipped.training import Settings

__all__ = ["SETTINGS", "Data", "ids_of", "prepare"]

LOCKS = ("requirements.txt", "requirements-torch.txt")
WATCHED = 200  # held-out documents whose loss is followed during training
SETTINGS = Settings(
    LlamaConfig(
        vocab_size=2048, hidden_size=128, intermediate_size=352, num_hidden_layers=6,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=1024,
    ),
    steps=3800,
)


class Data(NamedTuple):
    """What a run learns from: tokenizer, documents, and their ids."""

    tokenizer: Tokenizer
    training: list[Document]
    held_out: list[Document]


def prepare(packages: Sequence[str], settings: Settings, say=print) -> Data:
    """The corpus of the packages, split, and a tokenizer learned on its training part.

    Documents longer than the model's max_position_embeddings are left out.

    Raises:
        ValueError: if the corpus is empty, or one of its parts.
    """
    documents = corpus(packages)
    say(f"corpus: {len(documents):,} documents of {len(packages)} packages")
    texts = [d.text for d in documents if not d.held_out]
    tokenizer = train_tokenizer(texts, settings.config.vocab_size)
    longest = settings.config.max_position_embeddings
    encoded = ids_of(tokenizer, documents)
    kept = [d for d, ids in zip(documents, encoded) if len(ids) <= longest]
    training = [d for d in kept if not d.held_out]
    held_out = [d for d in kept if d.held_out]
    if not training or not held_out:
        raise ValueError(
            f"expected documents in both parts, got {len(training)} and "
            f"{len(held_out)}: the corpus is too small"
        )
    return Data(tokenizer, training, held_out)


def ids_of(tokenizer: Tokenizer, documents: Sequence[Document]) -> list[np.ndarray]:
    """Each document as BOS, its pieces, EOS."""
    encoded = tokenizer.encode_batch([d.text for d in documents])
    return [np.array([*e.ids, EOS], dtype=np.int32) for e in encoded]


def project_packages(root: Path) -> list[str]:
    """The packages of the project's own lock."""
    return locked(*(root / name for name in LOCKS))
