"""The models that may carry the name Llama 2 7B, and what is published of them."""

from __future__ import annotations

from pathlib import Path

from mlph_lib.llama import LLAMA_2_7B, LlamaConfig
from mlph_lib.recorder.identity import Known
from mlph_lib.recordings import facts

__all__ = ["SOURCES", "known_model"]

CHAT, BASE = "llama-2-7b-chat", "llama-2-7b"
SOURCES = (CHAT, BASE)


def known_model(source: str, root: Path | str | None = None) -> Known | None:
    """What is published of the model that a source is named after; None for another.

    Of the base model no digests are in our facts: its sizes are checked, and its
    published logits when it is loaded.
    """
    if source == CHAT:
        return _chat(root)
    if source == BASE:
        count = facts("chat-files", root)["parameters"]
        return Known("Llama 2 7B", "meta-llama/Llama-2-7b-hf", None, LLAMA_2_7B, count)
    return None


def _chat(root: Path | str | None) -> Known:
    listed, config = facts("chat-files", root), facts("chat-config", root)
    # JSON files are rewritten by every saver: what they say is compared, not how
    files = {
        name: (entry["bytes"], entry["sha256"])
        for name, entry in listed["files"].items()
        if not name.endswith(".json")
    }
    sizes = {key: value for key, value in config.items() if key != "source"}
    return Known(
        "Llama 2 7B chat", listed["source"]["repository"], listed["revision"],
        LlamaConfig.from_dict(sizes), listed["parameters"], files,
    )
