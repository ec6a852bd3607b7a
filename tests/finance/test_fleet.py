"""Chips by generation, and what a FLOP and a token cost."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from tests.finance import small_programme as small

from gigaplan import finance
from gigaplan.finance.fleet import fleet_of
from gigaplan.finance.held_compute import online_it_mw, standing_it_mw
from gigaplan.finance.money import Money

DRAWS = slice(0, 12)


def money(two_generations: bool = False) -> Money:
    """Return the small programme; its second and third purchase of another generation, if asked."""
    programme, plan, moves = small.programme(), small.plan(), small.trajectories(12)
    if two_generations:
        old = programme.accelerators["gb200"]
        new = replace(old, name="next", chips_per_it_mw=250.0, bf16_flops_per_it_mw=4e15)
        chips = MappingProxyType({"gb200": old, "next": new})
        programme = replace(programme, accelerators=chips)
        first, *others = plan.accelerators
        bought = (first, *(replace(buy, accelerator="next") for buy in others))
        plan = replace(plan, accelerators=bought)
        renamed, seen = [], 0
        for entity in moves.entities:
            if entity.kind == "accelerator":
                generation, year = ("gb200", "next", "next")[seen], 2027 + seen
                entity, seen = replace(entity, name=f"{generation}-{year}"), seen + 1
            renamed.append(entity)
        moves = replace(moves, entities=tuple(renamed))
    return Money.of(programme, plan, moves, small.operating(moves))


def test_generations_together_are_the_programme_s_compute() -> None:
    sources = money(two_generations=True).sources
    it_mw = np.maximum(online_it_mw(sources, DRAWS) - standing_it_mw(sources)[:, None], 0.0)
    fleet = fleet_of(sources, it_mw, DRAWS)
    np.testing.assert_allclose(sum(fleet.it_mw.values()), it_mw, rtol=1e-12)
    assert all(mw.max() > 0 for mw in fleet.it_mw.values())


def test_chips_and_their_peak_follow_from_the_generations_online() -> None:
    sources = money(two_generations=True).sources
    it_mw = np.full((sources.months, 12), 300.0)
    fleet = fleet_of(sources, it_mw, DRAWS)
    chips = 500.0 * fleet.it_mw["gb200"] + 250.0 * fleet.it_mw["next"]
    np.testing.assert_allclose(fleet.chips, chips, rtol=1e-12)
    peak = 1e15 * fleet.it_mw["gb200"] + 4e15 * fleet.it_mw["next"]
    np.testing.assert_allclose(fleet.peak_flops, peak, rtol=1e-12)
    # bought in equal parts: when all three stand, one part in three is the first's
    last = sources.months - 1
    held = fleet.it_mw["gb200"][last] / 300.0
    all_came = np.isfinite(sources.trajectories.online_month[:, DRAWS]).all(axis=0)
    np.testing.assert_allclose(held[np.asarray(all_came)], 1 / 3, rtol=1e-9)


def test_a_flop_and_a_token_cost_what_the_peak_does_over_the_share_that_is_used() -> None:
    result = finance.fund(
        small.programme(), small.plan(), small.trajectories(40),
        small.operating(small.trajectories(40)),
    )  # fmt: skip
    flop = result.metric("cost_usd_per_exaflop").value
    token = result.metric("cost_usd_per_million_tokens").value
    hour = result.metric("cost_usd_per_gpu_hour").value
    assert flop is not None
    assert token is not None
    assert hour is not None
    # 100 billion parameters, 2 operations each, a million times, at 20% and not 40% of the peak
    assert token.mean == pytest.approx(flop.mean * 0.2 * 2, rel=1e-9)
    # a chip of the small programme does 1e15 / 500 at its peak
    an_hour = 1e15 / 500 * 0.4 * 3600 / 1e18
    assert flop.mean >= hour.mean / an_hour * (1 - 1e-9)  # what power does not serve costs more
    assert flop.mean == pytest.approx(hour.mean / an_hour, rel=0.05)


def test_the_fleet_is_told_by_year_and_generation() -> None:
    moves = small.trajectories(40)
    result = finance.fund(small.programme(), small.plan(), moves, small.operating(moves))
    lines = {line.period: line.value for line in result.fleet if line.name == "gb200"}
    assert set(lines) == {str(year) for year in small.TIMELINE.years}
    assert lines["2031"].mean > lines["2027"].mean >= 0
