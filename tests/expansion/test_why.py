"""What binds is worth what the optimum moves by when it gives way, and is said with its unit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import (
    Accelerator,
    Campus,
    Connection,
    CumulativeCapex,
    ExpansionProblem,
    Fund,
    Goal,
    Hours,
    Limits,
    Period,
    Phase,
    ShedTier,
    Site,
    Solution,
    Storage,
    Supply,
    Zone,
    solve,
)
from gigaplan.expansion.decomposition import decompose
from gigaplan.programme.reasons import Worth, worth_in_words

from .test_properties import random_problem

Method = Callable[[ExpansionProblem], Solution]
METHODS: list[Method] = [solve, lambda problem: decompose(problem, gap=1e-8)]
by_both = pytest.mark.parametrize("method", METHODS, ids=["one program", "rounds"])

RNG = np.random.default_rng(4)
PERIODS = tuple(Period(2028 + y, 1.0, 1.07**-y) for y in range(3))
PRICE = 40 + 25 * RNG.random((3, 24))


def campus_problem(**changes: Any) -> ExpansionProblem:
    """Three years of one site that buys, and may build turbines that are scarce."""
    parts: dict[str, Any] = {
        "periods": PERIODS,
        "hours": Hours(np.full(24, 365.0), (24,)),
        "zones": (Zone(name="z", price_usd_per_mwh=PRICE, dirty_fraction=0.5, co2_t_per_mwh=0.4),),
        "sites": (
            Site(
                name="abilene",
                zone="z",
                pue=1.2,
                connection_mw=[60.0, 80.0, 110.0],
                shed=(ShedTier(name="all", load_fraction=1.0, usd_per_mwh=900.0),),
            ),
        ),
        "campuses": (Campus(name="it", site="abilene", existing_it_mw=[90.0, 110.0, 130.0]),),
        "supplies": (
            Supply(
                name="turbines",
                site="abilene",
                capex_usd_per_mw=1.4e6,
                fixed_usd_per_mw_year=2e4,
                variable_usd_per_mwh=48.0,
                dirty_fraction=1.0,
                co2_t_per_mwh=0.5,
                life_years=25.0,
                earliest_year=2029,
                slot_class="turbines",
            ),
            Supply(
                name="sun",
                site="abilene",
                capex_usd_per_mw=9e5,
                availability=np.clip(np.sin((np.arange(24) - 6) / 12 * np.pi), 0, 1),
                life_years=30.0,
                max_mw=40.0,
            ),
        ),
        "limits": Limits(slots={"turbines": [5.0, 20.0, 30.0]}),
    }
    return ExpansionProblem(**(parts | changes))


def with_site(problem: ExpansionProblem, **changes: Any) -> ExpansionProblem:
    return replace(problem, sites=(replace(problem.sites[0], **changes),))


def with_supply(problem: ExpansionProblem, name: str, **changes: Any) -> ExpansionProblem:
    supplies = tuple(replace(o, **changes) if o.name == name else o for o in problem.supplies)
    return replace(problem, supplies=supplies)


def one(found: Solution, kind: str, year: int, place: str | None = None) -> Worth:
    (worth,) = [
        w
        for w in found.worth
        if (w.kind, w.year) == (kind, year) and (place is None or w.place == place)
    ]
    return worth


def saved(problem: ExpansionProblem, given_way: ExpansionProblem, by: float) -> float:
    """Return by how much a unit of giving way moves the optimum."""
    return (solve(problem).objective_usd - solve(given_way).objective_usd) / by


@by_both
def test_a_mw_of_connection_is_worth_what_it_saves_in_its_year(method: Method) -> None:
    problem = campus_problem()
    for y, year in enumerate((2028, 2029, 2030)):
        in_hand = np.array([60.0, 80.0, 110.0])
        in_hand[y] += 1e-3
        moved = saved(problem, with_site(problem, connection_mw=in_hand), 1e-3)
        worth = one(method(problem), "connection", year)
        assert worth.value * PERIODS[y].weight == pytest.approx(moved, rel=1e-3)
        assert worth.total_usd == pytest.approx(moved * in_hand[y], rel=1e-3)
        assert worth.unit == "usd_per_mw_year"


@by_both
def test_a_turbine_slot_and_a_mw_beyond_the_most_are_worth_what_they_save(method: Method) -> None:
    problem = campus_problem()
    found = method(problem)
    more = {"turbines": np.array([5.0, 20.0 + 1e-3, 30.0])}
    moved = saved(problem, replace(problem, limits=Limits(slots=more)), 1e-3)
    assert one(found, "slots", 2029).value == pytest.approx(moved, rel=1e-3)
    moved = saved(problem, with_supply(problem, "sun", max_mw=40.0 + 1e-3), 1e-3)
    (sun,) = [w for w in found.worth if w.kind == "maximum"]
    assert (sun.place, sun.year) == ("sun", 2028)
    assert sun.size == pytest.approx(40.0)
    assert sun.value == pytest.approx(moved, rel=1e-3)


@by_both
def test_a_year_earlier_is_worth_what_planning_again_with_it_saves(method: Method) -> None:
    # few enough that the first MW is worth what the last is
    problem = campus_problem()
    problem = replace(problem, limits=Limits(slots={"turbines": [0.5, 0.5, 0.0]}))
    problem = with_supply(problem, "turbines", max_mw=0.5)
    worth = one(method(problem), "earlier", 2029, "turbines")
    opened = with_supply(problem, "turbines", earliest_year=2028)
    moved = saved(problem, opened, 1.0)
    assert moved > 1e5
    assert worth.total_usd == pytest.approx(moved, rel=5e-3)
    assert worth.value == pytest.approx(worth.total_usd / 12)
    assert worth.size == pytest.approx(0.5)


@by_both
def test_a_year_earlier_of_much_is_worth_no_more_than_is_said(method: Method) -> None:
    problem = replace(campus_problem(), limits=Limits())
    worth = one(method(problem), "earlier", 2029, "turbines")
    moved = saved(problem, with_supply(problem, "turbines", earliest_year=2028), 1.0)
    assert 0 < moved <= worth.total_usd * (1 + 1e-6)


@by_both
def test_connection_that_comes_a_year_earlier_is_worth_at_most_what_is_said(
    method: Method,
) -> None:
    problem = campus_problem()
    worth = one(method(problem), "connection earlier", 2030)
    sooner = with_site(problem, connection_mw=[60.0, 110.0, 110.0])
    moved = saved(problem, sooner, 1.0)
    assert worth.size == pytest.approx(30.0)
    assert 0 < moved <= worth.total_usd * (1 + 1e-6)
    bit = saved(problem, with_site(problem, connection_mw=[60.0, 80.0 + 1e-3, 110.0]), 1e-3)
    assert worth.value == pytest.approx(30.0 * bit / 12, rel=1e-3)


@by_both
def test_nothing_is_earlier_than_the_first_year_or_later_than_its_first(method: Method) -> None:
    problem = campus_problem()
    first = method(with_supply(problem, "turbines", earliest_year=2028))
    assert not [w for w in first.worth if w.kind == "earlier"]


def full_problem(**limits: Any) -> ExpansionProblem:
    """A problem in which many kinds of statements may bind."""
    problem = campus_problem(
        campuses=(
            Campus(
                name="it",
                site="abilene",
                existing_it_mw=20.0,
                phases=(Phase(name="one", it_mw=200.0, whole=False),),
                capex_usd_per_it_mw=8e6,
                accelerators=("chip",),
            ),
        ),
        accelerators=(Accelerator(name="chip", capex_usd_per_it_mw=20e6, max_it_mw=[70, 12, 60]),),
        goal=Goal(target_it_mw=[60.0, 75.0, 100.0], shortfall_usd_per_it_mw_year=20e6),
        limits=Limits(**limits),
    )
    return with_supply(with_site(problem, connection_mw=[55.0, 75.0, 105.0]), "sun", max_mw=1e3)


def each(values: Any, worth: Worth, by: float) -> np.ndarray:
    """Return values by period, that of a worth's year moved."""
    found = np.array(np.broadcast_to(values, 3), dtype=np.float64)
    found[worth.year - 2028] += by
    return found


def gives_way(problem: ExpansionProblem, worth: Worth, part: float) -> ExpansionProblem:
    """Return the problem with a statement less strict by a part of its size."""
    by = part * worth.size
    limits, goal, site = problem.limits, problem.goal, problem.sites[0]
    assert goal is not None
    match worth.kind:
        case "target" | "target missed":
            less = each(goal.target_it_mw, worth, -by)
            return replace(problem, goal=replace(goal, target_it_mw=less))
        case "deliveries":
            (chip,) = problem.accelerators
            more = replace(chip, max_it_mw=each(chip.max_it_mw, worth, by))
            return replace(problem, accelerators=(more,))
        case "connection":
            return with_site(problem, connection_mw=each(site.connection_mw, worth, by))
        case "water":
            return with_site(problem, max_water_m3=each(site.max_water_m3, worth, by))
        case "budget":
            new = replace(limits, capex_usd=each(limits.capex_usd, worth, by))
        case "total budget":
            (total,) = limits.cumulative_capex
            new = replace(limits, cumulative_capex=(replace(total, usd=total.usd + by),))
        case "fund" | "fund in all":
            fund = next(f for f in limits.funds if f.name == worth.place)
            grown = replace(fund, usd=each(fund.usd, worth, by))
            if worth.kind == "fund in all":
                grown = replace(fund, total_usd=fund.total_usd + by)
            funds = tuple(grown if f is fund else f for f in limits.funds)
            new = replace(limits, funds=funds)
        case "slots":
            new = replace(limits, slots={"turbines": each(limits.slots["turbines"], worth, by)})
        case "carbon cap":
            new = replace(limits, carbon_t=each(limits.carbon_t, worth, by))
        case "clean share":
            asked = limits.clean_share_fraction
            assert isinstance(asked, float)
            new = replace(limits, clean_share_fraction=each(asked, worth, -part * asked))
        case _:
            raise NotImplementedError(worth.kind)
    return replace(problem, limits=new)


LIMITED: dict[str, tuple[ExpansionProblem, set[str]]] = {
    "target, deliveries, slots": (
        full_problem(slots={"turbines": [5.0, 6.0, 3.0]}),
        {"target", "deliveries", "slots"},
    ),
    "money": (
        full_problem(
            capex_usd=[1.45e9, np.inf, np.inf],
            cumulative_capex=(CumulativeCapex(through_year=2029, usd=1.6e9),),
        ),
        {"budget", "total budget", "connection", "target missed"},
    ),
    "funds": (
        full_problem(
            funds=(
                Fund(name="cash", usd=[9e8, 2e8, np.inf]),
                Fund(name="bonds", total_usd=6e8, cost_fraction=0.1),
                Fund(name="lease", cost_fraction=0.3),
            )
        ),
        {"fund", "fund in all"},
    ),
    "energy": (
        full_problem(clean_share_fraction=0.72),
        {"clean share"},
    ),
    "carbon": (full_problem(carbon_t=[1.5e5, 1.8e5, 2.4e5]), {"carbon cap"}),
    "water": (
        with_site(full_problem(), water_m3_per_it_mwh=1.5, max_water_m3=[7e5, 1e6, 2e6]),
        {"water"},
    ),
}


@by_both
@pytest.mark.parametrize("case", LIMITED)
def test_what_binds_is_worth_what_the_optimum_moves_by(case: str, method: Method) -> None:
    problem, expected = LIMITED[case]
    found = method(problem)
    totals = [worth.total_usd for worth in found.worth]
    assert totals == sorted(totals, reverse=True)
    assert expected <= {worth.kind for worth in found.worth}
    part, near = 1e-4, 1e-3 * max(totals) + 1.0
    optimum = solve(problem).objective_usd
    for worth in found.worth:
        if worth.kind in ("earlier", "connection earlier", "maximum"):
            continue
        # the optimum is convex: it falls no faster than it rises on the other side
        falls = (optimum - solve(gives_way(problem, worth, part)).objective_usd) / part
        rises = (solve(gives_way(problem, worth, -part)).objective_usd - optimum) / part
        assert falls - near <= worth.total_usd <= rises + near, worth


@by_both
def test_what_binds_is_said_with_its_place_year_and_unit(method: Method) -> None:
    for problem, _ in LIMITED.values():
        for worth in method(problem).worth:
            said = worth_in_words(worth, str.title)
            assert "USD" in said
            assert said.endswith(".")
            assert str(worth.year) in said or worth.kind == "fund in all"
            assert worth.place.title() in said


def test_sentences_say_what_how_much_and_of_what() -> None:
    said = worth_in_words(Worth("connection", "a", 2028, 3.1e5, "usd_per_mw_year", 50.0, 1.0))
    assert said == "A MW more of grid connection at a in 2028 is worth 310,000 USD a year."
    said = worth_in_words(Worth("clean share", "", 2030, 41.04, "usd_per_mwh", 9e5, 1.0))
    assert said == "The clean share of 2030 costs 41 USD for each MWh more that must be clean."
    said = worth_in_words(Worth("budget", "", 2027, 0.25, "usd_per_usd", 1e9, 1.0))
    assert said == "A million USD more to spend in 2027 saves 250,000 USD in all."
    said = worth_in_words(Worth("slots", "gas", 2029, 999_600.0, "usd_per_mw", 20.0, 1.0))
    assert said == "A MW of slots more of gas in 2029 saves 1 million USD in all."


@by_both
def test_storage_and_connections_may_be_worth_having_earlier(method: Method) -> None:
    problem = campus_problem()
    problem = replace(
        with_supply(problem, "turbines", max_mw=0.0),
        storages=(
            Storage(
                name="cells",
                site="abilene",
                duration_hours=4.0,
                capex_usd_per_mw=3e5,
                earliest_year=2029,
                max_mw=0.2,
            ),
        ),
        connections=(
            Connection(
                name="line",
                site="abilene",
                capex_usd_per_mw=2e5,
                earliest_year=2030,
                max_mw=0.2,
            ),
        ),
    )
    uneven = 0.7 + 0.3 * np.cos(np.arange(24) / 12 * np.pi)
    problem = with_site(problem, connection_mw=[85.0, 100.0, 110.0], it_load_fraction=uneven)
    found = method(problem)
    for name, group in (("cells", "storages"), ("line", "connections")):
        (option,) = getattr(problem, group)
        sooner = replace(option, earliest_year=option.earliest_year - 1)
        opened: dict[str, Any] = {group: (sooner,)}
        moved = saved(problem, replace(problem, **opened), 1.0)
        worth = one(found, "earlier", option.earliest_year, name)
        assert worth.total_usd == pytest.approx(moved, rel=2e-2)


@pytest.mark.parametrize("seed", range(4))
def test_both_ways_of_planning_say_the_same_binds(seed: int) -> None:
    problem = random_problem(seed)
    one_program = solve(problem)
    rounds = decompose(problem, gap=1e-8)
    large = 1e-3 * abs(one_program.objective_usd)

    def said(found: Solution) -> dict[tuple[str, str, int], float]:
        kinds = ("slots", "budget", "target", "clean share")
        return {
            (w.kind, w.place, w.year): w.total_usd
            for w in found.worth
            if w.kind in kinds and w.total_usd > large
        }

    ours, theirs = said(rounds), said(one_program)
    for key in ours.keys() & theirs.keys():
        assert ours[key] == pytest.approx(theirs[key], rel=0.05)
