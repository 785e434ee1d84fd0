"""Llama 2 7B at full size without its weights: the architecture, measured.

Meta's weights are not ours to hand out. Random ones of the same shapes, in files of
the same layout, take the same memory, the same time and the same path through both
codes. What such a model says means nothing; what it costs is what the real one costs.
A question is a plain function `question(subject, **request) -> dict`, as those of
`mlph_lib.questions`.
"""

from mlph_lib.architecture.agreement import agreement
from mlph_lib.architecture.checkpoint import digest, draw, kept, write
from mlph_lib.architecture.layout import file_sizes, index
from mlph_lib.architecture.nothing import first_laws
from mlph_lib.architecture.paths import PATHS
from mlph_lib.architecture.sizes import files, memory
from mlph_lib.architecture.speed import decoding, prefill
from mlph_lib.architecture.subject import CODES, Untrained, small

__all__ = [
    "CODES",
    "PATHS",
    "Untrained",
    "agreement",
    "decoding",
    "digest",
    "draw",
    "file_sizes",
    "files",
    "first_laws",
    "index",
    "kept",
    "memory",
    "prefill",
    "small",
    "write",
]
