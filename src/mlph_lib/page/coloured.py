"""Samples of text, each token coloured by its surprise, in HTML and print."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from mlph_lib.page.figures import demand_alt, interactive
from mlph_lib.page.live.frame import check_key
from mlph_lib.page.pieces import in_markup, visible
from mlph_lib.page.tokens import LEVELS, Token, check_samples, level_of
from mlph_lib.page.tokens_printed import tokens_figure

__all__ = ["coloured_text", "markup"]


def coloured_text(
    key: str, samples: Sequence[Sequence[Token]], *, alt: str, lines: int = 40
) -> None:
    """Glue samples with each token washed by its surprise -log2 p, in bits.

    On the site a list that scrolls, with a check box that writes every number behind
    its token; no script. About 35 bytes a token. In print as many whole samples as
    fit.

    Args:
        key: unique name over the whole book; ``{glue:figure}`` places it.
        samples: tokens in order, as ``tokens_of`` gives them.
        alt: what is seen, in a sentence.
        lines: of the printed page that the figure may take.

    Raises:
        ValueError: if the key could not begin an id, ``alt`` says less than a few
            words, there is no sample or an empty one, or a surprise is no number >= 0.

    Example:
        >>> from mlph_lib.page.tokens import Token
        >>> coloured_text("doc-tokens", [[Token("▁a", 0.3), Token("<0x0A>", 9.1)]],
        ...     alt="A word of little surprise and a line break of much.")
    """
    demand_alt(key, alt)
    written = markup(key, samples, alt)
    interactive(key, written, tokens_figure(samples, lines), alt)


def markup(key: str, samples: Sequence[Sequence[Token]], alt: str) -> str:
    """The list as the site shows it."""
    check_key(key)
    check_samples(samples)
    legend = " ".join(
        f"<i class=b{i}>{level.told}</i>" for i, level in enumerate(LEVELS)
    )
    count = f"{len(samples)} samples" if len(samples) > 1 else "1 sample"
    parts = (
        f'<div id="{key}"><style>{_style(key)}</style>',
        f"<p><b>Surprise in bits:</b> {legend}</p>",
        f'<input type="checkbox" id="{key}-n"> '
        f'<label for="{key}-n">write the bits behind each token</label>',
        f'<div role="region" tabindex="0" aria-label="{count}: '
        f'{html.escape(alt)}"><ol>',
        *(_item(sample) for sample in samples),
        "</ol></div></div>",
    )
    return "\n".join(parts)


def _item(sample: Sequence[Token]) -> str:
    bits = math.fsum(token.bits for token in sample)
    count = f"{len(sample)} tokens" if len(sample) > 1 else "1 token"
    tokens = "".join(map(_token, sample))
    return f"<li><code>{tokens}</code> <small>({count}, {bits:.1f} bits)</small></li>"


def _token(token: Token) -> str:
    words = visible(token.piece, space=" ")
    end = "\n" if words.endswith("↵") else ""  # behind the token's number
    level, bits = level_of(token.bits), abs(token.bits)
    return f"<i class=b{level} title={bits:.1f}>{in_markup(words)}</i>{end}"


def _style(key: str) -> str:
    """Both themes of the site, and of a notebook that is opened by itself."""
    dark = f'html[data-theme="dark"] #{key}', f'[data-jp-theme-light="false"] #{key}'
    rules = [
        f"#{key}{{text-align:left}}",
        f"#{key} div{{max-height:26rem;overflow-y:auto;border:1px solid;"
        "border-radius:4px;margin-top:.4rem}",
        f"#{key} ol{{margin:.5rem 0;padding:0 .6rem 0 2.6rem}}",
        f"#{key} li{{margin-bottom:.5rem}}",
        f"#{key} code{{white-space:pre-wrap;overflow-wrap:anywhere;color:inherit;"
        "background:none;border:0;padding:0}",
        f"#{key} i{{font-style:normal;padding:1px 0;margin-right:1px}}",
        f"#{key} p i{{padding:1px .3rem;white-space:nowrap}}",
        f"#{key}-n:checked~div i::after{{content:attr(title);font-size:.75em;"
        "font-weight:400;vertical-align:sub;padding:0 .25em 0 .1em}",
        f"@media print{{#{key} div{{max-height:none}}}}",
    ]
    for i, level in enumerate(LEVELS):
        underline = f"border-bottom:{level.line}px solid;" if level.line else ""
        weight = "font-weight:700;" if level.bold else ""
        if wash := _wash(level.light):
            rules.append(f"#{key} .b{i}{{{wash}{underline}{weight}}}")
            rules += [f"{page} .b{i}{{{_wash(level.dark)}}}" for page in dark]
    return "\n".join(rules)


def _wash(colours: tuple[str, str]) -> str:
    ground, letters = colours
    return f"background:{ground};color:{letters};" if ground else ""
