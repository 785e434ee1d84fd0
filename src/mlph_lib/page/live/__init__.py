"""Live figures: inline SVG, native sliders and a few lines of script, no library.

Each ``..._live`` returns markup that already shows a sensible state, so it reads
without scripts; the script unhides the sliders and redraws the same shapes as they
move. Each ``..._figure`` is a static twin for print.
"""

from mlph_lib.page.live.box_muller import box_muller_live
from mlph_lib.page.live.coded import CodedText, coded_texts
from mlph_lib.page.live.codes import code_live
from mlph_lib.page.live.decoding import decoding_live
from mlph_lib.page.live.objectives import objectives_live
from mlph_lib.page.live.printed import code_figure, decoding_figure, objectives_figure
from mlph_lib.page.live.transport import transport_live

__all__ = [
    "CodedText",
    "box_muller_live",
    "code_figure",
    "code_live",
    "coded_texts",
    "decoding_figure",
    "decoding_live",
    "objectives_figure",
    "objectives_live",
    "transport_live",
]
