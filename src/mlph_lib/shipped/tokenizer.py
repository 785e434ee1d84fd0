"""A byte-pair tokenizer laid out as Llama 2's: specials, bytes, then pieces.

Ids: 0 `<unk>`, 1 `<s>`, 2 `</s>`, 3 to 258 the bytes 0x00 to 0xFF (so a newline, which
no piece holds, is 13), then the characters of printable ASCII and the merged pieces. A
space is U+2581 inside pieces, and one is put before the text, as SentencePiece does.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterable
from pathlib import Path

from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.processors import TemplateProcessing
from tokenizers.trainers import BpeTrainer

__all__ = ["BOS", "EOS", "SPECIALS", "save", "train_tokenizer"]

BOS, EOS = 1, 2
SPECIALS = ["<unk>", "<s>", "</s>"]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]
SPACE = "\u2581"
ASCII = SPACE + string.digits + string.ascii_letters + string.punctuation
# Runs of spaces, words with the space before them, single digits, marks: a piece
# never reaches over these borders, nor over a line's end.
BORDERS = rf"{SPACE}+(?={SPACE})|{SPACE}?[A-Za-z]+|\d|{SPACE}?[^\sA-Za-z\d{SPACE}]+|{SPACE}"


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Learn the merges of byte-pair encoding from texts, line by line.

    Args:
        texts: what to learn from; characters outside printable ASCII become bytes.
        vocab_size: number of ids in all, at least specials, bytes and ASCII.

    Raises:
        ValueError: if vocab_size is too small for them.

    Source: T. Kudo and J. Richardson, SentencePiece (2018); H. Touvron et al.,
    Llama 2 (2023), section 2.2.

    Example:
        >>> tok = train_tokenizer(["to be or not to be"], 360)
        >>> tok.encode("").ids, tok.encode("\\n").ids[-1]
        ([1], 13)
        >>> tok.decode(tok.encode("not Zoë\\n\\t7").ids)
        'not Zoë\\n\\t7'
    """
    least = len(SPECIALS) + len(BYTES) + len(ASCII)
    if vocab_size < least:
        raise ValueError(
            f"expected a vocabulary of at least {least} (specials, bytes, ASCII), got "
            f"{vocab_size}"
        )
    learner = _pipeline(Tokenizer(BPE()))
    trainer = BpeTrainer(
        vocab_size=vocab_size, special_tokens=SPECIALS + BYTES,
        initial_alphabet=list(ASCII), limit_alphabet=len(ASCII), show_progress=False,
    )
    learner.train_from_iterator(_ascii_lines(texts), trainer)
    learned = json.loads(learner.to_str())["model"]
    merges = [tuple(pair) for pair in learned["merges"]]
    model = BPE(learned["vocab"], merges, unk_token="<unk>", byte_fallback=True)
    tokenizer = _pipeline(Tokenizer(model))
    tokenizer.add_special_tokens(SPECIALS)
    return tokenizer


def save(tokenizer: Tokenizer, folder: Path, longest: int) -> None:
    """Write tokenizer.json and the configuration that `AutoTokenizer` asks for.

    Args:
        tokenizer: from `train_tokenizer`.
        folder: an existing folder.
        longest: most tokens of a text (max_position_embeddings).
    """
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>",
        "clean_up_tokenization_spaces": False, "model_max_length": longest,
    }
    text = json.dumps(config, indent=2) + "\n"
    (folder / "tokenizer_config.json").write_text(text, encoding="utf-8")


def _pipeline(tokenizer: Tokenizer) -> Tokenizer:
    """Everything around the merges: spaces made visible, borders, BOS, the way back."""
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Prepend(SPACE), normalizers.Replace(" ", SPACE)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(BORDERS), "isolated")
    tokenizer.post_processor = TemplateProcessing(
        single="<s> $A", pair="<s> $A <s>:1 $B:1", special_tokens=[("<s>", BOS)]
    )
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse(),
        decoders.Strip(" ", 1, 0),
    ])
    return tokenizer


def _ascii_lines(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        for line in text.splitlines():
            yield line.encode("ascii", "ignore").decode()
