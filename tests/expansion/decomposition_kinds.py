"""Every kind of constraint as a pair of programmes: without it, and where it costs money."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from gigaplan.expansion import (
    Accelerator,
    CumulativeCapex,
    EitherOr,
    ExpansionProblem,
    Fund,
    Goal,
    Phase,
    PowerPurchase,
    Prepayment,
    Prerequisite,
    ShedTier,
    Storage,
    Supply,
)

from .decomposition_cases import STEPS, changed, limited, programme

Pair = tuple[ExpansionProblem, ExpansionProblem]

BASE = programme()


def option(name: str, loose: dict[str, Any], tight: dict[str, Any]) -> Callable[[], Pair]:
    """Return the base with two sets of figures of one part."""
    return lambda: (changed(BASE, name, **loose), changed(BASE, name, **tight))


def limit(**tight: Any) -> Callable[[], Pair]:
    """Return the base without, and with, shared limits."""
    return lambda: (BASE, limited(BASE, **tight))


def both_sites(**tight: Any) -> Pair:
    """Return the base without, and with, figures of both sites."""
    return BASE, changed(changed(BASE, "a", **tight), "b", **tight)


def goal(**tight: Any) -> Callable[[], Pair]:
    """Return the base with its goal, and with another."""
    return lambda: (BASE, replace(BASE, goal=replace(BASE.goal or Goal(), **tight)))


# ---- power -----------------------------------------------------------------------------------


def owned() -> Pair:
    """Return a falling need with plant for one period at a time, and with plant that stays."""
    falling = replace(BASE, goal=Goal(target_it_mw=[300.0, 130.0, 130.0]))
    rented, bought = falling, falling
    for name in ("gas a", "gas b"):
        rented = changed(
            rented, name, life_years=2.0, capex_usd_per_mw=1.2e5, capital_rate_fraction=0.0
        )
        bought = changed(
            bought, name, life_years=20.0, capex_usd_per_mw=1.2e6, capital_rate_fraction=0.0
        )
    return rented, bought


def contracted(**contract: Any) -> ExpansionProblem:
    """Return the base with energy of another's plant offered at a site."""
    offer = {"price_usd_per_mwh": 44.0, **contract}
    plant = Supply(
        name="contract",
        site="b",
        max_mw=200.0,
        availability=np.linspace(0.6, 1.0, STEPS),
        contract=PowerPurchase(**offer),
    )
    return replace(BASE, supplies=(*BASE.supplies, plant))


def take_or_pay() -> Pair:
    """Return a contract paid as used, and one paid whether used or not."""
    return contracted(), contracted(take_or_pay_fraction=0.98)


def contract_price() -> Pair:
    """Return a contract at one price, and at a higher one by the hour."""
    return contracted(), contracted(price_usd_per_mwh=np.linspace(44.0, 56.0, STEPS))


def contract_term() -> Pair:
    """Return a contract to the end, and one signed once for two years."""
    return (
        changed(contracted(), "contract", life_years=30.0, latest_year=2030),
        changed(contracted(), "contract", life_years=2.0, latest_year=2030),
    )


def prepaid() -> Pair:
    """Return a contract paid up front under no budget, and under one that it counts in."""
    supply = Supply(
        name="contract",
        site="b",
        max_mw=300.0,
        capacity_credit_fraction=0.9,
        contract=Prepayment(prepaid_usd_per_mw=2e6, price_usd_per_mwh=15.0),
    )
    offered = replace(BASE, supplies=(*BASE.supplies, supply))
    return offered, limited(offered, capex_usd=2.5e8)


def exporting(connection_mw: float, fraction: float) -> ExpansionProblem:
    """Return the base with a site that sells what it has left."""
    return changed(BASE, "b", export_price_fraction=fraction, connection_mw=connection_mw)


def one_zone() -> ExpansionProblem:
    """Return the base with both sites in one zone."""
    return changed(BASE, "b", zone="za")


def import_cap() -> Pair:
    """Return two sites of a zone that sells any amount, and of one that does not."""
    return one_zone(), changed(one_zone(), "za", max_import_mw=[60.0, 90.0, 120.0])


def zone_project() -> Pair:
    """Return a project of the zone with wide connections, and behind narrow ones."""
    wind = Supply(
        name="wind",
        zone="za",
        route="zone",
        capex_usd_per_mw=1.1e6,
        availability=np.random.default_rng(4).uniform(0.2, 1.0, STEPS),
        max_mw=500.0,
    )
    open_ = replace(one_zone(), supplies=(*BASE.supplies, wind))
    return open_, changed(changed(open_, "a", connection_mw=40.0), "b", connection_mw=40.0)


def virtual() -> Pair:
    """Return a clean share met by a virtual contract, and by a dearer one."""
    paper = Supply(
        name="paper", zone="za", route="virtual", max_mw=300.0, contract=PowerPurchase(93.0)
    )
    offered = limited(replace(BASE, supplies=(*BASE.supplies, paper)), clean_share_fraction=0.7)
    return offered, changed(offered, "paper", contract=PowerPurchase(99.0), max_mw=150.0)


def negative_prices() -> Pair:
    """Return hours in which a market pays for use, and those hours for nothing."""
    price = np.array(BASE.zones[1].price_usd_per_mwh)
    paying, free = price.copy(), price.copy()
    paying[::4], free[::4] = -40.0, 0.0
    return (
        changed(BASE, "zb", price_usd_per_mwh=paying),
        changed(BASE, "zb", price_usd_per_mwh=free),
    )


def second_storage() -> Pair:
    """Return a site with a second, slower storage beside its first, and with little of it."""
    slow = Storage(
        name="slow",
        site="a",
        capex_usd_per_mw=1e5,
        capex_usd_per_mwh=8e3,
        charge_efficiency_fraction=0.85,
        discharge_efficiency_fraction=0.85,
        max_mw=200.0,
    )
    both = replace(BASE, storages=(*BASE.storages, slow))
    return both, changed(both, "slow", max_mw=3.0)


def no_reactor() -> ExpansionProblem:
    """Return the base where gas is wanted in every period."""
    return changed(BASE, "reactor", max_mw=0.0)


def later_line() -> Pair:
    """Return a line that a site needs offered at once, and later."""
    bare = changed(changed(no_reactor(), "a", connection_mw=0.0), "gas a", max_mw=60.0)
    return bare, changed(bare, "line a", earliest_year=2034)


def reserve_margin() -> Pair:
    """Return sites whose connection counts for little without, and with, a margin of reserve."""
    weak = both_sites(connection_credit_fraction=0.2)[1]
    asked = {"connection_credit_fraction": 0.2, "reserve_margin_fraction": 0.2}
    return weak, both_sites(**asked)[1]


def cheap_storage() -> ExpansionProblem:
    """Return the base with storage that pays."""
    return changed(BASE, "block", capex_usd_per_mw=3e5)


def standing_loss() -> Pair:
    """Return storage that keeps what it holds, and storage that leaks."""
    return cheap_storage(), changed(cheap_storage(), "block", standing_loss_fraction_per_hour=0.05)


def round_trip() -> Pair:
    """Return storage of small and of large losses."""
    return cheap_storage(), changed(cheap_storage(), "block", charge_efficiency_fraction=0.75)


def wear() -> Pair:
    """Return storage whose use is free, and costs."""
    return cheap_storage(), changed(cheap_storage(), "block", variable_usd_per_mwh=20.0)


POWER: dict[str, Callable[[], Pair]] = {
    "existing plant retires": option(
        "gas a", {"existing_mw": [90.0, 90.0, 90.0]}, {"existing_mw": [90.0, 90.0, 0.0]}
    ),
    "what is built stands": owned,
    "committed capacity": option("sun b", {}, {"min_mw": 400.0}),
    "most capacity": option("gas a", {}, {"max_mw": 40.0}),
    "most built in a period": option("gas a", {}, {"max_build_mw": [30.0, 30.0, np.inf]}),
    "earliest year": option("gas a", {}, {"earliest_year": 2032}),
    "latest year": lambda: (no_reactor(), changed(no_reactor(), "gas a", latest_year=2030)),
    "price of a contract": contract_price,
    "term of a contract": contract_term,
    "take or pay": take_or_pay,
    "prepayment": prepaid,
    "must run": option("gas a", {"min_mw": 150.0}, {"min_mw": 150.0, "must_run_fraction": 0.9}),
    "connection by date": option(
        "b", {"connection_mw": 150.0}, {"connection_mw": [20.0, 20.0, 150.0]}
    ),
    "connection offered later": later_line,
    "delivery charge": option("b", {}, {"delivery_usd_per_mwh": np.linspace(5.0, 25.0, STEPS)}),
    "import cap of a zone": import_cap,
    "connection of zone energy": zone_project,
    "virtual contract": virtual,
    "price of export": lambda: (exporting(200.0, 1.0), exporting(200.0, 0.8)),
    "export within the connection": lambda: (exporting(200.0, 1.0), exporting(90.0, 1.0)),
    "negative prices": negative_prices,
    "two storages at a site": second_storage,
    "standing loss": standing_loss,
    "losses of storage": round_trip,
    "wear of storage": wear,
    "energy of storage": option("battery", {"capex_usd_per_mwh": 2e4}, {"max_mwh": 60.0}),
    "PUE by the hour": option("a", {"pue": 1.05}, {"pue": np.linspace(1.05, 1.5, STEPS)}),
    "load by the hour": option("a", {"it_load_fraction": 0.8}, {"it_load_fraction": 1.0}),
    "reserve margin": reserve_margin,
    "land": lambda: both_sites(land_acres=20.0),
    "water": lambda: both_sites(max_water_m3=5e5),
}

# ---- compute, money and rules ----------------------------------------------------------------


def shed_tiers() -> Pair:
    """Return load of which much may go unserved cheaply, and little."""
    short = BASE
    for name in ("gas a", "gas b", "sun a", "sun b", "reactor", "line a", "line b"):
        short = changed(short, name, max_mw=20.0)
    for name in ("a", "b"):
        short = changed(short, name, connection_mw=60.0)

    def tiers(share: float) -> ExpansionProblem:
        shed = (
            ShedTier(name="batch", load_fraction=share, usd_per_mwh=300.0),
            ShedTier(name="firm", load_fraction=1.0 - share, usd_per_mwh=5000.0),
        )
        return changed(changed(short, "a", shed=shed), "b", shed=shed)

    return tiers(0.5), tiers(0.1)


def chips(**new: Any) -> ExpansionProblem:
    """Return the base with halls that need chips of two generations, and a value of FLOP/s."""
    figures: dict[str, Any] = {
        "capex_usd_per_it_mw": [9e6, 8e6, 7e6],
        "exaflops_per_it_mw": 2.0,
        "life_years": 4.0,
    }
    problem = replace(
        BASE,
        accelerators=(
            Accelerator(
                name="old", capex_usd_per_it_mw=6e6, exaflops_per_it_mw=1.0, life_years=4.0
            ),
            Accelerator(name="new", **{**figures, **new}),
        ),
        goal=Goal(target_it_mw=[140.0, 220.0, 260.0], value_usd_per_exaflops_year=3e6),
    )
    for name in ("it a", "it b"):
        problem = changed(problem, name, accelerators=("old", "new"))
    return problem


def generation(**tight: Any) -> Callable[[], Pair]:
    """Return two generations as they are, and with other figures of the newer."""
    return lambda: (chips(), chips(**tight))


def existing_chips() -> Pair:
    """Return chips that are there and stay, and chips that age."""
    old = {"new": [60.0, 60.0, 60.0]}
    aged = {"new": [60.0, 0.0, 0.0]}
    return (
        changed(chips(), "it a", existing_chip_mw=old),
        changed(chips(), "it a", existing_chip_mw=aged),
    )


def valued(**limits: Any) -> ExpansionProblem:
    """Return the base where compute has a value and no target."""
    found = replace(BASE, goal=Goal(value_usd_per_it_mw_year=[1.5e6, 1.4e6, 1.3e6]))
    return limited(found, **limits)


def phases_in_order() -> Pair:
    """Return phases of which the cheaper comes first, and must wait for the dearer."""
    dear_first = (
        Phase(name="one", it_mw=60.0, whole=False, capex_usd_per_it_mw=9e6),
        Phase(name="two", it_mw=100.0, whole=False, capex_usd_per_it_mw=2e6),
    )
    free = changed(BASE, "it a", phases=dear_first, sequential=False)
    return free, changed(free, "it a", sequential=True)


def phase_year() -> Pair:
    """Return a phase that may open at once, and later."""
    halls = BASE.campuses[0].phases
    late = tuple(replace(phase, earliest_year=2034) for phase in halls)
    wide = changed(BASE, "it b", capex_usd_per_it_mw=9e6)
    return wide, changed(wide, "it a", phases=late)


def committed_phase() -> Pair:
    """Return halls built as they are needed, and one that is committed early."""
    halls = BASE.campuses[1].phases
    early = (replace(halls[0], committed_year=2030), halls[1])
    return BASE, changed(BASE, "it b", phases=early)


def early_spending() -> Pair:
    """Return capital spent on entry into service under budgets, and partly before."""
    budget = limited(BASE, capex_usd=[3e8, 4.6e8, 1e9])
    halls: ExpansionProblem = budget
    for name in ("it a", "it b"):
        halls = changed(halls, name, spend_fractions=(0.5, 0.5))
    return budget, halls


def with_rule(*rules: EitherOr | Prerequisite) -> Callable[[], Pair]:
    """Return the base without, and with, rules."""
    return lambda: (BASE, replace(BASE, rules=rules))


MONEY: dict[str, Callable[[], Pair]] = {
    "compute target": goal(target_it_mw=[140.0, 260.0, 300.0]),
    "price of a missed target": lambda: (
        goal(shortfall_usd_per_it_mw_year=3e5)()[1],
        goal(shortfall_usd_per_it_mw_year=8e5)()[1],
    ),
    "value of compute under a budget": lambda: (valued(), valued(capex_usd=3e8)),
    "shed tiers": shed_tiers,
    "chips that can be had": generation(max_it_mw=[30.0, 40.0, 50.0]),
    "chips available later": generation(available_from_year=2034),
    "chips no longer sold": generation(available_until_year=2030),
    "life of chips": generation(life_years=2.0),
    "price of chips by period": generation(capex_usd_per_it_mw=[9e6, 10e6, 12e6]),
    "FLOP/s of chips": generation(exaflops_per_it_mw=1.5),
    "chips that age": existing_chips,
    "build slots": limit(slots={"turbines": [20.0, 20.0, 60.0]}),
    "budget by period": limit(capex_usd=[2.6e8, 5e8, 9e8]),
    "budget in all": limit(cumulative_capex=(CumulativeCapex(through_year=2033, usd=6.5e8),)),
    "capital spent before service": early_spending,
    "fund by period": limit(funds=(Fund(name="cash", usd=[2.6e8, 5e8, 9e8]),)),
    "fund in all": limit(funds=(Fund(name="cash", total_usd=9e8),)),
    "fund that costs": limit(
        funds=(
            Fund(name="loan", share_fraction=0.6),
            Fund(name="equity", cost_fraction=[0.1, 0.2, 0.3]),
        )
    ),
    "fund for some things": limit(
        funds=(
            Fund(name="cash", usd=2.2e8),
            Fund(name="state", pays_for=("reactor", "it a"), usd=3e8),
        )
    ),
    "clean share by year": limit(clean_share_fraction=[0.3, 0.6, 0.8]),
    "clean share by hour": limit(clean_share_fraction=[0.3, 0.6, 0.8], clean_matching="hourly"),
    "carbon cap": limit(carbon_t=[4e5, 3e5, 2e5]),
    "price of carbon": limit(carbon_usd_per_t=[20.0, 40.0, 80.0]),
    "phases in their order": phases_in_order,
    "year of a phase": phase_year,
    "committed phase": committed_phase,
    "either or": with_rule(EitherOr(("reactor", "gas a", "gas b"))),
    "prerequisite": with_rule(Prerequisite("gas a", "sun a", 150.0)),
}
