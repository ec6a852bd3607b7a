"""gigaplan plans gigawatt-scale AI infrastructure: compute, power and capital under uncertainty."""

__version__ = "0.1.0"
