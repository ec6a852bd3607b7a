"""Who operates the blocks: threads of this process, or others told how to make the blocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol

from gigaplan.expansion.decomposition.block import Answer, Block
from gigaplan.expansion.decomposition.master import Master, formulate_master
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.options import FloatArray

Asked = tuple[FloatArray, FloatArray]
"""Inputs of a block, and USD per unit of each of its amounts."""

Task = tuple[int, Sequence[Asked]]
"""A block's number and where to operate it."""


@dataclass(frozen=True)
class Recipe:
    """All that is needed to make the blocks of a problem, in the same order, anywhere."""

    problem: ExpansionProblem
    emergency_usd_per_mwh: float
    fast: bool = True

    def master(self) -> Master:
        """Return the master and its blocks."""
        return formulate_master(
            self.problem, emergency_usd_per_mwh=self.emergency_usd_per_mwh, fast=self.fast
        )


class Workers(Protocol):
    """Operates blocks; may be asked again and again until it is closed."""

    def answers(self, tasks: Sequence[Task]) -> Iterator[list[Answer]]:
        """Return the answers of each task, in the order of the tasks."""
        ...


class Executor(Protocol):
    """Makes workers for a recipe."""

    def open(self, recipe: Recipe, master: Master) -> AbstractContextManager[Workers]:
        """Return workers for the blocks of a master, which was made of the recipe."""
        ...


def answer(blocks: Sequence[Block], task: Task) -> list[Answer]:
    """Return the answers of one task."""
    oracle = blocks[task[0]].oracle
    return [oracle.operate(inputs, prices) for inputs, prices in task[1]]


@dataclass(frozen=True)
class Threads:
    """Threads of this process: the oracles leave Python while they work.

    Parameters
    ----------
    count : int
    """

    count: int

    def open(self, recipe: Recipe, master: Master) -> AbstractContextManager[Workers]:
        """Return workers for the blocks of a master."""
        return ThreadWorkers(master.blocks, self.count)


class ThreadWorkers:
    """Operates blocks on threads of this process."""

    def __init__(self, blocks: Sequence[Block], count: int) -> None:
        self._blocks = blocks
        self._pool = ThreadPoolExecutor(count)

    def __enter__(self) -> ThreadWorkers:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def answers(self, tasks: Sequence[Task]) -> Iterator[list[Answer]]:
        """Return the answers of each task, in the order of the tasks."""
        return self._pool.map(lambda task: answer(self._blocks, task), tasks)
