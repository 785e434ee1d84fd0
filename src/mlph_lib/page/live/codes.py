"""One number is the whole text: nested cells of [0, 1), and what u says."""

from __future__ import annotations

from collections.abc import Sequence

from mlph_lib.page.live.coded import (
    NAMES,
    ROWS,
    WIDE,
    CodedText,
    Cuts,
    Row,
    Step,
    rows_of,
)
from mlph_lib.page.live.frame import A, as_data, assemble, quoted, rect, slider, text
from mlph_lib.page.numbers import pretty
from mlph_lib.page.pieces import visible

__all__ = ["as_index", "code_live", "heads", "strokes"]

MOST_BYTES = 120_000
LEFT, TOP, HIGH, PITCH = 8, 20, 22, 48  # of the rows, in units of the drawing
HEIGHT = TOP + PITCH * (ROWS - 1) + HIGH + 6


def code_live(
    key: str,
    texts: Sequence[CodedText],
    cuts: Cuts | None = None,
    *,
    start: int | None = None,
) -> str:
    """A slider over u in [0, 1): nested cells, one row a token, and the text of u.

    Row 1 is [0, 1), cut by the first tokens; row t + 1 is the cell chosen in row t,
    stretched to full width and cut again. Thin strokes stand where the cells are too
    narrow to draw. Live text tells u, the cell's width w and its -log2(w) bits.

    Args:
        key: name of the figure; every id of the markup begins with it.
        texts: in the order of rising u, as ``coded_texts`` gives them; the slider
            stops at each. Rows are drawn for the first four cells.
        cuts: the neighbours in each row, as ``coded_texts`` gives them; without, only
            cells of ``texts`` are drawn.
        start: which text is shown first; the middle one if None.

    Returns:
        Markup for ``interactive(key, markup, fig, alt=...)``; ``code_figure`` is its
        static twin.

    Raises:
        ValueError: if the key could not begin an id, the codes do not rise, cells do
            not nest, or the markup takes more than 120 kB (256 texts of 24 tokens
            take less).

    Example:
        >>> half = [CodedText(0.25, ["▁a"], [(0, 0.5)]),
        ...     CodedText(0.5, ["▁b"], [(0.5, 1)])]
        >>> markup = code_live("demo", half)
        >>> 'id="demo-u"' in markup, "␣b" in markup
        (True, True)
    """
    rows, ways = rows_of(texts, cuts)
    i = as_index(start, texts)
    rests = ["".join(map(visible, t.pieces[len(way) :])) for t, way in zip(texts, ways)]
    end = "not shown" if rests[i] else "the text has ended"
    shapes = [shape for r in range(ROWS) for shape in _static(r, rows, ways[i], end)]
    control = slider("u", "u", i, len(texts) - 1, 1)
    label = (
        "Rows of cells. The first is the unit interval cut by the first token, with "
        "the cell that holds u filled; each further row is the filled cell of the row "
        "above, stretched and cut by the next token."
    )
    readout = _readout(texts[i].u, ways[i], rests[i])
    script = f"\n  var data = {as_data(_data(texts, rows, ways, rests))};{CODES}"
    markup = assemble(key, label, HEIGHT, shapes, [control], readout, script)
    if len(markup.encode()) > MOST_BYTES:
        raise ValueError(
            f"expected markup of {MOST_BYTES:,} bytes or less, got "
            f"{len(markup.encode()):,} for {len(texts)} texts: give fewer or shorter "
            f"ones"
        )
    return markup


def as_index(start: int | None, texts: Sequence[CodedText]) -> int:
    i = len(texts) // 2 if start is None else start
    if not 0 <= i < len(texts):
        raise ValueError(
            f"expected start from 0 to {len(texts) - 1}, the number of a text, got {i}"
        )
    return i


def _width(bits: float) -> str:
    """2^-bits in three digits: "0.125", or "1.23 × 10⁻⁵" below a thousandth."""
    width = 2.0**-bits
    return f"{width:#.3g}" if width >= 0.001 else pretty(f"{width:.2e}")


def _static(r: int, rows: Sequence[Row], way: Sequence[Step], end: str) -> list[str]:
    """The elements of row ``r`` as they stand before the script runs."""
    y, none = TOP + PITCH * r, f"M{LEFT} {TOP + PITCH * r}"
    step = way[r] if r < len(way) else None
    cells = rows[step.row] if step else []
    a, b, at = (LEFT + x / 10 for x in (step[1:4] if step else (0, 0, 0)))
    zoom = _zoom(y, a, b) if r + 1 < len(way) else none
    wide = max(b - a, 2) if step else 0
    head, tail = heads(r, step) if step else (f"{r + 1}  {end}", "")
    return [
        f'<path id="$key-z{r}" d="{zoom}" style="fill:{A}" fill-opacity="0.12"/>',
        text(LEFT, y - 5, quoted(head), ident=f"$key-h{r}"),
        text(LEFT + WIDE / 10, y - 5, tail, "end", f"$key-w{r}"),
        f'<rect id="$key-c{r}" x="{a:.1f}" y="{y}" width="{wide:.1f}" '
        f'height="{HIGH}" style="fill:{A}" fill-opacity="0.45"/>',
        f'<path id="$key-f{r}" d="{none}{_lines(y, strokes(cells) if step else [])}" '
        'stroke="currentColor" stroke-opacity="0.3"/>',
        f'<path id="$key-d{r}" d="{none}{_lines(y, _edges(cells))}" '
        'stroke="currentColor"/>',
        rect(LEFT, y, WIDE // 10, HIGH),
        f'<path id="$key-a{r}" d="{_marker(y, at) if step else none}" '
        'stroke="currentColor" stroke-width="2"/>',
        f'<g font-family="monospace" font-size="10">{_names(r, y, cells)}</g>',
    ]


def _names(r: int, y: float, cells: Row) -> str:
    """As many places for names as a row may need; those left over are empty."""
    named = [cell for cell in cells if cell[2]]
    named += [(0, 0, "")] * (NAMES - len(named))
    return "".join(
        text(LEFT + (a + b) / 20, y + 15, quoted(name), "middle", f"$key-n{r}x{j}")
        for j, (a, b, name) in enumerate(named)
    )


def heads(r: int, step: Step) -> tuple[str, str]:
    """What stands above a row: its token, and the width that it leaves."""
    return f"{r + 1}  {step.name}", f"width {_width(step.bits)} = {step.bits:.1f} bits"


def _marker(y: float, x: float) -> str:
    """Where u stands: a stroke at either border, so that names stay readable."""
    return f"M{x:.1f} {y - 4}V{y + 4}M{x:.1f} {y + HIGH - 4}V{y + HIGH + 4}"


def _zoom(y: float, a: float, b: float) -> str:
    foot, top, end = y + HIGH, y + PITCH, LEFT + WIDE // 10
    return f"M{a:.1f} {foot}L{b:.1f} {foot}L{end} {top}L{LEFT} {top}Z"


def _edges(cells: Row) -> list[int]:
    return [x for cell in cells for x in cell[:2]]


def _lines(y: float, places: Sequence[int]) -> str:
    """Upright lines across the row."""
    return "".join(f"M{LEFT + x / 10:.1f} {y}V{y + HIGH}" for x in places)


def strokes(cells: Row) -> list[int]:
    """Places every three units in the gaps between the cells."""
    starts, ends = [0, *(c[1] for c in cells)], [*(c[0] for c in cells), WIDE]
    return [x for a, b in zip(starts, ends) for x in range(a + 30, b, 30)]


def _readout(u, way: Sequence[Step], rest: str) -> str:
    head = quoted("".join(step.name for step in way))
    return (
        f'<span id="$key-say">{_said(u, way)}</span>'
        '<code style="display:block;white-space:pre-wrap;overflow-wrap:anywhere;'
        'color:inherit;background:none;min-height:6em">'
        f'<b id="$key-head" style="text-decoration:underline">{head}</b>'
        f'<span id="$key-rest">{quoted(rest)}</span></code>'
    )


def _said(u, way: Sequence[Step]) -> str:
    tokens = "1 token" if len(way) == 1 else f"{len(way)} tokens"
    bits = way[-1].bits
    return (
        f"u = {float(u):.4f}: after {tokens} the cell has width {_width(bits)}, "
        f"{bits:.1f} bits. The text of u:"
    )


def _data(texts, rows: Sequence[Row], ways, rests: Sequence[str]) -> dict:
    """Names once, cells as [a, b, name, a, b, name, ...]; name 0 is none."""
    names = {"": 0}
    for row in rows:
        for _, _, name in row:
            names.setdefault(name, len(names))
    cells = [[v for a, b, n in row for v in (a, b, names[n])] for row in rows]
    codes = [
        [round(float(t.u), 6), rest, *(v for step in way for v in step)]
        for t, way, rest in zip(texts, ways, rests)
    ]
    return {"names": list(names), "rows": cells, "codes": codes}


CODES = """
  var X = 8, H = 22, P = 48, N = 14, W = 3440;
  var width = function (bits) {
    var w = Math.pow(2, -bits), e;
    if (w >= 0.001) return w.toPrecision(3);
    e = w.toExponential(2).split("e-");
    return e[0] + " × 10⁻" + e[1].replace(/\\d/g, function (c) {
      return "⁰¹²³⁴⁵⁶⁷⁸⁹".charAt(c);
    });
  };
  var line = function (x, y) {
    return "M" + f(X + x / 10) + " " + y + "V" + (y + H);
  };
  var draw = function (r, way, end) {
    var y = 20 + P * r, none = "M" + X + " " + y, d = none, fog = none, n = 0;
    var s = way.slice(6 * r, 6 * r + 6), on = s.length > 0, last = 0, i, a, x, name;
    var cells = on ? data.rows[s[0]] : [];
    for (i = 0; on && i <= cells.length; i += 3) {
      a = i < cells.length ? cells[i] : W;
      for (x = last + 30; x < a; x += 30) fog += line(x, y);
      if (i === cells.length) break;
      last = cells[i + 1];
      d += line(a, y) + line(last, y);
      if (cells[i + 2]) {
        name = "n" + r + "x" + n++;
        set(name, {x: f(X + (a + last) / 20)});
        el(name).textContent = data.names[cells[i + 2]];
      }
    }
    for (; n < N; n++) el("n" + r + "x" + n).textContent = "";
    set("f" + r, {d: fog});
    set("d" + r, {d: d});
    set("c" + r, {x: f(X + (on ? s[1] / 10 : 0)),
                  width: f(on ? Math.max((s[2] - s[1]) / 10, 2) : 0)});
    x = f(X + (on ? s[3] / 10 : 0));
    set("a" + r, {d: on ? "M" + x + " " + (y - 4) + "V" + (y + 4) + "M" + x + " " +
                          (y + H - 4) + "V" + (y + H + 4) : none});
    el("h" + r).textContent = (r + 1) + "  " + (on ? s[4] : end);
    el("w" + r).textContent = on ? "width " + width(s[5]) + " = " + s[5].toFixed(1) +
                                   " bits" : "";
    if (r < 3) set("z" + r, {d: way.length > 6 * r + 6
      ? "M" + f(X + s[1] / 10) + " " + (y + H) + "L" + f(X + s[2] / 10) + " " +
        (y + H) + "L" + (X + W / 10) + " " + (y + P) + "L" + X + " " + (y + P) + "Z"
      : none});
  };
  var update = function () {
    var code = data.codes[Number(el("u").value)], way = code.slice(2), t, head = "";
    var end = code[1] ? "not shown" : "the text has ended";
    for (t = 0; t < 4; t++) draw(t, way, end);
    for (t = 0; 6 * t < way.length; t++) head += way[6 * t + 4];
    var bits = way[way.length - 1];
    set("u", {"aria-valuetext": code[0].toFixed(4)});
    el("say").textContent = "u = " + code[0].toFixed(4) + ": after " +
      (t === 1 ? "1 token" : t + " tokens") + " the cell has width " + width(bits) +
      ", " + bits.toFixed(1) + " bits. The text of u:";
    el("head").textContent = head;
    el("rest").textContent = code[1];
  };
  el("u").addEventListener("input", update);
  el("controls").hidden = false;
  update();
}());
"""
