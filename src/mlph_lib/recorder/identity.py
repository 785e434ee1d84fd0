"""Is this checkpoint the model that the recordings will be named after?"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safetensors import safe_open

from mlph_lib.llama import LlamaConfig

__all__ = ["Identity", "Known", "identify"]

Say = Callable[[str], None]
RESERVED = re.compile(r"llama\W*2\W*7\W*b|llama\W*2\W*$")  # what only the real one is called
PARTS = (".safetensors", ".json", ".model")


@dataclass(frozen=True)
class Known:
    """What is published about a checkpoint.

    Args:
        name: of the model, as the pages show it.
        hub: its repository on the hub; revision: the commit.
        config: sizes and constants.
        parameters: their number, stored buffers left out.
        files: name -> (bytes, sha256); empty if no digests are published.
    """

    name: str
    hub: str
    revision: str | None
    config: LlamaConfig
    parameters: int
    files: Mapping[str, tuple[int, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Identity:
    """What a recording says of its model."""

    name: str
    revision: str
    digest: str


def identify(
    source: str,
    folder: Path,
    known: Known | None,
    name: str | None = None,
    say: Say = print,
) -> Identity:
    """Check a checkpoint against what is published of the model it is said to be.

    The cheap comparisons come first: configuration, sizes, tensors; then the sha256
    of every file.

    Args:
        source: the name that its recordings get.
        folder: with config.json and *.safetensors.
        known: what is published under that name; None if it is no published model.
        name: what to call any other model, honestly.

    Raises:
        ValueError: if anything differs, or the name says Llama 2 7B and is not.
        FileNotFoundError: if the folder holds no checkpoint.
    """
    if not (folder / "config.json").is_file() or not list(folder.glob("*.safetensors")):
        raise FileNotFoundError(
            f"expected config.json and *.safetensors in {folder}: name the folder of a "
            "Hugging Face checkpoint"
        )
    if known is None:
        _check_other_name(source, name)
        return Identity(name, "a folder", _digest(_digests(folder, say)))
    if name is not None:
        raise ValueError(f"{source} is {known.name}: --name is for other models")
    _check_config(folder, known)
    _check_sizes(folder, known)
    _check_tensors(folder, known)
    digests = _digests(folder, say)
    _check_digests(digests, known)
    return Identity(known.name, known.revision or "not published", _digest(digests))


def _check_other_name(source: str, name: str | None) -> None:
    if not name:
        raise ValueError(
            f"{source!r} is no published model that can be checked: say with --name "
            "what it is; the name goes into every manifest"
        )
    for text in (source, name):
        if RESERVED.search(text.lower()):
            raise ValueError(
                f"{text!r} reads like Llama 2 7B, which is checked before it is "
                "called so: choose a name that says what the model is"
            )


def _check_config(folder: Path, known: Known) -> None:
    found = LlamaConfig.from_pretrained(folder)
    for key, expected in vars(known.config).items():
        if vars(found)[key] != expected:
            raise _other(known, f"config.json has {key} {vars(found)[key]}", expected)


def _check_sizes(folder: Path, known: Known) -> None:
    for file, (size, _) in known.files.items():
        path = folder / file
        if file.endswith(".safetensors") and not path.is_file():
            raise _other(known, f"{file} is missing", f"{size:,} bytes")
        if path.is_file() and path.stat().st_size != size:
            found = f"{file} has {path.stat().st_size:,} bytes"
            raise _other(known, found, f"{size:,}")


def _check_tensors(folder: Path, known: Known) -> None:
    found = 0
    for file in folder.glob("*.safetensors"):
        with safe_open(file, "pt") as tensors:
            names = [key for key in tensors.keys() if not key.endswith("inv_freq")]
            shapes = [tensors.get_slice(key).get_shape() for key in names]
        found += sum(map(math.prod, shapes))
    if found != known.parameters:
        raise _other(known, f"{found:,} parameters", f"{known.parameters:,}")


def _check_digests(digests: Mapping[str, str], known: Known) -> None:
    for file, (_, expected) in known.files.items():
        if digests.get(file, expected) != expected:  # tokenizer.model may be left out
            raise _other(known, f"{file} has sha256 {digests[file][:12]}...", expected)


def _other(known: Known, found: str, expected: Any) -> ValueError:
    return ValueError(
        f"this is not {known.name}: {found}, published is {expected}. Record it under "
        "a source name of its own, with --name saying what it is"
    )


def _digests(folder: Path, say: Say) -> dict[str, str]:
    """sha256 of every part of the checkpoint."""
    digests = {}
    for file in sorted(f for f in folder.iterdir() if f.suffix in PARTS):
        if (size := file.stat().st_size) > 2**30:
            say(f"hashing {file.name}, {size / 2**30:.1f} GiB")
        with file.open("rb") as stream:
            digests[file.name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return digests


def _digest(digests: Mapping[str, str]) -> str:
    """One digest for configuration, tokenizer and weights together."""
    text = "".join(f"{name} {digest}\n" for name, digest in sorted(digests.items()))
    return hashlib.sha256(text.encode()).hexdigest()
