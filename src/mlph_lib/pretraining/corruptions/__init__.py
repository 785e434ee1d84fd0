"""Every objective's data side: texts and a generator in, a `Batch` out."""

from mlph_lib.pretraining.corruptions.bert_pairs import bert_pairs
from mlph_lib.pretraining.corruptions.causal import causal_lm, multi_token, prefix_lm
from mlph_lib.pretraining.corruptions.denoising import denoising
from mlph_lib.pretraining.corruptions.detection import detection, replaced_tokens
from mlph_lib.pretraining.corruptions.infilling import (
    decode_middle,
    fill_in_the_middle,
    rearranged,
)
from mlph_lib.pretraining.corruptions.masked import (
    masked_diffusion,
    masked_lm,
    whole_word,
)
from mlph_lib.pretraining.corruptions.mixture import mixture
from mlph_lib.pretraining.corruptions.pairs import (
    contrastive,
    next_sentence,
    sentence_order,
)
from mlph_lib.pretraining.corruptions.permutation import permutation_lm
from mlph_lib.pretraining.corruptions.span_corruption import (
    decode_spans,
    span_corruption,
    span_masks,
)
from mlph_lib.pretraining.corruptions.spans import span_boundary, span_lengths

__all__ = [
    "bert_pairs",
    "causal_lm",
    "contrastive",
    "decode_middle",
    "decode_spans",
    "denoising",
    "detection",
    "fill_in_the_middle",
    "masked_diffusion",
    "masked_lm",
    "mixture",
    "multi_token",
    "next_sentence",
    "permutation_lm",
    "prefix_lm",
    "rearranged",
    "replaced_tokens",
    "sentence_order",
    "span_boundary",
    "span_corruption",
    "span_lengths",
    "span_masks",
    "whole_word",
]
