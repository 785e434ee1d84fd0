"""What every page shares: checks, glued numbers, figures with alt text, one style."""

from mlph_lib.page.batches import batch_figure
from mlph_lib.page.coloured import coloured_text
from mlph_lib.page.figures import figure, interactive, subplots
from mlph_lib.page.numbers import CheckError, check, number
from mlph_lib.page.quiz import choose, try_number
from mlph_lib.page.replays import ask
from mlph_lib.page.results import benchmark
from mlph_lib.page.tables import table
from mlph_lib.page.tokens import Token, tokens_of

__all__ = [
    "CheckError",
    "Token",
    "ask",
    "batch_figure",
    "benchmark",
    "check",
    "choose",
    "coloured_text",
    "figure",
    "interactive",
    "number",
    "subplots",
    "table",
    "tokens_of",
    "try_number",
]
