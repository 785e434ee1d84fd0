"""Measure transport on the line: densities, quantiles, monotone maps, normals."""

from mlph_lib.transport.change import pushforward
from mlph_lib.transport.density import from_pdf
from mlph_lib.transport.gauss import box_muller, polar_normal, standard_normal
from mlph_lib.transport.kendall import kendall_cdf
from mlph_lib.transport.monotone import MonotoneMap

__all__ = [
    "MonotoneMap",
    "box_muller",
    "from_pdf",
    "kendall_cdf",
    "polar_normal",
    "pushforward",
    "standard_normal",
]
