"""A tiny random Llama with a tokenizer made as Llama 2's is, in a folder."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, processors
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

torch.set_num_threads(1)  # tiny matrices: more threads only wait for one another


def tokenizer() -> PreTrainedTokenizerFast:
    """Unknown, BOS, EOS, 256 bytes, then pieces: Llama 2's layout, a small vocabulary."""
    letters = [chr(c) for c in range(33, 127)] + ["▁"]
    pieces = ["<unk>", "<s>", "</s>", *(f"<0x{b:02X}>" for b in range(256))]
    vocab = {piece: i for i, piece in enumerate([*pieces, *letters])}
    merges = []
    for word in ["▁s", "un", "▁sun", "▁M", "oz", "ar", "art", "▁i", "▁is", "▁a", "in"]:
        vocab[word] = len(vocab)
        left = next(
            word[:cut] for cut in range(len(word) - 1, 0, -1)
            if word[:cut] in vocab and word[cut:] in vocab
        )
        merges.append((left, word[len(left) :]))
    made = Tokenizer(models.BPE(vocab, merges, unk_token="<unk>", byte_fallback=True))
    made.normalizer = normalizers.Sequence(
        [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    )
    made.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 1)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=made, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    )


def save_checkpoint(folder: Path, shard: str = "10GB", **changes) -> Path:
    """A random Llama of a few layers, sharp enough that its laws are not flat."""
    tok = tokenizer()
    sizes = {
        "vocab_size": len(tok), "hidden_size": 32, "intermediate_size": 48,
        "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
        "max_position_embeddings": 128, "rms_norm_eps": 1e-5,
        "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": False,
    }
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**(sizes | changes)))
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() == 2:
                weight.mul_(12)  # from 0.02, the width of transformers' start
    model.save_pretrained(folder, max_shard_size=shard)
    tok.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    return save_checkpoint(tmp_path_factory.mktemp("llama") / "tiny-llama")
