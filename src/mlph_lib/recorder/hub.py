"""Where the weights lie: a folder, or a repository of the Hugging Face hub."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["weights_folder"]

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
WANTED = ["*.json", "*.safetensors", "tokenizer.model"]


def weights_folder(weights: str, revision: str | None = None) -> Path:
    """The folder of a checkpoint; one of the hub is fetched first.

    The hub's own login (`hf auth login`) or HF_TOKEN gives access to gated models. The
    token is read by huggingface_hub alone and stands in no message of ours.

    Args:
        weights: a folder, or a hub id such as "meta-llama/Llama-2-7b-chat-hf".
        revision: the commit to fetch, None for the newest.

    Raises:
        FileNotFoundError: if there is no such folder, and it is no hub id.
        ConnectionError: if the hub does not hand it out.
    """
    folder = Path(weights).expanduser()
    if folder.is_dir():
        return folder
    if not HUB_ID.fullmatch(weights):
        raise FileNotFoundError(
            f"expected a checkpoint folder or a hub id such as "
            f"meta-llama/Llama-2-7b-chat-hf, got {weights!r}"
        )
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(weights, revision=revision, allow_patterns=WANTED)
        )
    except Exception as error:  # many kinds, and any may quote the request
        raise ConnectionError(
            f"the hub does not hand out {weights}: {_without_token(str(error))} "
            f"-- accept the licence at https://huggingface.co/{weights}, then log in "
            "(hf auth login) or set HF_TOKEN"
        ) from None


def _without_token(text: str) -> str:
    from huggingface_hub import get_token

    for token in (os.environ.get("HF_TOKEN"), get_token()):
        text = text.replace(token, "[token]") if token else text
    return text
