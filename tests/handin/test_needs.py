"""What a cell stands on is found by its names, and nothing else comes along."""

from __future__ import annotations

import pytest

from mlph_lib.handin.needs import prerequisites, used_before_bound, written


def kept(before, cells, **given):
    imports, statements = prerequisites(before, cells, **given)
    return written(imports), statements


def test_only_what_is_needed_comes_along():
    before = ["import os, sys\nfrom math import pi, e as euler", "a = 1\nb = a + pi\nc = 2"]
    assert kept(before, ["print(b)"]) == ("from math import pi", ["a = 1", "b = a + pi"])
    assert kept(before, ["euler"]) == ("from math import e as euler", [])
    assert kept(before, ["os.sep"]) == ("import os", [])


def test_the_last_binding_counts():
    assert kept(["a = 1", "a = 2"], ["a"]) == ("", ["a = 2"])
    assert kept(["a = 1", "a += 2"], ["a"]) == ("", ["a = 1", "a += 2"])
    assert kept(["a = []", "a[0] = 2", "a.x.y = 3"], ["a"])[1] == (
        ["a = []", "a[0] = 2", "a.x.y = 3"]
    )


def test_a_cell_that_binds_first_needs_nothing():
    assert kept(["n = 1"], ["n = 2", "n"]) == ("", [])
    assert kept(["n = 1"], ["n = n + 2"]) == ("", ["n = 1"])


def test_names_inside_functions_and_comprehensions():
    code = "def f(x):\n    y = x + shift\n    return [z * y for z in data if z > x]"
    assert used_before_bound([code]) == {"shift", "data"}
    assert used_before_bound(["class A(B):\n    def g(self): return self.x + k"]) == {
        "B", "k",
    }


def test_comments_and_decorators_belong_to_their_statement():
    before = ["# why\n@wrap\ndef f():\n    return 1\n\n# apart\n\nx = 1\n# y's\ny = 2"]
    assert kept(before, ["f(); y"])[1] == ["# why\n@wrap\ndef f():\n    return 1", "# y's\ny = 2"]


def test_magics_are_passed_over():
    assert kept(["%matplotlib inline\nx = 1"], ["x"]) == ("", ["x = 1"])


@pytest.mark.parametrize("key", ["loss-a", "loss-bb"])
def test_a_quoted_number_brings_the_statement_that_glues_it(key):
    before = ["names = ['a', 'bb']\nfor i in names:\n    number(f'loss-{i}', 1)\nz = 1"]
    _, found = kept(before, [], given={"number"}, quoted={key})
    assert found == ["names = ['a', 'bb']", "for i in names:\n    number(f'loss-{i}', 1)"]
    assert kept(before, [f"number('{key}', 2)"], given={"number"}, quoted={key})[1] == []


def test_long_imports_are_wrapped():
    names = ", ".join(f"a_rather_long_name_{i}" for i in range(6))
    text, _ = kept([f"from module import {names}"], [names])
    assert max(map(len, text.splitlines())) < 80
    compile(text, "imports", "exec")
