"""The objectives by name: how texts are changed, what learns, what is the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np

from mlph_lib.pretraining import corruptions, limits
from mlph_lib.pretraining.batch import Batch
from mlph_lib.pretraining.detection import LearnedDetection
from mlph_lib.pretraining.languages import Language
from mlph_lib.pretraining.network import EncoderDecoder, Transformer, TransformerConfig
from mlph_lib.pretraining.objectives import (
    BinaryObjective,
    ContrastiveObjective,
    MultiTokenObjective,
    Objective,
    SpanBoundaryObjective,
    TokenObjective,
)
from mlph_lib.pretraining.vocabulary import Vocabulary

__all__ = ["TASKS", "Task", "task"]

Corrupt = Callable[[np.ndarray, Vocabulary, np.random.Generator], Batch]
Wrap = Callable[[TransformerConfig, Vocabulary], Objective]
Best = Callable[[Language, np.ndarray, Batch, Vocabulary], np.ndarray]


@dataclass(frozen=True)
class Task:
    """A pretraining task from end to end.

    Attributes:
        corrupt: texts, vocabulary, generator -> batch.
        wrap: sizes, vocabulary -> a network and its heads.
        best: language, texts, batch, vocabulary -> log p* of every target; None
            where no exact limit is known.
        coupling: what several processes must share, beside gradients: "A" nothing,
            "B" the number of targets, "C" the samples themselves.
    """

    corrupt: Corrupt
    wrap: Wrap
    best: Best | None
    coupling: Literal["A", "B", "C"]


def task(name: str) -> Task:
    """The task of a name.

    Raises:
        ValueError: if there is none.

    Example:
        >>> task("clm").coupling
        'A'
    """
    if name not in TASKS:
        raise ValueError(f"no task {name!r}; there are {', '.join(TASKS)}")
    return TASKS[name]


def _tokens(config: TransformerConfig, vocab: Vocabulary) -> Objective:
    return TokenObjective(Transformer(config), query_id=vocab.mask)


def _translation(config: TransformerConfig, vocab: Vocabulary) -> Objective:
    return TokenObjective(EncoderDecoder(config))


def _ahead(config: TransformerConfig, vocab: Vocabulary) -> Objective:
    return MultiTokenObjective(Transformer(config), k=4)


def _blocks_ahead(config: TransformerConfig, vocab: Vocabulary) -> Objective:
    return MultiTokenObjective(Transformer(config), k=4, blocks=True)


def _boundary(config: TransformerConfig, vocab: Vocabulary) -> Objective:
    return SpanBoundaryObjective(Transformer(config))


def _binary(config: TransformerConfig, vocab: Vocabulary) -> Objective:
    return BinaryObjective(Transformer(config))


def _pair(config: TransformerConfig, vocab: Vocabulary) -> Objective:
    return BinaryObjective(Transformer(replace(config, type_vocab_size=2)))


def _contrast(config: TransformerConfig, vocab: Vocabulary) -> Objective:
    return ContrastiveObjective(Transformer(config))


def _learned(config: TransformerConfig, vocab: Vocabulary) -> Objective:
    """ELECTRA's sizes: a generator of a quarter of the width, and full depth."""
    heads = max(config.num_attention_heads // 4, 1)
    small = replace(
        config, hidden_size=config.hidden_size // 4, num_attention_heads=heads
    )
    return LearnedDetection(Transformer(config), Transformer(small), vocab.words)


def _plain(limit: Callable[[Language, np.ndarray, Batch], np.ndarray]) -> Best:
    return lambda language, tokens, batch, vocab: limit(language, tokens, batch)


def _pairs(limit: Callable[[Language, Batch], np.ndarray]) -> Best:
    return lambda language, tokens, batch, vocab: limit(language, batch)


def _whole_word(
    tokens: np.ndarray, vocab: Vocabulary, rng: np.random.Generator
) -> Batch:
    """Words of two pieces each."""
    starts = np.arange(tokens.shape[1]) % 2 == 0
    return corruptions.whole_word(tokens, vocab, rng, starts)


_MLM40 = partial(corruptions.masked_lm, rate=0.4)
_BERT = partial(corruptions.masked_lm, replace=(0.8, 0.1, 0.1))
_SIXTH = partial(corruptions.permutation_lm, share=1 / 6)
_MASKED = _plain(limits.masked)
_BESIDE = _plain(lambda *args: limits.span_boundary(*args)[0])
_ORDER = _plain(limits.permutation_lm)
_SEVERAL = _plain(limits.multi_token)

TASKS: dict[str, Task] = {
    "clm": Task(corruptions.causal_lm, _tokens, _plain(limits.causal_lm), "A"),
    "mlm": Task(corruptions.masked_lm, _tokens, _MASKED, "B"),
    "mlm40": Task(_MLM40, _tokens, _MASKED, "B"),
    "bert": Task(_BERT, _tokens, _plain(limits.noisy), "B"),
    "whole-word": Task(_whole_word, _tokens, _MASKED, "B"),
    "span-boundary": Task(corruptions.span_boundary, _boundary, _BESIDE, "B"),
    "nsp": Task(corruptions.next_sentence, _pair, _pairs(limits.next_sentence), "A"),
    "sop": Task(corruptions.sentence_order, _pair, _pairs(limits.sentence_order), "A"),
    "rtd": Task(
        corruptions.replaced_tokens, _binary, _plain(limits.replaced_tokens), "A"
    ),
    "electra": Task(corruptions.masked_lm, _learned, None, "B"),
    "bart": Task(corruptions.denoising, _translation, limits.denoising, "A"),
    "prefix": Task(corruptions.prefix_lm, _tokens, _plain(limits.prefix_lm), "B"),
    "t5": Task(corruptions.span_corruption, _translation, limits.span_corruption, "A"),
    "ul2": Task(corruptions.mixture, _translation, limits.mixture, "B"),
    "fim": Task(
        corruptions.fill_in_the_middle, _tokens, limits.fill_in_the_middle, "A"
    ),
    "plm": Task(corruptions.permutation_lm, _tokens, _ORDER, "A"),
    "plm-partial": Task(_SIXTH, _tokens, _ORDER, "A"),
    "mtp": Task(corruptions.multi_token, _ahead, _SEVERAL, "A"),
    "mtp-blocks": Task(corruptions.multi_token, _blocks_ahead, _SEVERAL, "A"),
    "diffusion": Task(corruptions.masked_diffusion, _tokens, _MASKED, "A"),
    "contrastive": Task(
        corruptions.contrastive, _contrast, _pairs(limits.contrastive), "C"
    ),
}
