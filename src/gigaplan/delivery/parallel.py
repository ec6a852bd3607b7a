"""Shares draws among threads, in whole blocks, so that no result depends on their number."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from gigaplan.core.errors import require
from gigaplan.delivery.scores._kernels import BLOCK


def over_draws(work: Callable[[int, int], object], draws: int, threads: int) -> None:
    """Call ``work(first_draw, last_draw)`` on each thread's share of draws, last one excluded.

    Shares are whole blocks of 256 draws. `work` must release the interpreter's lock and write to
    its own draws only.
    """
    require(threads >= 1, f"{threads} threads were asked for; 1 or more can be.")
    blocks = -(-draws // BLOCK)
    workers = min(threads, blocks)
    edges = [int(edge) * BLOCK for edge in np.linspace(0, blocks, workers + 1).astype(int)]
    spans = [(at, min(to, draws)) for at, to in pairwise(edges)]
    if workers == 1:
        work(*spans[0])
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(lambda span: work(*span), spans))
