"""Runs samples in blocks, on several threads, and hands them on in order."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

BLOCK = 128
"""Samples in a block; fixed, so that sums do not depend on the number of threads."""

T = TypeVar("T")


def in_blocks(run: Callable[[int], T], samples: int, threads: int) -> Iterator[T]:
    """Yield run(first sample) of every block in their order; at most a few wait at any time."""
    firsts = range(0, samples, BLOCK)
    if threads == 1 or len(firsts) == 1:
        yield from map(run, firsts)
        return
    with ThreadPoolExecutor(threads) as pool:
        ahead = 4 * threads
        waiting = [pool.submit(run, first) for first in firsts[:ahead]]
        for i in range(len(firsts)):
            yield waiting[i % ahead].result()
            if i + ahead < len(firsts):
                waiting[i % ahead] = pool.submit(run, firsts[i + ahead])
