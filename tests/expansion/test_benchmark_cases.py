"""The problems that benchmarks time have the optimum of the peer's own model of the same case."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import solve
from gigaplan.expansion.formulation import formulate

from .pypsa_peer import pypsa, same, solve_model

__all__ = ["pypsa"]  # the fixture

pytestmark = pytest.mark.filterwarnings("ignore")

GAP = 1e-9


def benchmark_module(name: str) -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"benchmarks.{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[f"benchmarks.{name}"] = module
    spec.loader.exec_module(module)
    return module


cases = benchmark_module("expansion_cases")
peers = benchmark_module("expansion_peers")


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    found = cases.peers_folder()
    if found is None:
        pytest.skip("needs the peers folder of the shared data")
    assert isinstance(found, Path)
    return found


def model_of_peer(folder: Path, case: dict[str, Any]) -> Any:
    """Return PyPSA's network of a loaded case with its model made and its own rows added."""
    baseline = cases.load_module(folder, "pypsa_baseline")
    network, extra, multi = getattr(baseline, case["kind"])(case)
    unit = case.get("turbine_unit_mw")
    if unit is not None:
        turbines = network.generators.index.str.contains("ccgt")
        network.generators.loc[turbines, "p_nom_mod"] = unit
    network.optimize.create_model(multi_investment_periods=multi)
    extra(network, network.snapshots)
    return network


SIZES = [
    cases.CaseSize(name="campus", kind="single", hours=336),
    cases.CaseSize(name="campus, other weather", kind="single", hours=336, seed=4),
    cases.CaseSize(name="programme", sites=2, years=2, weeks=1),
    cases.CaseSize(name="programme, three years", sites=2, years=3, weeks=1, seed=3),
    cases.CaseSize(name="whole reactors", sites=2, years=2, weeks=1, whole=True),
    cases.CaseSize(
        name="whole reactors and turbines",
        sites=2,
        years=2,
        weeks=1,
        seed=5,
        whole=True,
        turbine_unit_mw=100.0,
    ),
]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size.name))
def test_a_case_costs_what_pypsa_says_and_leaves_no_hall_idle(
    pypsa: Any, folder: Path, size: Any
) -> None:
    casegen = cases.load_module(folder, "casegen")
    case = casegen.load(cases.raw_case(size, casegen))
    ours = solve(cases.problem_from_case(case), gap=GAP)
    same(ours.objective_usd, solve_model(model_of_peer(folder, case)))
    if size.kind == "multi":
        assert cases.idle_it_mw(ours.builds, ours.online_it_mw) <= 1e-6
    if size.whole:
        assert any(len(values) for values in ours.whole.values())


def test_a_prepared_case_is_the_case_that_casegen_loads(folder: Path, tmp_path: Path) -> None:
    casegen = cases.load_module(folder, "casegen")
    size = cases.CaseSize(name="both", sites=2, years=2, weeks=1)
    prepared = cases.prepare(size, casegen, tmp_path)
    found = cases.read_prepared(prepared.case, prepared.series)
    wanted = casegen.load(cases.raw_case(size, casegen))
    assert found["weight"] == wanted["weight"]
    for ours, theirs in zip(found["site_series"], wanted["site_series"], strict=True):
        for name in cases.SERIES:
            np.testing.assert_array_equal(ours[name], theirs[name])
    assert found["sites"] == wanted["sites"]


def test_the_sizes_by_which_a_peer_is_passed_over_are_those_of_its_program(
    pypsa: Any, folder: Path
) -> None:
    casegen = cases.load_module(folder, "casegen")
    size = cases.CaseSize(name="size", sites=2, years=3, weeks=1, seed=2)
    case = casegen.load(cases.raw_case(size, casegen))
    matrix = formulate(cases.problem_from_case(case)).program.matrix
    ours = peers.lean_size(case, size.hour_count)
    assert ours.rows == pytest.approx(matrix.shape[0], rel=0.05)
    assert ours.columns == pytest.approx(matrix.shape[1], rel=0.05)
    assert ours.entries == pytest.approx(matrix.nnz, rel=0.05)
    model = model_of_peer(folder, case).model
    theirs = peers.pypsa_size(case, size.hour_count)
    assert theirs.rows == pytest.approx(model.ncons, rel=0.05)
    assert theirs.columns == pytest.approx(model.nvars, rel=0.05)


def test_the_case_to_compile_on_has_a_plan() -> None:
    found = solve(cases.problem_from_case(cases.tiny_case()), gap=1e-3)
    assert found.gap <= 1e-3
