"""A recorded answer on a page: never without where it comes from."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any

from IPython.display import display

from mlph_lib import recordings
from mlph_lib.page.pieces import in_markdown
from mlph_lib.recordings import Provenance, Replayed

__all__ = ["ProvenanceLine", "ask"]


class ProvenanceLine:
    """What model, what device, when, by whom, in the three forms of a cell's output.

    HTML carries the recording's name, by which the build finds what no cell asks for;
    print takes the Markdown, for LaTeX as cell output would be read as a formula.
    """

    def __init__(self, provenance: Provenance) -> None:
        self.provenance = provenance

    def __repr__(self) -> str:
        return str(self.provenance)

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {
            "text/html": self._html(),
            "text/markdown": f"*{in_markdown(str(self.provenance))}*",
            "text/plain": repr(self),
        }

    def _html(self) -> str:
        told = " ".join(
            f"<span>{html.escape(label)}: {html.escape(words)}.</span>"
            for label, words in self.provenance.entries()
        )
        name = html.escape(self.provenance.recording, quote=True)
        return (
            f'<p class="provenance" data-recording="{name}">'
            f"<strong>Replayed.</strong> {told}</p>"
        )


def ask(question: Callable, source: Any, /, **request: Any) -> Any:
    """`mlph_lib.recordings.ask`, which shows where a replayed answer comes from.

    Args:
        question: one of `mlph_lib.questions`.
        source: a model, or `mlph_lib.recordings.Recordings`.
        request: the question's other arguments; defaults count as given.

    Returns:
        The answer: live from a model, replayed and checked from recordings.

    Raises:
        RecordingError: if it is not recorded, or not to be trusted.

    Example:
        >>> def double(model, of): return {"twice": model * of}
        >>> ask(double, 2, of=3)
        {'twice': 6}
    """
    answer = recordings.ask(question, source, **request)
    if isinstance(answer, Replayed):
        display(ProvenanceLine(answer.provenance))
    return answer
