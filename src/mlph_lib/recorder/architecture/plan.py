"""What is measured of the architecture, in shards of a few minutes each."""

from __future__ import annotations

from mlph_lib import architecture, questions
from mlph_lib.architecture import CODES, PATHS
from mlph_lib.llama import LLAMA_2_7B, LlamaConfig
from mlph_lib.recorder.plan import Ask

__all__ = ["SIZES", "SOURCE", "Shards", "model_name", "plan", "source_name"]

Shards = dict[str, tuple[Ask, ...]]
SOURCE = "llama-2-7b-architecture"
SIZES = {
    "full": LLAMA_2_7B,
    # the same shape of things, for a laptop and for tests
    "small": LlamaConfig(4096, 512, 1376, 8, 8, 8, 1024),
    "tiny": LlamaConfig(256, 64, 96, 2, 4, 4, 64),
}


def plan(config: LlamaConfig) -> Shards:
    """Shard -> its questions, texts no longer than the model has positions for.

    Each shard is a few minutes at most on a large GPU, and needs no other one.

    Example:
        >>> list(plan(SIZES["full"]))[:3]
        ['files', 'memory', 'agreement']
    """
    longest = config.max_position_embeddings
    said = min(128, longest // 4)
    return {
        "files": (
            Ask("module-tree", questions.module_tree, {}),
            Ask("files", architecture.files, {}),
        ),
        "memory": tuple(
            Ask(f"memory-{code}", architecture.memory, {"code": code, "tokens": longest})
            for code in CODES
        ),
        "agreement": tuple(
            Ask(
                f"agreement-{dtype}", architecture.agreement,
                {"dtype": dtype, "positions": said},
            )
            for dtype in ("float16", "bfloat16")
        ),
        **{
            f"decode-{path}": (
                Ask(
                    f"decode-{path}", architecture.decoding,
                    {"path": path, "new_tokens": said, "repeats": 5},
                ),
            )
            for path in PATHS
        },
        "prefill": tuple(
            Ask(
                f"prefill-{code}", architecture.prefill,
                {"code": code, "tokens": longest // 2, "repeats": 5},
            )
            for code in CODES
        ),
        "nothing": (
            Ask("first-laws", architecture.first_laws, {"seeds": list(range(8))}),
        ),
    }


def source_name(size: str, dtype: str = "float16") -> str:
    """The folder in recordings/: only the full size carries the model's name.

    Example:
        >>> source_name("full"), source_name("tiny")
        ('llama-2-7b-architecture', 'reduced-architecture-tiny')
    """
    name = SOURCE if size == "full" else f"reduced-architecture-{size}"
    return name if dtype == "float16" else f"{name}-{dtype}"


def model_name(size: str, seed: int) -> str:
    """What the pages call it: never what a trained model is called."""
    if size == "full":
        return f"the architecture of Llama 2 7B, untrained (random weights, seed {seed})"
    config = SIZES[size]
    return (
        f"a Llama reduced to {config.num_hidden_layers} layers of width "
        f"{config.hidden_size}, untrained (random weights, seed {seed})"
    )
