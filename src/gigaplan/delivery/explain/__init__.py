"""Why this date, what drives the spread, and what must go right.

Arrays and callables in, small results out; nothing here knows what a programme is.
"""

from gigaplan.delivery.explain.shares import GroupShare, VarianceShares, variance_shares
from gigaplan.delivery.explain.tornado import Bar, tornado

__all__ = ["Bar", "GroupShare", "VarianceShares", "tornado", "variance_shares"]
