"""The few ways of running a Llama that the questions need, for both codes of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import torch

from mlph_lib.llama import Llama
from mlph_lib.llama.decode import Decoder as OurDecoder
from mlph_lib.llama.views import attention_maps, logit_lens

__all__ = ["Decoder", "backend_of", "load_model"]


class Decoder(Protocol):
    """A key-value cache that is fed ids and says what may come next."""

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        """Append (B, T) ids; the logits (B, V) after the last."""

    def rewind(self, length: int) -> None:
        """Forget all but the first ``length`` positions."""


def load_model(folder: Path, backend: str, dtype: torch.dtype, device: str) -> Any:
    """The model alone, by the code that ``backend`` names.

    Raises:
        ValueError: for a backend other than "ours" and "transformers".
    """
    if backend == "ours":
        return Llama.from_pretrained(folder, dtype=dtype, device=device).eval()
    if backend == "transformers":
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, local_files_only=True
        )
        return model.to(device).eval()
    raise ValueError(f"expected backend 'ours' or 'transformers', got {backend!r}")


def backend_of(model: Any) -> _Ours | _Transformers:
    """The backend for a model object, told by its class."""
    return _Ours(model) if isinstance(model, Llama) else _Transformers(model)


class _Ours:
    """The book's own `Llama`."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        return self.model(ids)

    def decoder(self, batch: int, length: int) -> _OurDecoder:
        return _OurDecoder(self.model, batch, length)

    def residuals(self, ids: torch.Tensor) -> torch.Tensor:
        return torch.stack(self.model.stream(ids))[:, 0]

    def lens(self, ids: torch.Tensor) -> torch.Tensor:
        return logit_lens(self.model, ids)[:, 0]

    def attention(self, ids: torch.Tensor) -> torch.Tensor:
        return attention_maps(self.model, ids)[:, 0]


class _OurDecoder(OurDecoder):
    """Our cache, its memory set aside at the start."""

    def rewind(self, length: int) -> None:
        self.cache.length = length


class _Transformers:
    """transformers' LlamaForCausalLM."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def logits(self, ids: torch.Tensor) -> torch.Tensor:
        return self.model(ids).logits

    def decoder(self, batch: int, length: int) -> _TransformersDecoder:
        return _TransformersDecoder(self.model)  # its cache grows by itself

    def residuals(self, ids: torch.Tensor) -> torch.Tensor:
        """(L + 1, T, d): the input of each layer, then that of the last norm."""
        inner, seen = self.model.model, []
        watched = [*inner.layers, inner.norm]
        hooks = [
            module.register_forward_pre_hook(lambda _, args: seen.append(args[0][0]))
            for module in watched
        ]
        try:
            self.model(ids, use_cache=False)
        finally:
            for hook in hooks:
                hook.remove()
        return torch.stack(seen)

    def lens(self, ids: torch.Tensor) -> torch.Tensor:
        """(L + 1, T, V): the residual stream read out after each layer."""
        model = self.model
        return torch.stack(
            [model.lm_head(model.model.norm(h)) for h in self.residuals(ids)]
        )

    def attention(self, ids: torch.Tensor) -> torch.Tensor:
        """(L, H, T, T), by the one implementation that keeps its weights."""
        chosen = self.model.config._attn_implementation
        self.model.set_attn_implementation("eager")
        try:
            maps = self.model(ids, output_attentions=True, use_cache=False).attentions
        finally:
            self.model.set_attn_implementation(chosen)
        return torch.stack([layer[0] for layer in maps])


class _TransformersDecoder:
    """transformers' growing cache."""

    def __init__(self, model: Any) -> None:
        from transformers import DynamicCache

        self.model = model
        self.cache = DynamicCache(config=model.config)

    def step(self, ids: torch.Tensor) -> torch.Tensor:
        out = self.model(ids, past_key_values=self.cache, use_cache=True)
        return out.logits[:, -1]

    def rewind(self, length: int) -> None:
        extra = self.cache.get_seq_length() - length
        if extra > 0:
            self.cache.crop(-extra)  # a positive number means different things
