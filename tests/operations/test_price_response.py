"""Import that lifts its own price: hours solved by hand, by search, and as they must move."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.operations import Adequacy, Energy, Grid, Unit, assess, foresight, trace

DAY = 24


def unit(name: str, mw: float, cost: float) -> Unit:
    return Unit(name, mw, source=name, variable_usd_per_mwh=cost)


def grid(response: float, *, export_mw: float = 0.0) -> Grid:
    return Grid(
        200.0,
        price_usd_per_mwh=30.0,
        export_limit_mw=export_mw,
        price_response_usd_per_mwh_per_mw=response,
    )


def run_day(units: list[Unit], load_mw: float, bought: Grid) -> Adequacy:
    return assess(units, np.full(DAY, load_mw), grid=bought, samples=1)


def day(units: list[Unit], load_mw: float, bought: Grid) -> Energy:
    energy = run_day(units, load_mw, bought).energy
    assert energy is not None
    return energy


def test_import_stops_where_one_mw_more_costs_as_much_as_the_next_unit() -> None:
    # 30 + 2 * 0.5 * q = 50 at q = 20 MW, which cost 40 USD/MWh each; the unit gives 80.
    found = day([unit("turbine", 100.0, 50.0)], 100.0, grid(0.5))
    assert found.import_mwh.mean == pytest.approx(DAY * 20)
    assert found.cost_usd.mean == pytest.approx(DAY * (20 * 40 + 80 * 50))
    assert found.marginal_price_usd_per_mwh.mean == pytest.approx(50)


def test_import_goes_on_when_the_unit_is_used_up() -> None:
    found = day([unit("turbine", 60.0, 50.0)], 100.0, grid(0.5))
    assert found.import_mwh.mean == pytest.approx(DAY * 40)
    assert found.cost_usd.mean == pytest.approx(DAY * (40 * 50 + 60 * 50))
    assert found.marginal_price_usd_per_mwh.mean == pytest.approx(70)


def test_export_stops_where_it_would_spoil_its_own_price() -> None:
    # 30 - 2 * 0.5 * x = 10 at x = 20 MW, which earn 20 USD/MWh each.
    found = day([unit("turbine", 100.0, 10.0)], 40.0, grid(0.5, export_mw=100.0))
    assert found.export_mwh.mean == pytest.approx(DAY * 20)
    assert found.cost_usd.mean == pytest.approx(DAY * (60 * 10 - 20 * 20))


rows = st.lists(st.tuples(st.floats(1, 60), st.floats(0, 120)), min_size=1, max_size=4)


@settings(max_examples=60, deadline=None)
@given(rows=rows, response=st.floats(0.05, 3), load=st.floats(10, 150))
def test_an_hour_costs_the_least_that_any_import_could_make_it(
    rows: list[tuple[float, float]], response: float, load: float
) -> None:
    units = [unit(f"u{i}", mw, cost) for i, (mw, cost) in enumerate(rows)]
    found = day(units, load, grid(response))
    imports = np.linspace(0, load, 20_001)
    rest, cost = load - imports, imports * (30 + response * imports)
    for mw, usd in sorted(rows, key=lambda row: row[1]):
        used = np.minimum(rest, mw)
        rest, cost = rest - used, cost + used * usd
    least = cost[rest <= 1e-9].min()
    # The search steps by load / 20,000: its least is above by at most the slope of one step.
    step = load / 20_000
    assert found.cost_usd.mean / DAY <= least + 1e-6
    assert found.cost_usd.mean / DAY >= least - step * (30 + 2 * response * load + 120)


@settings(max_examples=40, deadline=None)
@given(rows=rows, low=st.floats(0, 2), more=st.floats(0.01, 2), load=st.floats(10, 150))
def test_a_price_that_answers_more_never_costs_less_nor_draws_more_import(
    rows: list[tuple[float, float]], low: float, more: float, load: float
) -> None:
    units = [unit(f"u{i}", mw, cost) for i, (mw, cost) in enumerate(rows)]
    mild, steep = (day(units, load, grid(s)) for s in (low, low + more))
    assert steep.cost_usd.mean >= mild.cost_usd.mean - 1e-6
    assert steep.import_mwh.mean <= mild.import_mwh.mean + 1e-6
    assert steep.served_mwh.mean == pytest.approx(mild.served_mwh.mean, abs=1e-6)


def test_the_trace_shows_the_same_import() -> None:
    units = [unit("turbine", 100.0, 50.0)]
    shown = trace(units, np.full(DAY, 100.0), grid=grid(0.5), sample=0)
    assert shown.import_mw == pytest.approx(np.full(DAY, 20.0))


def test_the_bound_by_foresight_says_that_it_knows_no_such_price() -> None:
    with pytest.raises(InputError, match="price_response_usd_per_mwh_per_mw"):
        foresight.foresee([unit("turbine", 100.0, 50.0)], np.full(DAY, 90.0), grid=grid(0.5))
    flat = replace(grid(0.5), price_response_usd_per_mwh_per_mw=0.0)
    foresight.foresee([unit("turbine", 100.0, 50.0)], np.full(DAY, 90.0), grid=flat)
