"""A very small random Llama, the same on every machine: for rehearsals and tests."""

from __future__ import annotations

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, processors
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from mlph_lib.questions.model import LanguageModel

__all__ = ["small_model", "small_tokenizer"]

WORDS = ("▁s", "un", "▁sun", "▁M", "oz", "ar", "art", "▁i", "▁is", "▁a", "in")
WIDTH = 0.25  # of the weights; transformers' 0.02 would make every law nearly flat


def small_model() -> LanguageModel:
    """Three layers of random weights from a fixed seed, in transformers' code.

    Example:
        >>> lm = small_model()
        >>> lm.encode("sun"), lm.next_logits([1]).shape
        ([1, 356], (365,))
    """
    tokenizer = small_tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=48,
        num_hidden_layers=3, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=128, rms_norm_eps=1e-5, tie_word_embeddings=False,
        bos_token_id=1, eos_token_id=2,
    )
    model, rng = LlamaForCausalLM(config).eval(), np.random.default_rng(0)
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() == 2:  # the norms stay at 1
                weight.copy_(torch.from_numpy(rng.normal(0, WIDTH, weight.shape)))
    return LanguageModel(model, tokenizer, "a small random Llama")


def small_tokenizer() -> PreTrainedTokenizerFast:
    """Unknown, BOS, EOS, 256 bytes, then pieces: Llama 2's layout, few pieces."""
    letters = [chr(code) for code in range(33, 127)]
    first = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    vocab = {piece: i for i, piece in enumerate([*first, *letters, "▁", *WORDS])}
    merges = [_halves(word, vocab) for word in WORDS]
    made = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True))
    made.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    made.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(),
        decoders.Strip(" ", 1, 0),
    ])
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )


def _halves(word: str, vocab: dict[str, int]) -> tuple[str, str]:
    """The two pieces that merge into a word: the longest known first one."""
    cuts = range(len(word) - 1, 0, -1)
    return next((word[:c], word[c:]) for c in cuts if {word[:c], word[c:]} <= vocab.keys())
