"""What every page shares: checks, glued numbers, figures with alt text, one style."""

from mlph_lib.page.figures import figure, interactive, subplots
from mlph_lib.page.numbers import CheckError, check, number
from mlph_lib.page.replays import ask
from mlph_lib.page.results import benchmark

__all__ = [
    "CheckError",
    "ask",
    "benchmark",
    "check",
    "figure",
    "interactive",
    "number",
    "subplots",
]
