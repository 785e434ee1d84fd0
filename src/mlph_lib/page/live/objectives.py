"""Pick an objective and a sentence: what goes in, what is asked, who sees whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mlph_lib.page.live.frame import A, B, as_data, assemble, quoted, select, slider
from mlph_lib.page.live.panels import (
    SETS,
    WIDE,
    Answers,
    Drawing,
    Drawings,
    Line,
    Word,
    drawings,
    squares,
)
from mlph_lib.page.samples import AnyBatch

__all__ = ["objectives_live"]

MOST_BYTES = 120_000


def objectives_live(
    key: str,
    batches: Mapping[str, Mapping[str, AnyBatch]],
    names: Sequence[str],
    *,
    answers: Answers | None = None,
) -> str:
    """Two lists and a slider over rows: inputs, targets and the mask of any objective.

    A row is a position: its token, a square for each token (full if it may look
    there), its target. Live text counts the targets and says whom the row sees.

    Args:
        key: name of the figure; every id of the markup begins with it.
        batches: {objective: {sentence: batch}}, the same sentences for each; row 0 of
            a batch is shown. About ten objectives and three sentences of eight tokens.
        names: the spelling of every id, as `Vocabulary.names` gives them.
        answers: {objective: the spelling of targets that are no ids}.

    Returns:
        Markup for ``interactive(key, markup, fig, alt=...)``; ``objectives_figure`` is
        its static twin.

    Raises:
        TypeError: if something is no batch.
        ValueError: if the key could not begin an id, there is nothing to pick, the
            sentences differ, a sample is too wide, or the markup takes more than
            120 kB.

    Example:
        >>> from types import SimpleNamespace as Made
        >>> import numpy as np
        >>> full = Made(mask=lambda length: np.ones((1, length, length), dtype=bool))
        >>> ids = np.array([[1, 0]])
        >>> batch = Made(inputs=ids, targets=ids, weights=ids, attention=full)
        >>> markup = objectives_live("demo", {"all": {"be to": batch}}, ["to", "be"])
        >>> 'id="demo-task"' in markup, "every token sees every token" in markup
        (True, True)
    """
    drawn = drawings(batches, names, answers)
    flat = [each for texts in drawn.values() for each in texts.values()]
    now, sizes = flat[0], _sizes(flat)
    row = len(now.lines) // 2
    label = (
        "A row for each token: its name, a square for each token, full if the row may "
        "look there, and the target, if it has one."
    )
    data = {"tasks": list(drawn), "sets": list(SETS.values()), "sizes": sizes}
    script = f"\n  var data = {as_data(data | _data(drawn))};{OBJECTIVES}"
    markup = assemble(
        key, label, max(each.height for each in flat), _shapes(now, row, sizes),
        _controls(drawn, now, row), _readout(drawn, now, row), script,
    )  # fmt: skip
    if len(markup.encode()) > MOST_BYTES:
        raise ValueError(
            f"expected markup of {MOST_BYTES:,} bytes or less, got "
            f"{len(markup.encode()):,}: give fewer sentences or objectives"
        )
    return markup


def _controls(drawn: Drawings, now: Drawing, row: int) -> list[str]:
    room = "4.5rem"  # for the longest label, so that the inputs begin together
    return [
        select("task", "objective", list(drawn), room),
        select("text", "sentence", list(next(iter(drawn.values()))), room),
        slider("row", "row", row, len(now.lines) - 1, 1, room=room),
    ]


def _room(drawn: Drawings) -> int:
    """Letters of the longest live text, so that nothing below the figure moves."""
    return max(
        len(_summary(task, each))
        + max(len(_told(i, line)) for i, line in enumerate(each.lines))
        for task, texts in drawn.items()
        for each in texts.values()
    )


def _summary(task: str, drawing: Drawing) -> str:
    return f"{task}: {drawing.said}."


def _told(row: int, line: Line) -> str:
    """Whom a row sees, grid by grid, and what it is asked."""
    parts = [f"{who} sees {_among(keys, bits)}" for who, keys, _, bits in line.grids]
    asked = f"target: {line.asked}" if line.asked else "no target"
    return f"Row {row + 1}, {line.name}: {'; '.join(parts)}; {asked}."


def _among(keys: Sequence[str], bits: str) -> str:
    seen = [key for key, bit in zip(keys, bits) if bit == "1"]
    return "every token" if len(seen) == len(keys) else " ".join(seen) or "nothing"


def _readout(drawn: Drawings, now: Drawing, row: int) -> str:
    lines = -(-_room(drawn) // 40) + 1  # as a phone breaks them
    task = next(iter(drawn))
    return (
        f'<span style="display:block;min-height:{1.65 * lines:.1f}em">'
        f'<span id="$key-say">{quoted(_summary(task, now))}</span><br>'
        f'<span id="$key-told">{quoted(_told(row, now.lines[row]))}</span></span>'
    )


def _parted(each: Drawing) -> tuple[list[Word], list[Word]]:
    """Level words and upright ones."""
    upright = [word for word in each.words if word[2] == "key"]
    return [word for word in each.words if word[2] != "key"], upright


def _sizes(flat: Sequence[Drawing]) -> list[int]:
    """The most level words, upright words and rows that a drawing has."""
    counts = [(*map(len, _parted(each)), len(each.lines)) for each in flat]
    return [max(column) for column in zip(*counts, strict=True)]


def _shapes(now: Drawing, row: int, sizes: Sequence[int]) -> list[str]:
    """As many elements as the largest drawing needs; those left over are empty."""
    level, upright = _parted(now)
    level += [(0, 0, "plain", "")] * (sizes[0] - len(level))
    upright += [(0, 0, "key", "")] * (sizes[1] - len(upright))
    paths = [squares(line, now.side) for line in now.lines]
    full, hollow = ("M0 0" + "".join(part) for part in zip(*paths, strict=True))
    here = now.lines[row]
    return [
        f'<rect id="$key-here" x="1" y="{here.y}" width="{WIDE - 2}" '
        f'height="{now.side}" style="fill:{B};stroke:{B}" fill-opacity="0.18"/>',
        f'<path id="$key-full" d="{full}" style="fill:{A}"/>',
        f'<path id="$key-hollow" d="{hollow}" fill="none" stroke="currentColor" '
        'stroke-opacity="0.45"/>',
        '<g font-family="monospace" font-size="10">',
        *(_level(i, word) for i, word in enumerate(level)),
        *(_upright(i, word) for i, word in enumerate(upright)),
        "</g>",
        *(_hit(i, now) for i in range(sizes[2])),
    ]


def _level(i: int, word) -> str:
    x, y, kind, name = word
    anchor, weight = SETS[kind]
    return (
        f'<text id="$key-t{i}" x="{x:g}" y="{y:g}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{quoted(name)}</text>'
    )


def _upright(i: int, word) -> str:
    x, y, _, name = word
    place = f"translate({x:g} {y:g})rotate(-90)"
    return f'<text id="$key-v{i}" transform="{place}">{quoted(name)}</text>'


def _hit(i: int, now: Drawing) -> str:
    """Where the pointer chooses a row."""
    y, high = (now.lines[i].y, now.side) if i < len(now.lines) else (0, 0)
    return (
        f'<rect id="$key-h{i}" x="0" y="{y}" width="{WIDE}" height="{high}" '
        'fill-opacity="0"/>'
    )


def _data(drawn: Drawings) -> dict:
    """Words and lists of keys once; a drawing as lists of numbers and bits."""
    words: dict[str, int] = {"": 0}
    lists: dict[tuple[str, ...], int] = {}
    kinds = list(SETS)

    def word(name: str) -> int:
        return words.setdefault(name, len(words))

    def line(row: Line) -> list:
        grids = [
            v
            for who, keys, x, bits in row.grids
            for v in (word(who), lists.setdefault(keys, len(lists)), x, bits)
        ]
        return [row.y, word(row.name), word(row.asked), *grids]

    def one(each: Drawing) -> list:
        level, upright = _parted(each)
        return [
            each.said,
            each.side,
            [v for x, y, kind, w in level for v in (x, y, kinds.index(kind), word(w))],
            [v for x, y, _, w in upright for v in (x, y, word(w))],
            [line(row) for row in each.lines],
        ]

    shown = [[one(each) for each in texts.values()] for texts in drawn.values()]
    return {"words": list(words), "keys": [list(k) for k in lists], "shown": shown}


OBJECTIVES = """
  var words = data.words;
  var grids = function (line, each) {
    for (var g = 3; g < line.length; g += 4) {
      each(words[line[g]], data.keys[line[g + 1]], line[g + 2], line[g + 3]);
    }
  };
  var squares = function (lines, side, which) {
    var d = "M0 0", t = side - 2;
    lines.forEach(function (line) {
      grids(line, function (who, keys, x, bits) {
        bits.split("").forEach(function (bit, s) {
          if (bit === which) d += "M" + (x + s * side + 1) + " " + (line[0] + 1) + "h" +
            t + "v" + t + "h" + -t + "z";
        });
      });
    });
    return d;
  };
  var told = function (row, line) {
    var parts = [];
    grids(line, function (who, keys, x, bits) {
      var seen = keys.filter(function (k, s) { return bits.charAt(s) === "1"; });
      parts.push(who + " sees " + (seen.length === keys.length ? "every token" :
        seen.join(" ") || "nothing"));
    });
    return "Row " + (row + 1) + ", " + words[line[1]] + ": " + parts.join("; ") + "; " +
      (line[2] ? "target: " + words[line[2]] : "no target") + ".";
  };
  var pour = function (name, count, flat, step, put) {
    for (var i = 0; i < count; i++) {
      var on = step * i < flat.length, at = on ? flat.slice(step * i) : null;
      el(name + i).textContent = on ? words[at[step - 1]] : "";
      if (on) set(name + i, put(at));
    }
  };
  var update = function () {
    var task = Number(el("task").value);
    var now = data.shown[task][Number(el("text").value)];
    var side = now[1], lines = now[4], i;
    var row = Math.min(Number(el("row").value), lines.length - 1), line = lines[row];
    pour("t", data.sizes[0], now[2], 4, function (at) {
      var how = data.sets[at[2]];
      return {x: at[0], y: at[1], "text-anchor": how[0], "font-weight": how[1]};
    });
    pour("v", data.sizes[1], now[3], 3, function (at) {
      return {transform: "translate(" + at[0] + " " + at[1] + ")rotate(-90)"};
    });
    for (i = 0; i < data.sizes[2]; i++) {
      set("h" + i, i < lines.length ? {y: lines[i][0], height: side}
                                    : {y: 0, height: 0});
    }
    set("full", {d: squares(lines, side, "1")});
    set("hollow", {d: squares(lines, side, "0")});
    set("here", {y: line[0], height: side});
    set("row", {max: lines.length - 1,
                "aria-valuetext": row + 1 + ", " + words[line[1]]});
    el("say").textContent = data.tasks[task] + ": " + now[0] + ".";
    el("told").textContent = told(row, line);
  };
  var point = function (i) {
    el("h" + i).addEventListener("pointerenter", function () {
      el("row").value = String(i);
      update();
    });
  };
  for (var i = 0; i < data.sizes[2]; i++) point(i);
  ["task", "text", "row"].forEach(function (name) {
    el(name).addEventListener("input", update);
  });
  el("controls").hidden = false;
  update();
}());
"""
