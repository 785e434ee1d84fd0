"""What temperature, top-k and top-p do to the law of the next token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mlph_lib.page.live.frame import A, as_data, assemble, quoted, slider, text
from mlph_lib.page.live.law import Law, Shaped, condensed, shaped
from mlph_lib.page.pieces import visible

__all__ = [
    "OFF",
    "as_names",
    "as_settings",
    "bars_of",
    "decoding_live",
    "name_of_others",
]

MOST_K = 100  # the right end of the slider; one step further is "off"
TOP, PITCH, LEFT, WIDE = 42, 15, 104, 196  # of the bars, in units of the drawing
SCALES = (0.05, 0.1, 0.2, 0.5, 1.0)
ROOM = "6.5rem"  # for the longest label, so that the sliders begin together
LETTERS = 13  # of a name, before it is cut


def decoding_live(
    key: str,
    pieces: Sequence[str],
    logits: ArrayLike,
    *,
    temperature: float = 1.0,
    top_k: int = 0,
    top_p: float = 1.0,
) -> str:
    """Sliders for T, k and p over one law of the next token: p^(1/T), top-k, top-p.

    A bar each for the most probable tokens and one for all others; outlines show the
    model's own law, and what is removed is struck out. The page carries the 200
    largest log-probabilities and the others in runs of equals (``law.condensed``): what
    is kept among the 200 is exact, further down to a run's length.

    Args:
        key: name of the figure; every id of the markup begins with it.
        pieces: spellings of the most probable tokens in falling order, ties to the
            lowest id; as many bars are drawn, 2 to 30. 24 fit well.
        logits: (V,), the model's own, in the order of the vocabulary.
        temperature, top_k, top_p: where the sliders stand at first; top_k = 0 and
            top_p = 1 keep all.

    Returns:
        Markup for ``interactive(key, markup, fig, alt=...)``; ``decoding_figure`` is
        its static twin.

    Raises:
        ValueError: if the key could not begin an id, the logits are not finite, the
            pieces are too few, too many or more than the tokens, or a setting is out
            of its slider's range.

    Example:
        >>> markup = decoding_live("demo", ["▁the", "▁a"], [0.1, 2.0, 1.0])
        >>> 'id="demo-temperature"' in markup, "␣the" in markup
        (True, True)
    """
    law = condensed(logits)
    names, most = as_names(pieces, law), min(MOST_K, int(law.counts.sum()) - 1)
    asked = {"temperature": temperature, "top_k": top_k, "top_p": top_p}
    now = as_settings(asked, most)
    own, new = shaped(law, 1.0, 0, 1.0), shaped(law, **now)
    controls = [
        slider("temperature", "temperature", temperature, 2, 0.05, 0.1, ROOM),
        slider("topk", "top-k", top_k or most + 1, most + 1, 1, 1, ROOM),
        slider("topp", "top-p", top_p, 1, 0.01, 0.05, ROOM),
    ]
    label = (
        f"Bars of the {len(names)} most probable next tokens and one bar of all "
        "others. Outlines are the model's own probabilities, filled bars those after "
        "temperature, top-k and top-p; removed tokens are struck out."
    )
    data = {
        "logp": law.log_p.tolist(), "counts": law.counts.tolist(),
        "bars": len(names), "off": most + 1,
    }  # fmt: skip
    return assemble(
        key, label, TOP + PITCH * (len(names) + 1) + 6, _shapes(names, own, new),
        controls, quoted(_readout(now, new, names[0])),
        f"\n  var data = {as_data(data)}, first = {as_data(names[0])};{DECODING}",
    )  # fmt: skip


OFF: dict[str, Any] = {"temperature": 1.0, "top_k": 0, "top_p": 1.0}
RANGES = {"temperature": (0.1, 2.0), "top_p": (0.05, 1.0)}


def as_settings(asked: dict[str, Any], most: int) -> dict[str, Any]:
    if asked.keys() != OFF.keys():
        raise ValueError(f"expected settings among {sorted(OFF)}, got {sorted(asked)}")
    for name, (low, high) in {**RANGES, "top_k": (0, most)}.items():
        if not low <= asked[name] <= high:  # NaN is refused, too
            raise ValueError(
                f"expected {name} from {low} to {high}, got {asked[name]}: "
                f"that is as far as its slider goes"
            )
    return asked


def as_names(pieces: Sequence[str], law: Law) -> list[str]:
    tokens = int(law.counts.sum())
    if not 2 <= len(pieces) <= min(30, tokens):
        raise ValueError(
            f"expected the pieces of the 2 to {min(30, tokens)} most probable tokens, "
            f"got {len(pieces)}: there is a bar for each"
        )
    return [_cut(visible(piece)) for piece in pieces]


def _cut(name: str) -> str:
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"


def name_of_others(count: int) -> str:
    return f"{count:,} others"


def bars_of(law: Shaped, bars: int) -> tuple[np.ndarray, np.ndarray]:
    """Probability and number kept of each bar; the last is that of all others."""
    rest = np.sum((law.kept * law.p)[bars:])
    kept = np.append(law.kept[:bars], np.sum(law.kept[bars:]))
    return np.append(law.p[:bars], rest), kept


def _shapes(names: list[str], own: Shaped, new: Shaped) -> list[str]:
    """Axis, and for each bar its name, its outline, the bar itself and its value."""
    (before, _), (after, kept) = bars_of(own, len(names)), bars_of(new, len(names))
    scale = next(s for s in SCALES if s >= max(*before, *after) - 1e-12)
    foot = TOP + PITCH * len(before)
    shapes = [
        '<rect x="104" y="5" width="14" height="9" fill="none" stroke="currentColor"/>',
        text(122, 14, "the model’s own"),
        f'<rect x="228" y="5" width="14" height="9" style="fill:{A}"/>',
        text(246, 14, "after the settings"),
        *(
            text(LEFT + WIDE * i / 2, 32, f"{scale * i / 2:g}", "middle", f"$key-s{i}")
            for i in range(3)
        ),
        f'<path d="M{LEFT} 36V{foot}M{LEFT + WIDE // 2} 36V{foot}M{LEFT + WIDE} '
        f'36V{foot}" stroke="currentColor" stroke-opacity="0.25"/>',
        '<g font-family="monospace" font-size="11">',
    ]
    others = name_of_others(own.kept.sum() - len(names))
    for i, name in enumerate([*names, others]):
        shapes += _row(i, name, before[i] / scale, after[i] / scale, kept[i], after[i])
    return [*shapes, "</g>"]


def _row(
    i: int, name: str, before: float, after: float, kept: int, p: float
) -> list[str]:
    y = TOP + PITCH * i
    dash, strike = ("none", "none") if kept else ("2 2", "line-through")
    value = f"{p:.4f}" if kept else "removed"
    return [
        f'<text id="$key-n{i}" x="{LEFT - 6}" y="{y + 9}" text-anchor="end" '
        f'text-decoration="{strike}">{quoted(name)}</text>',
        f'<rect id="$key-b{i}" x="{LEFT}" y="{y}" width="{WIDE * after:.1f}" '
        f'height="11" style="fill:{A}"/>',
        f'<rect id="$key-o{i}" x="{LEFT}" y="{y}" width="{WIDE * before:.1f}" '
        f'height="11" fill="none" stroke="currentColor" stroke-dasharray="{dash}"/>',
        text(LEFT + WIDE + 6, y + 9, value, ident=f"$key-v{i}"),
    ]


def _readout(now: Mapping[str, float], new: Shaped, first: str) -> str:
    k = f"{now['top_k']}" if now["top_k"] else "off"
    p = f"{now['top_p']:.2f}" if now["top_p"] < 1 else "off"
    return (
        f"temperature {now['temperature']:.2f}, top-k {k}, top-p {p}: "
        f"{new.kept.sum():,} tokens kept, entropy {new.entropy:.3f} nats, "
        f"first token {first} with probability {new.p[0]:.4f}"
    )


DECODING = """
  var bars = data.bars, count = data.counts.length;
  var sum = function (kept, p) {
    return p.reduce(function (s, v, i) { return s + kept[i] * v; }, 0);
  };
  var shape = function (T, k, p) {
    var w = data.logp.map(function (v) { return Math.exp((v - data.logp[0]) / T); });
    var kept = data.counts.slice(), i = 0, n = 0, before = 0, mass, most;
    if (k < data.off) {
      while ((n += kept[i]) < k) i++;
      kept = kept.map(function (c, j) { return data.logp[j] < data.logp[i] ? 0 : c; });
    }
    if (p < 1) {
      mass = sum(kept, w);
      kept = kept.map(function (c, j) {
        most = Math.ceil((p - before) / Math.max(w[j] / mass, 1e-300));
        before += c * w[j] / mass;
        return Math.max(j ? 0 : 1, Math.min(c, Math.max(0, most)));
      });
    }
    mass = sum(kept, w);
    return {kept: kept, p: w.map(function (v, j) { return kept[j] ? v / mass : 0; })};
  };
  var split = function (law) {
    var rest = {p: sum(law.kept.slice(bars), law.p.slice(bars)), kept: 0};
    law.kept.slice(bars).forEach(function (c) { rest.kept += c; });
    return {p: law.p.slice(0, bars).concat(rest.p),
            kept: law.kept.slice(0, bars).concat(rest.kept)};
  };
  var own = split(shape(1, data.off, 1));
  var update = function () {
    var T = Number(el("temperature").value), k = Number(el("topk").value);
    var p = Number(el("topp").value), law = shape(T, k, p), now = split(law);
    var top = Math.max.apply(null, own.p.concat(now.p)) - 1e-12, total = 0, h = 0;
    var scale = [0.05, 0.1, 0.2, 0.5, 1].find(function (s) { return s >= top; });
    [0, 1, 2].forEach(function (i) {
      el("s" + i).textContent = String(Number((scale * i / 2).toPrecision(3)));
    });
    now.p.forEach(function (v, i) {
      var gone = now.kept[i] === 0;
      set("b" + i, {width: f(196 * v / scale)});
      set("o" + i, {width: f(196 * own.p[i] / scale),
                    "stroke-dasharray": gone ? "2 2" : "none"});
      set("n" + i, {"text-decoration": gone ? "line-through" : "none"});
      el("v" + i).textContent = gone ? "removed" : v.toFixed(4);
    });
    law.p.forEach(function (v, i) {
      total += law.kept[i];
      if (v > 0) h -= law.kept[i] * v * Math.log(v);
    });
    var said = {topk: k < data.off ? String(k) : "off",
                topp: p < 1 ? p.toFixed(2) : "off"};
    set("topk", {"aria-valuetext": said.topk});
    set("topp", {"aria-valuetext": said.topp});
    el("out").textContent = "temperature " + T.toFixed(2) + ", top-k " + said.topk +
      ", top-p " + said.topp + ": " +
      String(total).replace(/\\B(?=(\\d{3})+$$)/g, ",") +
      " tokens kept, entropy " + h.toFixed(3) + " nats, first token " + first +
      " with probability " + law.p[0].toFixed(4);
  };
  ["temperature", "topk", "topp"].forEach(function (name) {
    el(name).addEventListener("input", update);
  });
  el("controls").hidden = false;
  update();
}());
"""
