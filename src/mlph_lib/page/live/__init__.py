"""Live figures: inline SVG, native sliders and a few lines of script, no library.

Each builder returns markup that already shows a sensible state, so it reads without
scripts; the script unhides the sliders and redraws the same shapes as they move.
"""

from mlph_lib.page.live.box_muller import box_muller_live
from mlph_lib.page.live.transport import transport_live

__all__ = ["box_muller_live", "transport_live"]
