"""What the printed book does otherwise than the site, on a little book."""

from __future__ import annotations

import shutil
from pathlib import Path

from bookext import inputs
from bookext.latex.index import plain_entry

EXERCISE = """

- **The question**: what is it?

```{index} little term
```

```{exercise} A name
:label: ex-little

Ask.
```

```{solution-start} ex-little
:label: sol-little
:class: dropdown
```

Answer:

$$
x = 1
$$ (eq-solved)

```{solution-end}
```

$$
y = 2
$$ (eq-behind)

````{prf:proof}
Clear.
````

```{code-cell} ipython3
:tags: [remove-input]
from mlph_lib.page import choose
choose("little-which", ["a_1", "b"], 1, label="Which?", why="It is.")
```
"""


def test_solutions_parts_and_index_in_print(little):
    little.page.write_text(little.page.read_text() + EXERCISE)
    done = little.build("latex")
    assert done.returncode == 0, done.stdout + done.stderr
    tex = next((little.root / "_build/latex").glob("*.tex")).read_text()
    # the solution stands elsewhere, and its equation is counted where it stood
    assert tex.index(r"\begin{solutions}") < tex.index(r"\label{equation:first:eq-solved}")
    assert r"\solutionleft{sol-little}{0}{0}{1}" in tex
    assert r"\solutionon{first:sol-little}" in tex
    part = tex[tex.index(r"{numberedpart}{Only part}") : tex.index(r"\end{numberedpart}")]
    assert r"\partchapter{first:first}{First}" in part and "What is it?" in part
    assert r"\index{little term@\spxentry{little term}}" in tex
    assert r"\sphinxstyleemphasis{Proof.}" in tex and r"\proofends" in tex
    assert (little.root / "_build/latex/printedbook.sty").is_file()
    which = tex[tex.index("Which?") :]  # the question with its options, then the answer
    assert which.index(r"a\_1") < which.index(r"\turned{Answer: b. It is.}")


def test_entries_of_functions_are_short():
    assert plain_entry("add() (mlph_lib.llama.Cache method)") == "add() (llama.Cache)"
    assert plain_entry("Cache (class in mlph_lib.llama)") == "Cache (llama)"
    assert plain_entry("ask() (in module mlph_lib.page)") == "ask() (page)"
    assert plain_entry("quantile function") == "quantile function"


def test_a_change_of_the_print_executes_no_page(little, monkeypatch):
    extension = little.root / "bookext"
    shutil.copytree(Path(inputs.__file__).parent, extension)
    monkeypatch.setattr(inputs, "__file__", str(extension / "inputs.py"))
    before = inputs.page_digest(little.page, little.root)
    for name, same in (("latex/builder.py", True), ("execution.py", False)):
        file = extension / name
        file.write_text(file.read_text() + "\n# a change\n")
        assert (inputs.page_digest(little.page, little.root) == before) is same
