"""Answers that a reader tries in the page: a number, or one of several sentences.

The question stands in the prose; a cell, whose code the page hides, brings the box.
Nothing is sent or stored. Without scripts question and answer can be read; in print
the answer stands upside down below the question.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from IPython.display import display

from mlph_lib.page.live.frame import as_data, check_key
from mlph_lib.page.numbers import pretty
from mlph_lib.page.pieces import in_markdown

__all__ = ["Box", "choose", "try_number"]


TURNED = "<!-- upside down -->"


class Box:
    """One box in the forms of a cell's output.

    Print takes the Markdown: its comment is what the build turns the answer by.
    """

    def __init__(self, markup: str, question: str, answer: str) -> None:
        self.markup, self.question, self.answer = markup, question, answer

    def __repr__(self) -> str:
        return f"Answer: {self.answer}"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {
            "text/html": self.markup,
            "text/markdown": f"{self.question}\n\n{TURNED}\n\n"
            f"Answer: {in_markdown(self.answer)}",
            "text/plain": repr(self),
        }


def try_number(
    key: str, answer: float, *, within: float, label: str, fmt: str = "{:g}"
) -> None:
    """Show a box that takes x, and says whether |x - answer| <= within.

    A fraction such as 1/3 and a decimal comma are read, too.

    Args:
        key: unique name over the whole book, with the page's prefix.
        answer: the number, computed by the page.
        within: largest error that counts as right, positive.
        label: plain text before the box, such as "Q(0.3) =".
        fmt: how the answer is written out.

    Raises:
        ValueError: for a key that could not begin an id, an empty label, or numbers
            that are not finite or positive.

    Example:
        >>> try_number("doc-half", 0.5, within=0.01, label="Half of 1 is")
        Answer: 0.5
    """
    check_key(key)
    if not (math.isfinite(answer) and 0 < within < math.inf):
        raise ValueError(
            f"{key!r}: expected a finite answer and a positive `within`, got {answer} "
            f"and {within}"
        )
    words = _words(key, label)
    box = (
        f'<p><label for="{key}-x">{words}</label> <input id="{key}-x" hidden '
        f'type="text" inputmode="{"decimal" if answer >= 0 else "text"}" size="8" '
        'autocomplete="off"></p>'
    )
    told = pretty(fmt.format(answer))
    right = f"near({float(answer)!r}, {float(within)!r})"
    question = f"{in_markdown(label)} {BLANK}"
    display(Box(_form(key, box, ["-x"], told, right), question, told))


def choose(
    key: str, options: Sequence[str], right: int, *, label: str, why: str = ""
) -> None:
    """Show options of which one is right.

    Args:
        key: unique name over the whole book, with the page's prefix.
        options: 2 to 6 sentences, plain text.
        right: index of the right one.
        label: plain text above them.
        why: a sentence that is added to the answer.

    Raises:
        ValueError: as `try_number`, and for options that are none or repeat.

    Example:
        >>> choose("doc-which", ["one", "two"], 1, label="1 + 1 is")
        Answer: two
    """
    check_key(key)
    if not 2 <= len(set(options)) == len(options) <= 6 or not 0 <= right < len(options):
        raise ValueError(
            f"{key!r}: expected 2 to 6 different options and the index of one, got "
            f"{len(options)} and {right}"
        )
    buttons = "".join(
        f'<div><input type="radio" name="{key}" id="{key}-{i}" value="{i}" hidden> '
        f'<label for="{key}-{i}">{_words(key, option)}</label></div>'
        for i, option in enumerate(options)
    )
    box = f"<fieldset><legend>{_words(key, label)}</legend>{buttons}</fieldset>"
    picked = options[right]
    told = f"{picked.removesuffix('.')}. {why}" if why else picked
    names = [f"-{i}" for i in range(len(options))]
    listed = [f"{i}. {in_markdown(option)}" for i, option in enumerate(options, 1)]
    question = "\n".join([in_markdown(label), "", *listed])
    found = f"picked({right}, {len(options)})"
    display(Box(_form(key, box, names, told, found), question, told))


def _words(key: str, text: str) -> str:
    if not text.strip():
        raise ValueError(f"{key!r}: expected words that name the box, got none")
    return html.escape(text)


def _form(key: str, box: str, names: list[str], told: str, right: str) -> str:
    """The box, whose inputs are hidden until its script runs, and the folded answer."""
    shown = as_data([*names, "-go"])
    script = SCRIPT.replace("KEY", as_data(key)).replace("NAMES", shown)
    return "\n".join((
        f'<form class="quiz" id="{key}">{box}',
        f'<p><button type="submit" id="{key}-go" hidden>Check</button> '
        f'<output id="{key}-out" aria-live="polite"></output></p>',
        f"<details><summary>Show the answer</summary>{html.escape(told)}</details>",
        f"<script>{script.replace('FOUND', right)}</script></form>",
    ))  # fmt: skip


BLANK = r"\_\_\_\_\_\_\_\_"

SCRIPT = """
(function () {
  "use strict";
  var el = function (name) { return document.getElementById(KEY + name); };
  var near = function (answer, within) {
    var words = el("-x").value.replace(",", ".").replace("\\u2212", "-");
    var parts = words.split("/"), x = Number(parts[0]);
    if (parts.length > 1) { x /= Number(parts[1]); }
    if (!words.trim() || parts.length > 2 || !isFinite(x)) {
      return "Please write a number.";
    }
    return Math.abs(x - answer) <= within * (1 + 1e-9);  // 0.51 is within 0.01 of 0.5
  };
  var picked = function (right, count) {
    for (var i = 0; i < count; i++) {
      if (el("-" + i).checked) { return i === right; }
    }
    return "Please choose one.";
  };
  NAMES.forEach(function (name) { el(name).hidden = false; });
  el("").addEventListener("input", function () { el("-out").textContent = ""; });
  el("").addEventListener("submit", function (event) {
    event.preventDefault();
    var found = FOUND;
    el("-out").textContent = typeof found === "string" ? found :
      found ? "\\u2713 Right." : "\\u2717 Not this. Try again, or show the answer.";
  });
})();
"""
