"""Five ways to say the same tokens: two codes, with and without compiling."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from mlph_lib.architecture.subject import Untrained, check_among
from mlph_lib.llama.decode import Decoder
from mlph_lib.llama.static import StaticDecoder

__all__ = ["PATHS", "code_of", "path"]

Run = Callable[[], Tensor]  # says new_tokens ids after BOS, on the device


def path(subject: Untrained, name: str, new_tokens: int) -> Run:
    """A run of greedy decoding from BOS alone at batch 1, ready to be repeated.

    On a CPU nothing is compiled and no graph is recorded: the same code, tried.

    Args:
        name: "transformers" (eager, growing cache), "transformers-static" (static
            cache, compiled), "ours" (eager), "ours-graph" (static cache, a CUDA
            graph), "ours-compiled" (the same, blocks compiled).

    Raises:
        ValueError: for another name.
    """
    check_among("path", name, PATHS)
    model = subject.loaded(code_of(name))
    bos = torch.tensor([[subject.config.bos_token_id]], device=subject.device)
    return PATHS[name](model, bos, new_tokens)


def code_of(name: str) -> str:
    """Whose model a path runs: "ours" or "transformers"."""
    return name.partition("-")[0]


def _theirs(model: Any, bos: Tensor, new_tokens: int) -> Run:
    from transformers import DynamicCache

    @torch.inference_mode()
    def run() -> Tensor:
        cache = DynamicCache(config=model.config)
        return _chain(partial(_call, model, cache), bos, new_tokens)

    return run


def _theirs_static(model: Any, bos: Tensor, new_tokens: int) -> Run:
    """The library's own recipe; its first call, which sets the cache up, stays eager."""
    from transformers import StaticCache

    cache, forward = StaticCache(config=model.config, max_cache_len=new_tokens), model
    with torch.no_grad():
        _call(model, cache, bos)
    if bos.device.type == "cuda":
        forward = torch.compile(model.forward, mode="reduce-overhead", dynamic=False)

    def step(ids: Tensor) -> Tensor:
        if forward is not model:
            torch.compiler.cudagraph_mark_step_begin()
        return _call(forward, cache, ids)

    @torch.no_grad()
    def run() -> Tensor:
        cache.reset()
        return _chain(step, bos, new_tokens)

    return run


def _ours(model: Any, bos: Tensor, new_tokens: int) -> Run:
    @torch.inference_mode()
    def run() -> Tensor:
        return _chain(Decoder(model, 1, new_tokens).step, bos, new_tokens)

    return run


def _ours_static(compiled: bool, model: Any, bos: Tensor, new_tokens: int) -> Run:
    decoder = StaticDecoder(
        model, new_tokens + 1, compiled=compiled and bos.device.type == "cuda"
    )
    return lambda: decoder.greedy(bos, new_tokens)[1:]


def _call(forward: Callable[..., Any], cache: Any, ids: Tensor) -> Tensor:
    return forward(ids, past_key_values=cache, use_cache=True).logits[:, -1]


def _chain(step: Callable[[Tensor], Tensor], new: Tensor, n: int) -> Tensor:
    """Feed each step the likeliest token of the one before, never waiting for it."""
    said = []
    for _ in range(n):
        new = step(new).argmax(-1, keepdim=True)
        said.append(new)
    return torch.cat(said, 1)[0]


PATHS: dict[str, Callable[[Any, Tensor, int], Run]] = {
    "transformers": _theirs,
    "transformers-static": _theirs_static,
    "ours": _ours,
    "ours-graph": partial(_ours_static, False),
    "ours-compiled": partial(_ours_static, True),
}
