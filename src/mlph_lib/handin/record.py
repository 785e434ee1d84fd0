"""What notes the numbers that the text quotes, while the hand-in is built.

The book's cells call ``number(key, value, fmt)`` and ``check(claim, holds)``. The cells
that are handed in have plain ``print`` and ``assert`` there instead (`plain_code`); only
while the notebook is built the call runs behind the ``print``, and shows nothing.
"""

from __future__ import annotations

import ast
import re
import textwrap

from mlph_lib.handin.needs import statements
from mlph_lib.page.numbers import pretty

__all__ = ["NUMBERS", "number", "plain_code"]

NUMBERS: dict[str, str] = {}  # what the text quotes, by the book's keys
ONE_FIELD = re.compile(r"([^{}]*)\{(:[^{}]*)?\}([^{}]*)")
TOO_MUCH = re.compile(r"[\"'{}\\\n:!]")  # in an expression inside an f-string
WIDTH = 79


def number(key, value, fmt="{}", *, below=None, above=None, equals=None, tol=0.0) -> None:
    """Check a number against its bounds and keep it as the text quotes it.

    Raises:
        AssertionError: if it breaks a bound.
    """
    wrong = (
        (below is not None and not value < below)
        or (above is not None and not value > above)
        or (equals is not None and not abs(value - equals) <= tol)
    )
    if wrong:
        raise AssertionError(f"{key} is {value}, which breaks its bound")
    NUMBERS[key] = pretty(fmt.format(value))


def plain_code(code: str, page: str, noting: bool = False) -> str:
    """The code with ``print`` for ``number`` and ``assert`` for ``check``.

    Args:
        code: that of a cell.
        page: name of the page, with which its keys begin; they lose it.
        noting: whether the number is noted, too, behind the print.

    Example:
        >>> print(plain_code('number("page-top-loss", loss, "{:.2f}")', "page"))
        print(f"top loss: {loss:.2f}")
        >>> print(plain_code('check("two is even", 2 % 2 == 0)', "page"))
        assert 2 % 2 == 0  # two is even
    """
    lines = code.splitlines()
    for node in reversed(list(_calls(code))):
        old = lines[node.lineno - 1 : node.end_lineno]
        indent = old[0][: node.col_offset]
        call = node.value
        new = _printed(call, code, page) if call.func.id == "number" else (
            _asserted(call, code)
        )
        new = [indent + line if line else line for line in new]
        if noting and call.func.id == "number":
            new += [*old[:-1], old[-1][: node.end_col_offset]]
        lines[node.lineno - 1 : node.end_lineno] = new
    return "\n".join(lines)


def _calls(code: str):
    """The statements that do no more than call ``number`` or ``check``, in order."""
    found = [
        part
        for node, _ in statements(code)
        for part in ast.walk(node)
        if isinstance(part, ast.Expr) and isinstance(part.value, ast.Call)
        and getattr(part.value.func, "id", "") in ("number", "check")
    ]
    return sorted(found, key=lambda each: each.lineno)


def _printed(call: ast.Call, code: str, page: str) -> list[str]:
    value = ast.get_source_segment(code, call.args[1])
    fmt = call.args[2].value if len(call.args) > 2 else "{}"
    label = _words(call.args[0], code)
    label = label.removeprefix(f"{page}-").replace("-", " ")
    before, form, after = ONE_FIELD.fullmatch(fmt).groups()
    told = f'print(f"{label}: {before}{{{value}{form or ""}}}{after}")'
    if not TOO_MUCH.search(value) and len(told) <= WIDTH:
        return [told]
    f = "f" if "{" in label else ""
    inside = value if fmt == "{}" else f'"{fmt}".format({value})'
    return f'print({f}"{label}:", {inside})'.split("\n")


def _asserted(call: ast.Call, code: str) -> list[str]:
    claim, holds = _words(call.args[0], code), ast.unparse(call.args[1])
    told = f"assert {holds}  # {claim}"
    if len(told) <= WIDTH:
        return [told]
    holds = textwrap.dedent(" " * call.args[1].col_offset
                            + ast.get_source_segment(code, call.args[1])).split("\n")
    above = [f"# {line}" for line in textwrap.wrap(claim, WIDTH - 2)]
    if len(holds) == 1:
        return [*above, f"assert {holds[0]}"]
    return [*above, "assert (", *(f"    {line}" for line in holds), ")"]


def _words(node: ast.expr, code: str) -> str:
    """A string as it is written, without its quotes."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    return re.sub(r"^f[\"']|[\"']$", "", ast.get_source_segment(code, node))
