"""One language model, whoever wrote its code: ours or transformers'."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mlph_lib.questions.backends import Decoder, backend_of, load_model

__all__ = ["ClaimError", "LanguageModel", "checkpoint", "live"]

SHIPPED = Path("models") / "docstrings"
LARGE = 4e9  # bytes of weights; above, a CPU keeps them as they are stored


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

    model: Any = field(repr=False)
    tokenizer: Any = field(repr=False)
    name: str
    shipped: bool = False
    _walk: _Walk | None = field(default=None, init=False, repr=False)

    @classmethod
    def load(
        cls,
        folder: str | Path,
        backend: str = "ours",
        dtype: torch.dtype = torch.float32,
        device: str = "cpu",
    ) -> LanguageModel:
        """The Hugging Face checkpoint in ``folder``, by "ours" or by "transformers".

        Raises:
            FileNotFoundError: if the folder or its config.json is missing.
            ValueError: if it holds no Llama, or the backend has another name.
        """
        from transformers import AutoTokenizer

        folder = _llama_folder(folder)
        model = load_model(folder, backend, dtype, device)
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        return cls(model, tokenizer, folder.name)

    @cached_property
    def backend(self) -> Any:
        """The few ways of running the model that the questions need."""
        return backend_of(self.model)

    @property
    def bos(self) -> int:
        """The id that every text starts with."""
        return int(self.model.config.bos_token_id)

    @property
    def eos(self) -> int:
        """The id that ends a text."""
        eos = self.model.config.eos_token_id
        return int(eos[0] if isinstance(eos, (list, tuple)) else eos)

    def encode(self, prompt: str) -> list[int]:
        """The ids of a prompt as the tokenizer makes them; "" is BOS alone.

        Raises:
            TypeError: if the prompt is no string.
        """
        if not isinstance(prompt, str):
            raise TypeError(f"expected a prompt as text, got {type(prompt).__name__}")
        return list(self.tokenizer(prompt).input_ids) if prompt else [self.bos]

    def pieces(self, ids: list[int]) -> list[str]:
        """The vocabulary's own spelling of each id, leading spaces visible."""
        return self.tokenizer.convert_ids_to_tokens([int(i) for i in ids])

    def text(self, ids: list[int]) -> str:
        """The ids decoded, special tokens included."""
        return self.tokenizer.decode(
            [int(i) for i in ids], clean_up_tokenization_spaces=False
        )

    def continuation(self, prompt_ids: list[int], ids: list[int]) -> str:
        """What ``ids`` add to the text of the prompt; a last EOS adds nothing."""
        ids = list(ids[:-1] if len(ids) and ids[-1] == self.eos else ids)
        before, whole = self.text(prompt_ids), self.text([*prompt_ids, *ids])
        # a decoder may drop a space at the very start, never one further on
        return whole[len(before) :] if whole.startswith(before) else self.text(ids)

    def embed(self, ids: list[int]) -> np.ndarray:
        """(T, d) float32: the rows of the embedding matrix."""
        return _array(self.model.model.embed_tokens(self._rows([ids]))[0])

    def logits(self, ids: list[int]) -> np.ndarray:
        """(T, V) float32: the logits at each of the T positions, in one pass."""
        with torch.inference_mode():
            return _array(self.backend.logits(self._rows([ids]))[0])

    def next_logits(self, prefix: list[int]) -> np.ndarray:
        """(V,) float64: the logits after ``prefix``, token by token through a cache.

        The result depends on the prefix alone, not on what was asked before: every
        position is computed from the one before it, and what two prefixes share is
        computed once.
        """
        self._walk = self._walk or _Walk(self)
        return self._walk.to(list(prefix))

    def decoder(self, batch: int, length: int) -> Decoder:
        """A key-value cache for ``batch`` rows of at most ``length`` tokens."""
        return self.backend.decoder(batch, length)

    def inside(self, view: str, ids: list[int]) -> np.ndarray:
        """float32: the "residuals", "lens" or "attention" of one pass over ``ids``."""
        with torch.inference_mode():
            return _array(getattr(self.backend, view)(self._rows([ids])))

    def step(self, decoder: Decoder, rows: list[list[int]]) -> np.ndarray:
        """Feed each row of a batch its new ids; the next-token logits (B, V)."""
        with torch.inference_mode():
            return _array(decoder.step(self._rows(rows)))

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of the weights."""
        return next(self.model.parameters()).dtype

    @property
    def numpy_dtype(self) -> np.dtype:
        """The dtype in which NumPy holds the model's results exactly."""
        return np.dtype(np.float16 if self.dtype == torch.float16 else np.float32)

    def bound(self, x: Any) -> Any:
        """``x`` for the shipped model, None for any other: a bound for `number`."""
        return x if self.shipped else None

    def claim(self, text: str, holds: bool) -> bool:
        """Stop the page unless ``holds``; of another model, only say whether it does.

        Raises:
            ClaimError: if the claim is false of the shipped model.
        """
        if self.shipped and not bool(holds):
            raise ClaimError(f"this does not hold of the shipped model: {text}")
        return bool(holds)

    def _rows(self, ids: list[list[int]]) -> torch.Tensor:
        return torch.tensor(ids, dtype=torch.long, device=self.model.device)


class _Walk:
    """The last prefix asked for, with its cache: the next one mostly extends it."""

    def __init__(self, lm: LanguageModel) -> None:
        self.lm, self.prefix, self.logits = lm, [], np.empty(0)
        self.decoder: Decoder | None = None
        self.room = 0

    def to(self, prefix: list[int]) -> np.ndarray:
        if not prefix:
            raise ValueError("expected at least one id; the empty prompt is [BOS]")
        if prefix == self.prefix:
            return self.logits.copy()
        shared = _shared(self.prefix, prefix[:-1])
        if self.decoder is None or len(prefix) > self.room:
            shared, self.room = 0, self._new_room(len(prefix))
            self.decoder = self.lm.decoder(1, self.room)
        self.decoder.rewind(shared)
        for token in prefix[shared:]:
            logits = self.lm.step(self.decoder, [[token]])
        self.prefix, self.logits = prefix, logits[0].astype(float)
        return self.logits.copy()

    def _new_room(self, needed: int) -> int:
        most = self.lm.model.config.max_position_embeddings
        if needed > most:
            raise ValueError(
                f"the prefix has {needed} ids, and the model has {most} positions"
            )
        return min(most, max(64, 2 * needed))


def live() -> LanguageModel:
    """The model that the cells run on: the shipped one, or the folder in LLAMA.

    Raises:
        FileNotFoundError: if the folder is missing.
        ValueError: if it holds no Llama.
    """
    folder = checkpoint()
    dtype, device = _placement(folder)
    lm = LanguageModel.load(folder, dtype=dtype, device=device)
    lm.shipped = folder.resolve() == _shipped_folder().resolve()
    return lm


def checkpoint() -> Path:
    """The folder that `live` loads, for whoever loads it by other means.

    Raises:
        FileNotFoundError: if the folder is missing.
        ValueError: if it holds no Llama.
    """
    return _llama_folder(os.environ.get("LLAMA") or _shipped_folder())


def _placement(folder: Path) -> tuple[torch.dtype, str]:
    """A small model runs exactly alike everywhere: in float32 on the CPU."""
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    if size < LARGE:
        return torch.float32, "cpu"
    stored = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    name = stored.get("dtype") or stored.get("torch_dtype") or "float32"
    return getattr(torch, name), "cuda" if torch.cuda.is_available() else "cpu"


def _shipped_folder() -> Path:
    """models/docstrings of the checkout at or above the working directory."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / SHIPPED / "config.json").is_file():
            return folder / SHIPPED
    return SHIPPED


def _llama_folder(folder: str | Path) -> Path:
    folder = Path(folder)
    config = folder / "config.json"
    if not config.is_file():
        raise FileNotFoundError(
            f"expected a checkpoint folder with a config.json, found none in "
            f"{folder}: name another one in LLAMA, or leave LLAMA unset for the "
            f"model in {SHIPPED} (`make model` trains it)"
        )
    kind = json.loads(config.read_text(encoding="utf-8")).get("model_type")
    if kind != "llama":
        raise ValueError(
            f"expected a Llama in {folder} (model_type 'llama' in its config.json), "
            f"got {kind!r}: name another folder in LLAMA"
        )
    return folder


def _shared(a: list[int], b: list[int]) -> int:
    """How many leading ids two lists have in common."""
    for i, (x, y) in enumerate(zip(a, b, strict=False)):
        if x != y:
            return i
    return min(len(a), len(b))


def _array(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()
