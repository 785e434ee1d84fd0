"""What is handed in prints and asserts; what is run notes the numbers, too."""

from __future__ import annotations

import pytest

from mlph_lib.handin.record import NUMBERS, number, plain_code


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ('number("p-share", 100 * s, "{:.0f} %", above=3)', 'print(f"share: {100 * s:.0f} %")'),
        ('number("p-n", n)', 'print(f"n: {n}")'),
        ('number("p-a-b", d["x"])', 'print("a b:", d["x"])'),
        ('number("p-a", d["x"], "{:.1f}")', 'print("a:", "{:.1f}".format(d["x"]))'),
        ('for k in z:\n    number(f"p-a-{k}", z[k], "{:,}",\n           below=3)\nx = 1',
         'for k in z:\n    print(f"a {k}: {z[k]:,}")\nx = 1'),
        ('check("all are one", (x == 1)\n      and y)', "assert x == 1 and y  # all are one"),
        ("other(1)  # stays", "other(1)  # stays"),
    ],
)
def test_prints_and_asserts(code, shown):
    assert plain_code(code, "p") == shown


def test_what_is_run_prints_the_same_and_notes_it(capsys):
    code = 'number("p-top", 1e-12,\n       "{:.0e}", below=1)\ncheck("one", n == 1)'
    exec(plain_code(code, "p"), {"n": 1})
    shown = capsys.readouterr().out
    exec(plain_code(code, "p", noting=True), {"n": 1, "number": number})
    assert capsys.readouterr().out == shown == "top: 1e-12\n"
    assert NUMBERS["p-top"] == "1 × 10⁻¹²"


@pytest.mark.parametrize("bound", [{"below": 1}, {"above": 1}, {"equals": 2, "tol": 0.5}])
def test_a_broken_bound_stops_the_build(bound):
    with pytest.raises(AssertionError, match="breaks its bound"):
        number("key", 1, **bound)


def test_a_claim_that_fails_stops_it_too():
    with pytest.raises(AssertionError):
        exec(plain_code('check("a long claim " "in two parts", n == 2)', "p"), {"n": 1})
