"""Each scenario's master; blocks that are operated alike in several scenarios have one oracle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gigaplan.expansion.assembly import Key
from gigaplan.expansion.decomposition.block import Block
from gigaplan.expansion.decomposition.master import Master, formulate_master
from gigaplan.expansion.decomposition.planner import EMERGENCY_USD_PER_MWH
from gigaplan.expansion.formulation import Formulation
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.resolve.same_operation import amount_keys, keys_of, same_operation
from gigaplan.expansion.stochastic.delay import delayed_program, with_room_for_delay
from gigaplan.expansion.stochastic.model import Scenario


def scenario_master(scenario: Scenario) -> Master:
    """Return the master of a scenario, in which build columns are orders, in parts of units."""
    problem, delay_years = scenario.problem, scenario.delay_years
    wide = with_room_for_delay(problem, delay_years)
    master = formulate_master(wide, emergency_usd_per_mwh=EMERGENCY_USD_PER_MWH[0])
    form = master.form
    program = form.program
    if wide is not problem:
        program = delayed_program(form.assembly, form.assets, problem, delay_years)
    nothing = np.zeros(len(program.whole), dtype=bool)
    return replace(
        master,
        form=Formulation(problem, form.assembly, form.assets, program),
        program=replace(program, cost=program.cost / MILLION, whole=nothing),
    )


class SharedOracles:
    """Gives blocks of later masters the oracles of earlier ones that do the same.

    So hours are kept once, and what is found of a block holds in every scenario that shares it.
    """

    def __init__(self) -> None:
        self._known: dict[Key, list[tuple[Block, tuple[Key, ...]]]] = {}

    def given(self, master: Master) -> Master:
        """Return a master with the oracles of earlier ones wherever its blocks do the same."""
        keys = amount_keys(master)
        return replace(
            master,
            blocks=tuple(self._given(block, keys_of(block, keys)) for block in master.blocks),
        )

    def _given(self, block: Block, amounts: tuple[Key, ...]) -> Block:
        known = self._known.setdefault(block.key, [])
        for other, its_amounts in known:
            if same_operation(other, its_amounts, block, amounts):
                return replace(block, oracle=other.oracle)
        known.append((block, amounts))
        return block
