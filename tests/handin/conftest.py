"""A little book of two pages, so that a hand-in takes seconds."""

from __future__ import annotations

import shutil
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).resolve().parents[2]

THEORY = '''
    # A page on theory

    (eq-far)=
    ## Elsewhere

    $$
    F_n \\le \\varepsilon
    $$ (eq-elsewhere)

    ````{prf:theorem} The far one
    :label: thm-far

    True.
    ````

    (answer-3a)=
    ## The answer to 3a (2 points)

    *Show it.*

    By {eq}`eq-elsewhere` and {prf:ref}`thm-far`, as {cite:t}`massart1990` says:

    $$
    \\P(X \\le t) = t
    $$ (eq-here)

    Now {eq}`eq-here` is all.
    See {ref}`elsewhere` for more.

    ````{prf:proof}
    Clear.
    ````

    % hand-in: no
    The next section goes on.

    (elsewhere)=
    ## After it

    Not handed in.
'''

PRACTICE = '''
    # A page on practice

    % hand-in: 2a
    This paragraph comes along {cite:p}`massart1990`.

    ```{code-cell} ipython3
    import numpy as np

    from mlph_lib.goodness import dkw_epsilon
    from mlph_lib.page import check, figure, number, subplots

    unused = np.ones(3)
    rng = np.random.default_rng(1)
    ```

    (answer-2a)=
    ## The answer to 2a (4 points, of course)

    *Comment.*

    ### Cell 1: draw

    ```{code-cell} ipython3
    :tags: [hide-input]

    n = 100
    u = rng.random(n)  # uniform numbers
    number("mean", u.mean(), "{:.3f}", above=0.3)
    number("eps", dkw_epsilon(n), "{:.2f}")
    ```

    The mean is {glue:text}`mean`, see {numref}`fig-draws` and {ref}`answer-3a`.

    ```{code-cell} ipython3
    fig, ax = subplots()
    ax.plot(np.sort(u))
    figure("draws", fig, alt="Sorted draws rise from zero to one.")
    ```

    ```{glue:figure} draws
    :name: fig-draws

    The sorted draws, {glue:text}`eps`.
    ```

    ## Not in the answer

    ### Cell 2
'''


@pytest.fixture
def book(tmp_path) -> Path:
    """The root of a checkout with the two pages."""
    (tmp_path / "book").mkdir()
    (tmp_path / "book" / "theory.md").write_text(dedent(THEORY), encoding="utf-8")
    text = dedent(PRACTICE).replace("4 points, of course", "4 points")
    (tmp_path / "book" / "practice.md").write_text(text, encoding="utf-8")
    shutil.copy(ROOT / "book" / "references-ch123.bib", tmp_path / "book")
    shutil.copy(ROOT / "_config.yml", tmp_path)
    extension = tmp_path / "book" / "_ext" / "bookext"
    extension.mkdir(parents=True)
    (extension / "katex.py").write_text('MACROS = {r"\\P": r"\\operatorname{P}"}\n')
    return tmp_path
