"""Published and closed-form reliability indices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gigaplan.core.statistics import Estimate
from gigaplan.operations import Unit, assess


def within(found: Estimate, exact: float, errors: float = 3.0) -> bool:
    return abs(found.mean - exact) <= errors * found.standard_error


def check_indices(system: Any, samples: int, threads: int = 1) -> None:
    found = assess(
        system.units, system.load_mw, samples=samples, seed=1, threads=threads, dispatch=False
    )
    assert within(found.lole_days, system.exact["LOLE_d_per_y"]), str(found)
    assert within(found.lolh_hours, system.exact["LOLH_h_per_y"]), str(found)
    assert within(found.eue_mwh, system.exact["EUE_MWh_per_y"]), str(found)


def test_the_known_systems_have_their_published_indices(known_system: Any) -> None:
    check_indices(known_system, 10_000)


def test_the_known_systems_have_their_published_indices_at_1e5_samples(known_system: Any) -> None:
    check_indices(known_system, 100_000, threads=2)


@pytest.fixture(scope="module")
def toys(shared: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared / "vectors/reliability/toys.json").read_text())
    return loaded


def toy_unit(name: str, capacity: Any) -> Unit:
    # Transition rates of 0.1 and 0.9 per hour: a tenth of the time out.
    return Unit(name, capacity, mttf_hours=1 / 0.1, mttr_hours=1 / 0.9)


@pytest.mark.parametrize("dispatch", [False, True])
def test_the_toy_system_with_variable_generation_has_its_closed_form_indices(
    toys: dict[str, Any], dispatch: bool
) -> None:
    toy = toys["singlenode_a"]
    units = [toy_unit(f"gen {i}", 10.0) for i in range(3)]
    units.append(Unit("vg", np.array([5.0, 6.0, 7.0, 8.0])))
    check_toy(units, toy, dispatch)


@pytest.mark.parametrize("dispatch", [False, True])
def test_the_toy_system_with_capacity_by_hour_has_its_closed_form_indices(
    toys: dict[str, Any], dispatch: bool
) -> None:
    toy = toys["singlenode_b"]
    units = [
        toy_unit("small", np.array([10.0, 10, 10, 15, 15, 15])),
        toy_unit("large", np.array([20.0, 20, 20, 25, 25, 25])),
        Unit("vg", np.array([7.0, 8, 9, 9, 8, 7])),
    ]
    check_toy(units, toy, dispatch)


def check_toy(units: list[Unit], toy: dict[str, Any], dispatch: bool) -> None:
    samples = 100_000
    found = assess(units, np.array(toy["load"], float), samples=samples, seed=3, dispatch=dispatch)
    assert within(found.lolh_hours, toy["lole"])
    assert within(found.eue_mwh, toy["eue"])
    chance = np.array(toy["lolps"])
    error = np.sqrt(chance * (1 - chance) / samples)
    # Six hours at three standard errors each: four keeps a true result from failing by chance.
    assert (abs(found.lolp_by_hour - chance) <= 4 * error).all()
    assert found.eue_by_hour_mwh == pytest.approx(np.array(toy["eues"]), rel=0.05)
