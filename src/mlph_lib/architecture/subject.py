"""A Llama with random weights on disk, loaded by whichever code a question asks for."""

from __future__ import annotations

import gc
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from mlph_lib.architecture.checkpoint import write
from mlph_lib.llama import Llama, LlamaConfig

__all__ = ["CODES", "Untrained", "small"]

CODES = ("ours", "transformers")
SMALL = LlamaConfig(
    vocab_size=256, hidden_size=64, intermediate_size=96, num_hidden_layers=2,
    num_attention_heads=4, num_key_value_heads=4, max_position_embeddings=64,
)


@dataclass
class Untrained:
    """What the questions about the architecture are put to.

    Args:
        folder: a checkpoint that `checkpoint.write` made.
        config: its configuration.
        device: where models run.
        dtype: of the weights in memory.
    """

    folder: Path
    config: LlamaConfig
    device: torch.device
    dtype: torch.dtype = torch.float16
    _model: tuple[str, Any] | None = field(default=None, init=False, repr=False)
    _held: Any = field(default=None, init=False, repr=False)

    @property
    def model(self) -> Any:
        """transformers' model: its modules are those that the course printed."""
        return self.loaded("transformers")

    def loaded(self, code: str) -> Any:
        """The model in the subject's dtype; one at a time stays in memory."""
        if self._model is None or self._model[0] != code:
            self.free()
            self._model = code, self.load(code, self.dtype)
        return self._model[1]

    @torch.inference_mode(False)  # whoever asks: what is compiled takes plain tensors
    @torch.no_grad()
    def load(self, code: str, dtype: torch.dtype) -> Any:
        """A new model from the files, by "ours" or by "transformers".

        Raises:
            ValueError: for another code.
        """
        check_among("code", code, CODES)
        if code == "ours":
            return Llama.from_pretrained(self.folder, dtype, self.device)
        from transformers import AutoModelForCausalLM

        model = AutoModelForCausalLM.from_pretrained(
            self.folder, dtype=dtype, local_files_only=True
        )
        return model.to(self.device).eval().requires_grad_(False)

    def free(self) -> None:
        """Give back the memory of the model and of what was compiled for it."""
        self._model = None
        if "torch._dynamo" in sys.modules:  # else nothing was compiled
            torch.compiler.reset()
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()

    def wait(self) -> None:
        """Until the device has finished: its kernels run on after the call."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def small() -> Untrained:
    """A very small one on the CPU, its files in a folder that goes away with it.

    Example:
        >>> subject = small()
        >>> sum(p.numel() for p in subject.model.parameters())
        102720
    """
    held = tempfile.TemporaryDirectory(prefix="untrained-")
    folder = Path(held.name) / "weights"
    write(folder, SMALL)
    subject = Untrained(folder, SMALL, torch.device("cpu"))
    subject._held = held
    return subject


def check_among(name: str, value: Any, known: Any) -> None:
    """Refuse a word that is none of the known ones.

    Raises:
        ValueError: naming all of them.
    """
    if value not in known:
        raise ValueError(f"expected {name} among {', '.join(known)}, got {value!r}")
