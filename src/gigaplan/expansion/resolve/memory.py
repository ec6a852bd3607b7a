"""What was found of blocks in earlier problems, and the pools of a new problem filled with it.

A block that is the same function as before (`same_operation`) takes over its cuts and dispatches
unchanged. One whose hours or costs have changed is operated anew, at the inputs and prices of
those dispatches that the last plan was mixed of and those cuts that bound it: where the new plan
is likely to be. A block that is new is operated at its starts.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from gigaplan.expansion.assembly import Key
from gigaplan.expansion.decomposition.block import Block
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.pools import Pools
from gigaplan.expansion.decomposition.rounds import DEAR_USD, Met, Rounds
from gigaplan.expansion.decomposition.workers import Asked, Task, answer
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.resolve.same_operation import amount_keys, keys_of, same_operation

IDLE_PLANS = 25
"""Plans for which a cut or dispatch is kept after it last mattered."""
KEPT_FORMS = 8
"""Forms of one block (its hours and costs) that are kept, the latest used."""
DEAR = DEAR_USD / MILLION
"""Million USD per unit of an amount from which on a cut is one that starts keep."""
LEAST_WEIGHT = 1e-7
"""Part of the largest weight or dual from which on a dispatch or cut matters."""
SPARE_PER_BLOCK = 40
"""Up to so many cuts and dispatches of a block, none is dropped."""


@dataclass(eq=False)
class Entry:
    """A cut and a dispatch, as `Pools` keep them, and for how many plans they did not matter."""

    slopes: FloatArray
    prices: FloatArray
    cost: float
    amounts: FloatArray
    used: FloatArray
    asked: FloatArray
    emergency: bool
    idle: int = 0

    @classmethod
    def of(cls, pools: Pools, j: int) -> Entry:
        """Return what is in some place of the pools."""
        return cls(
            pools.slopes[j],
            pools.prices[j],
            pools.cost[j],
            pools.amounts[j],
            pools.used[j],
            pools.asked[j],
            pools.emergency[j],
        )

    def put(self, pools: Pools, b: int) -> None:
        """Add it to the pools as a cut and dispatch of a block."""
        pools.block.append(b)
        pools.slopes.append(self.slopes)
        pools.prices.append(self.prices)
        pools.cost.append(self.cost)
        pools.amounts.append(self.amounts)
        pools.used.append(self.used)
        pools.asked.append(self.asked)
        pools.emergency.append(self.emergency)


@dataclass(eq=False)
class Form:
    """One form of a block and what is known of it."""

    block: Block
    amounts: tuple[Key, ...]
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True)
class Warm:
    """How many blocks of a problem took over what was known, were asked again, or began anew."""

    kept: int
    asked: int
    begun: int


class Memory:
    """Cuts and dispatches by block, over any number of problems."""

    def __init__(self) -> None:
        self._forms: dict[Key, list[Form]] = {}

    def fill(self, rounds: Rounds[Master], threads: int = 1) -> Warm:
        """Fill the pools of rounds that have not begun; return where it came from."""
        master, pools = rounds.master, rounds.pools
        keys = amount_keys(master)
        asked: list[Task] = []
        kept = begun = 0
        for b, block in enumerate(master.blocks):
            amounts = keys_of(block, keys)
            form = self._form(block, amounts)
            if form is not None:
                for entry in form.entries:
                    entry.put(pools, b)
                kept += 1
                continue
            before = self._forms.get(block.key, [])
            again = _points(before[-1], block, amounts) if before else []
            begun += not again
            starts = rounds.starts(b)
            if again:
                starts = [
                    at for n, at in enumerate(starts) if n < needed_starts(block) or at[1].any()
                ]
            asked.append((b, [*starts, *again]))
        with ThreadPoolExecutor(threads) as pool:
            answers = pool.map(lambda task: answer(master.blocks, task), asked)
            for (b, points), found in zip(asked, answers, strict=True):
                for (z, prices), one in zip(points, found, strict=True):
                    pools.add(b, z, prices, one)
        return Warm(kept, len(asked) - begun, begun)

    def learn(self, rounds: Rounds[Master], met: Met) -> None:
        """Keep what rounds have found of each block, and note what mattered where they met."""
        master, pools = rounds.master, rounds.pools
        keys = amount_keys(master)
        matters = mattered(rounds, met)
        places: list[list[int]] = [[] for _ in master.blocks]
        for j, b in enumerate(pools.block):
            places[b].append(j)
        for b, block in enumerate(master.blocks):
            amounts = keys_of(block, keys)
            forms = self._forms.setdefault(block.key, [])
            form = self._form(block, amounts)
            if form is None:
                form = Form(block, amounts)
            else:
                forms.remove(form)
            form.entries = _updated(form.entries, pools, places[b], matters, needed_starts(block))
            forms.append(form)
            del forms[:-KEPT_FORMS]

    def _form(self, block: Block, amounts: tuple[Key, ...]) -> Form | None:
        """Return the form that a block has had before, if any."""
        for form in reversed(self._forms.get(block.key, [])):
            if same_operation(form.block, form.amounts, block, amounts):
                return form
        return None


def needed_starts(block: Block) -> int:
    """Return how many of a block's starts leave every plan open: each load alone comes first."""
    return max(1, sum(entry.exact for entry in block.inputs))


def _points(form: Form, block: Block, amounts: tuple[Key, ...]) -> list[Asked]:
    """Return where to operate a block whose form is new, by what mattered in another form."""
    names = [entry.name for entry in form.block.inputs]
    found = []
    for entry in form.entries:
        if entry.idle == 0:
            inputs = dict(zip(names, entry.asked.tolist(), strict=True))
            prices = dict(zip(form.amounts, (entry.prices * MILLION).tolist(), strict=True))
            z = np.array([inputs.get(i.name, i.constant) for i in block.inputs])
            found.append((z, np.array([prices.get(key, 0.0) for key in amounts])))
    return found


def mattered(rounds: Rounds[Master], met: Met) -> np.ndarray:
    """Return which cuts bound a plan and which dispatches it was mixed of, together."""
    count = len(rounds.pools.block)
    found = np.zeros(count, dtype=bool)
    height = rounds.master.program.matrix.shape[0]
    for values in (met.plan.values[rounds.pools.first :], met.bounding.row_duals[height:]):
        size = np.abs(values[:count])
        found[: len(size)] |= size > LEAST_WEIGHT * size.max(initial=0.0)
    return found


def _updated(
    before: Sequence[Entry], pools: Pools, places: list[int], matters: np.ndarray, needed: int
) -> list[Entry]:
    """Return the entries of a block after a plan: what has long not mattered is dropped."""
    filled = {id(entry.slopes): entry for entry in before}
    found = []
    for place, j in enumerate(places):
        known = filled.get(id(pools.slopes[j])) or Entry.of(pools, j)
        known.idle = 0 if matters[j] else known.idle + 1
        lasting = place < needed or (known.prices.size and np.abs(known.prices).max() >= DEAR)
        if lasting or known.idle <= IDLE_PLANS or len(places) <= SPARE_PER_BLOCK:
            found.append(known)
    return found
