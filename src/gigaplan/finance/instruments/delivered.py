"""What is paid for before it comes: spread over the months in which it does."""

from __future__ import annotations

import numpy as np

from gigaplan.finance.amounts import Array
from gigaplan.finance.instruments.amortising import Months, level


def delivered(paid: Array, service: Months, tenor: int) -> Array:
    """Return money [month, draw] in the months in which what it bought is delivered.

    Equal parts from the month after `service` [draw] over `tenor` months; what is paid later is
    spread over the months left. It is a loan without interest, repaid in kind.
    """
    _, _, parts = level(paid, np.asarray(service), tenor, 0.0, common_end=True)
    return parts
