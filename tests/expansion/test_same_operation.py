"""Where a block is called the same as another, it must answer the same: else bounds are wrong.

Every figure of everything that is on offer is changed in turn. Whatever the blocks then are, two
that `same_operation` calls the same are operated at the same inputs and prices.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.expansion import (
    ExpansionProblem,
    PowerPurchase,
    Prepayment,
    ShedTier,
    Supply,
    Zone,
)
from gigaplan.expansion.decomposition.master import formulate_master
from gigaplan.expansion.resolve.same_operation import amount_keys, keys_of, same_operation

from .decomposition_cases import changed, limited, programme
from .test_properties import random_problem

PARTS = ("zones", "sites", "supplies", "storages", "connections")
NAMES = {"name", "site", "zone", "slot_class"}
"""Fields that say which is which: another value is another problem."""
WHERE_NONE: dict[str, Any] = {
    "max_import_mw": 100.0,
    "export_price_fraction": 0.5,
    "reserve_margin_fraction": 0.1,
    "reserve_mw_per_it_mw": 1.5,
    "max_water_m3": 1e6,
    "land_acres": 1e5,
    "earliest_year": 2031,
    "latest_year": 2032,
    "unit_mw": 20.0,
    "max_build_mw": 90.0,
    "capital_rate_fraction": 0.04,
    "duration_hours": 3.0,
    "carbon_t": 5e5,
    "capex_usd": 4e9,
    "clean_share_fraction": 0.4,
}


def others(name: str, value: Any) -> Iterator[Any]:
    """Yield other values that a field may have."""
    if value is None:
        yield WHERE_NONE[name]
    elif name == "route":
        yield from ()
    elif name == "clean_matching":
        yield "hourly" if value == "annual" else "annual"
    elif name == "contract":
        yield from (
            PowerPurchase(60.0),
            PowerPurchase(60.0, 0.5),
            PowerPurchase(61.0, 0.5),
            Prepayment(1e5, 30.0),
        )
    elif name == "shed":
        yield tuple(replace(tier, usd_per_mwh=0.9 * tier.usd_per_mwh) for tier in value)
        yield tuple(replace(tier, load_fraction=0.9 * tier.load_fraction) for tier in value)
        yield ()
    elif isinstance(value, bool):
        yield not value
    elif name == "spend_fractions":
        yield (0.5, 0.5)
    elif isinstance(value, float | int):
        yield type(value)(0.9 * value + 0.03)
        if value:
            yield type(value)(0)
    elif isinstance(value, np.ndarray | list):
        found = np.array(value, dtype=np.float64)
        found[..., -1] = 0.9 * found[..., -1] + 0.03
        yield found


def changes(problem: ExpansionProblem) -> Iterator[tuple[str, ExpansionProblem]]:
    """Yield every change of one figure, by what it is a change of."""
    for part in PARTS:
        items = getattr(problem, part)
        for place in sorted({0, len(items) // 2, len(items) - 1} & set(range(len(items)))):
            item = items[place]
            for entry in fields(item):
                if entry.name in NAMES:
                    continue
                for value in others(entry.name, getattr(item, entry.name)):
                    what = f"{part} {item.name} {entry.name} {value}"
                    yield from made(what, problem, part, items, place, {entry.name: value})
    for entry in fields(problem.limits):
        if entry.name not in ("slots", "funds", "cumulative_capex"):
            for value in others(entry.name, getattr(problem.limits, entry.name)):
                yield f"limits {entry.name}", limited(problem, **{entry.name: value})
    hours = problem.hours
    yield "weights", replace(problem, hours=replace(hours, weights=1.1 * hours.weights))
    chains = (*hours.chain_lengths[:-1], hours.chain_lengths[-1] // 2, hours.chain_lengths[-1] // 2)
    yield "chains", replace(problem, hours=replace(hours, chain_lengths=chains))
    yield "step", replace(problem, hours=replace(hours, step_hours=2.0))
    later = tuple(replace(p, year=p.year + 1, discount_factor=0.5) for p in problem.periods)
    yield "periods", replace(problem, periods=later)
    yield "rate", replace(problem, capital_rate_fraction=0.02)


def made(
    what: str,
    problem: ExpansionProblem,
    part: str,
    items: tuple[Any, ...],
    place: int,
    values: dict[str, Any],
) -> Iterator[tuple[str, ExpansionProblem]]:
    """Yield the problem with one item changed, unless it is none then."""
    try:
        item = replace(items[place], **values)
        parts: dict[str, Any] = {part: (*items[:place], item, *items[place + 1 :])}
        yield what, replace(problem, **parts)
    except InputError:
        return


def virtual_and_zone(problem: ExpansionProblem) -> ExpansionProblem:
    """Return the problem with a virtual contract, and a project in a zone without sites."""
    hours = len(problem.hours)
    rng = np.random.default_rng(7)
    more = (
        Supply(
            name="virtual",
            zone=problem.zones[0].name,
            route="virtual",
            availability=rng.uniform(0, 1, hours),
            capex_usd_per_mw=1e6,
            must_run_fraction=0.2,
            max_mw=100.0,
        ),
        Supply(
            name="far",
            zone="far",
            route="zone",
            availability=rng.uniform(0, 1, hours),
            variable_usd_per_mwh=20.0,
            co2_t_per_mwh=0.3,
            capex_usd_per_mw=1e6,
            max_mw=100.0,
        ),
    )
    far = Zone(name="far", price_usd_per_mwh=rng.uniform(20, 80, hours), sale_price_fraction=0.9)
    return replace(problem, supplies=(*problem.supplies, *more), zones=(*problem.zones, far))


def must_serve(problem: ExpansionProblem) -> ExpansionProblem:
    """Return the problem with half of the load of its first site to be served."""
    tier = ShedTier(name="half", load_fraction=0.5, usd_per_mwh=700.0)
    return replace(problem, sites=(replace(problem.sites[0], shed=(tier,)), *problem.sites[1:]))


def with_water_and_must_run(problem: ExpansionProblem) -> ExpansionProblem:
    """Return the problem with a water limit at its first site, where a supply must run."""
    first = problem.supplies[0].name
    wet = changed(problem, problem.sites[0].name, max_water_m3=1e6)
    return changed(wet, first, must_run_fraction=0.2, water_m3_per_mwh=0.7)


CASES = {
    "sites by storage value": with_water_and_must_run(
        must_serve(
            limited(programme(), clean_share_fraction=0.3, carbon_t=1e6, carbon_usd_per_t=20.0)
        )
    ),
    "sales": virtual_and_zone(limited(programme(3), clean_share_fraction=0.3)),
    "hourly programs": with_water_and_must_run(must_serve(random_problem(2))),
}


@pytest.mark.parametrize("case", CASES)
def test_blocks_that_are_called_the_same_answer_the_same(case: str) -> None:
    problem = CASES[case]
    rng = np.random.default_rng(5)
    base = formulate_master(problem, emergency_usd_per_mwh=1e6)
    known = {block.key: (block, keys_of(block, amount_keys(base))) for block in base.blocks}
    asked = {}
    for key, (block, amounts) in known.items():
        points = [
            (
                np.array([1.0 if i.constant else rng.uniform(0.2, 2.0) for i in block.inputs]),
                rng.uniform(-3e4, 3e4, len(amounts)),
            )
            for _ in range(2)
        ]
        asked[key] = [(z, p, block.oracle.operate(z, p)) for z, p in points]
    same: set[str] = set()
    other: set[str] = set()
    for what, variant in changes(problem):
        master = formulate_master(variant, emergency_usd_per_mwh=1e6)
        keys = amount_keys(master)
        for block in master.blocks:
            if block.key not in known:
                continue
            old, amounts = known[block.key]
            if not same_operation(old, amounts, block, keys_of(block, keys)):
                other.add(what)
                continue
            same.add(what)
            for z, prices, before in asked[block.key]:
                after = block.oracle.operate(z, prices)
                near = 1e-9 * (1.0 + abs(before.value_usd))
                assert after.value_usd == pytest.approx(before.value_usd, abs=near), what
                # what was found before is a dispatch, and its cut holds, in the other problem
                assert float(before.slopes @ z) <= after.value_usd + near, what
    assert len(same) > 50
    assert len(other) > 20


def test_every_field_is_changed_somewhere() -> None:
    for problem in CASES.values():
        for part in PARTS:
            for item in getattr(problem, part):
                for entry in fields(item):
                    value = getattr(item, entry.name)
                    fixed = entry.name in NAMES | {"route"}
                    assert fixed or is_dataclass(value) or list(others(entry.name, value)), entry


@pytest.mark.parametrize("case", CASES)
def test_a_problem_has_the_same_blocks_as_its_copy(case: str) -> None:
    problem = CASES[case]
    one = formulate_master(problem, emergency_usd_per_mwh=1e6)
    copy = replace(problem, zones=tuple(replace(z) for z in problem.zones))
    two = formulate_master(copy, emergency_usd_per_mwh=1e6)
    for a, b in zip(one.blocks, two.blocks, strict=True):
        keys = keys_of(a, amount_keys(one)), keys_of(b, amount_keys(two))
        assert same_operation(a, keys[0], b, keys[1])


def test_another_price_of_emergency_is_another_block_where_load_must_be_served() -> None:
    for case in ("sites by storage value", "hourly programs"):
        one = formulate_master(CASES[case], emergency_usd_per_mwh=1e6)
        two = formulate_master(CASES[case], emergency_usd_per_mwh=1e9)
        a, b = one.blocks[0], two.blocks[0]
        keys = keys_of(a, amount_keys(one)), keys_of(b, amount_keys(two))
        assert not same_operation(a, keys[0], b, keys[1])
