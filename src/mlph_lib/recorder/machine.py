"""What a recording says of the machine that made it."""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
import transformers

from mlph_lib.questions import LanguageModel

__all__ = ["commit", "device_facts", "now", "versions"]


def device_facts(device: torch.device) -> dict[str, str]:
    """Kind and name of a device, and what else a timing depends on."""
    if device.type == "cuda":
        found = torch.cuda.get_device_properties(device)
        return {
            "kind": "cuda",
            "name": found.name,
            "memory": f"{found.total_memory / 2**30:.0f} GiB",
            "capability": f"{found.major}.{found.minor}",
        }
    return {"kind": device.type, "name": _processor()}


def versions() -> dict[str, str]:
    """The versions of what computed the answer."""
    told = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "transformers": transformers.__version__,
    }
    return told | ({"cuda": torch.version.cuda} if torch.version.cuda else {})


def now() -> str:
    """The present time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def commit() -> str:
    """The commit of this code, "+" behind it if files differ from it.

    Raises:
        ValueError: if git does not tell.
    """
    where = {"cwd": Path(__file__).parent, "capture_output": True, "text": True}
    try:
        head, changed = (
            subprocess.run(["git", *words], check=True, **where).stdout.strip()
            for words in (
                ("rev-parse", "HEAD"), ("status", "--porcelain", "-uno", "..")
            )
        )
    except (OSError, subprocess.CalledProcessError):
        raise ValueError(
            "git does not tell the commit of this code: say it with --commit"
        ) from None
    return head + ("+" if changed else "")


def attention_of(lm: LanguageModel) -> str:
    """The name of the attention implementation."""
    return getattr(lm.model.config, "_attn_implementation", None) or "mlph_lib.llama"


def _processor() -> str:
    """The processor's name as the system tells it."""
    if sys.platform.startswith("linux"):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
