"""Shares draws among threads, in whole blocks, so that no result depends on their number."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from gigaplan.core.errors import require
from gigaplan.delivery.scores._kernels import BLOCK


def over_draws(work: Callable[[int, int], object], draws: int, threads: int) -> None:
    """Call ``work(first_draw, last_draw)`` on every block of draws, last one excluded.

    `work` must release the interpreter's lock and write to its own draws only.
    """
    require(threads >= 1, f"{threads} threads were asked for; 1 or more can be.")
    edges = [*range(0, draws, BLOCK), draws]
    spans = list(pairwise(edges))
    if threads == 1 or len(spans) == 1:
        for at, to in spans:
            work(at, to)
        return
    with ThreadPoolExecutor(min(threads, len(spans))) as pool:
        list(pool.map(lambda span: work(*span), spans))
