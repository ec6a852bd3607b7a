"""Speed of finance: pro formas, rates of return and the monthly waterfall, on one core.

usage: python benchmarks/finance_proforma.py [--quick] [--json]

Peers run in the same process on the same flows and must give the same answers: pyxirr
for rates of return, numpy-financial too where it can be imported. Pro formas are
compared with our own single evaluation, project by project, since PySAM is no
dependency (it did 105 a second where it was measured). Each case prints our seconds,
the peer's seconds for as many, their ratio, whether the answers agree and the peak of
memory that Python and numpy took.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import time
import tracemalloc
from collections.abc import Callable
from importlib.metadata import version
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any

import numpy as np
import pyxirr
from numpy.typing import NDArray

from gigaplan import finance
from gigaplan.core.money import PriceIndex
from gigaplan.core.timeline import month_index
from gigaplan.finance.property_tax import PropertyTax

Array = NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Case:
    """One comparison; ``count`` is how many answers were made in `ours_s`."""

    name: str
    count: int
    ours_s: float
    peer: str
    peer_s: float | None
    ratio: float | None
    same_answer: bool | None
    peak_mb: float

    @property
    def per_second(self) -> float:
        """Answers per core-second."""
        return self.count / self.ours_s


def best_of(work: Callable[[], Any], times: int) -> tuple[float, Any]:
    """Return the least CPU seconds of some runs, and the last answer."""
    least, answer = np.inf, None
    for _ in range(times):
        start = time.process_time()
        answer = work()
        least = min(least, time.process_time() - start)
    return float(least), answer


def peak_mb(work: Callable[[], Any]) -> float:
    """Return the peak of memory a run takes."""
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def reactor() -> finance.Project:
    """Return a 40-year project with sculpted debt, reserves, a credit and taxes."""
    return finance.Project(
        capacity_mw=1000.0,
        installed_cost_usd=6e9,
        first_year_energy_mwh=8_059_200.0,
        life_years=40,
        price_usd_per_mwh=95.0,
        price_escalation_fraction=0.01,
        operating=finance.OperatingCosts(15e6, 120.0, 2.5),
        insurance_fraction=0.0025,
        property_tax_fraction=0.005,
        state_tax_fraction=0.05,
        depreciation=MappingProxyType({"macrs_15": 1.0}),
        credits=(finance.InvestmentCredit(0.3),),
        debt=finance.SculptedDebt(1.5, 0.06, 20, 0.0275, maximum_fraction=0.8),
        reserves=finance.Reserves(6, 6, 0.0175),
    )


def pro_formas(count: int, times: int) -> Case:
    """Compare many pro formas at once with each alone."""
    project = reactor()
    costs = 6e9 * np.random.default_rng(1).lognormal(0.2, 0.3, count)

    def many() -> finance.ProjectDraws:
        return finance.evaluate_draws(project, installed_cost_usd=costs)

    finance.evaluate_draws(project, installed_cost_usd=costs[:2])
    ours, found = best_of(many, times)
    sample = min(count, 200)
    start = time.process_time()
    alone = [
        finance.evaluate(dataclasses.replace(project, installed_cost_usd=float(cost)))
        for cost in costs[:sample]
    ]
    peer = (time.process_time() - start) * count / sample
    same = bool(
        np.allclose([one.npv_usd for one in alone], found.npv_usd[:sample], rtol=1e-9)
        and np.allclose(
            np.array([one.irr.value_fraction for one in alone], dtype=np.float64),
            found.irr.rate_fraction[:sample].filled(np.inf),
            atol=1e-10,
        )
    )
    memory = peak_mb(many)
    return Case("pro formas, 40 years", count, ours, "one by one", peer, peer / ours, same, memory)


def rates(count: int, times: int) -> list[Case]:
    """Compare rates of return of 40-year flows with those of the peers."""
    rng = np.random.default_rng(2)
    flows = rng.gamma(4.0, 2.0, (41, count))
    flows[0] = -60 * rng.uniform(0.5, 2.5, count)
    flows[1] *= -1
    finance.irr_draws(flows[:, :2])
    ours, found = best_of(lambda: finance.irr_draws(flows), times)
    memory = peak_mb(lambda: finance.irr_draws(flows))
    cases = []
    for name, module, rate, sample in _peers(count):
        columns = [np.ascontiguousarray(flows[:, i]) for i in range(sample)]
        start = time.process_time()
        answers = [rate(column) for column in columns]
        peer = (time.process_time() - start) * count / sample
        same = bool(np.allclose(answers, found.rate_fraction[:sample], atol=1e-9))
        label = f"{name} {version(module)}"
        cases.append(
            Case("rates of return, 40 years", count, ours, label, peer, peer / ours, same, memory)
        )
    return cases


def _peers(count: int) -> list[tuple[str, str, Callable[[Array], float], int]]:
    found: list[tuple[str, str, Callable[[Array], float], int]] = [
        ("pyxirr", "pyxirr", pyxirr.irr, min(count, 20_000))
    ]
    if find_spec("numpy_financial") is not None:
        import numpy_financial  # type: ignore[import-not-found]

        found.append(("numpy-financial", "numpy-financial", numpy_financial.irr, min(count, 300)))
    return found


def monthly(draws: int, times: int) -> Case:
    """Time the waterfall with its statements to 2046; sources must equal uses."""
    months, first = 252, month_index("2026-01")
    rng = np.random.default_rng(3)

    def real(scale: float) -> finance.RealUsd:
        return finance.RealUsd(scale * rng.gamma(0.7, 1.0, (months, draws)), 2025)

    assets = {
        "hall": finance.AssetClass(360, {"straight_39": 1.0}, 0.0, 12, (PropertyTax(0.004),)),
        "servers": finance.AssetClass(66, {"macrs_5": 1.0}, 1.0, 1),
        "power": finance.AssetClass(480, {"macrs_15": 1.0}, 1.0, 20),
    }
    capital = {"hall": real(1e9), "servers": real(3e9), "power": real(5e8)}
    flows = finance.ProgrammeFlows(first, capital, assets, None, real(3e8), real(3e8))
    one = np.ones(months)
    company = finance.CompanyFlows(
        8e10, 3e10, 1.1e10 * one, 1e8 * one, 1.5e9 * one, 2e9 * one, 1.5e9 * one, 7e9 * one,
        1e10 * one, 2e8 * one, 1.6e11, 5.8e10,
    )  # fmt: skip
    terms = finance.Terms(PriceIndex({2025: 1.0}, 0.025), 0.25)
    tools = (
        finance.Bond("bonds", 0.053, 180, 3.5e11, 6e10, 0.005),
        finance.Revolver("line", 0.05, 1e10, 0.0006),
    )

    def work() -> tuple[finance.Waterfall, finance.Statements]:
        made = finance.waterfall(flows, company, tools, terms)
        return made, finance.statements(made, terms)

    work()
    ours, (made, sheets) = best_of(work, times)
    balance = np.abs(sum(made.sources.values()) - sum(made.uses.values())).max()
    same = bool(balance < 0.01 and sheets.imbalance_usd() < 0.01)
    memory = peak_mb(work)
    return Case("waterfall, 252 months", draws, ours, "its identities", None, None, same, memory)


def main() -> None:
    """Run the cases and print them."""
    parser = argparse.ArgumentParser(description="Speed of finance.")
    parser.add_argument("--quick", action="store_true", help="fewer draws, one run each")
    parser.add_argument("--json", action="store_true", help="print JSON")
    chosen = parser.parse_args()
    scale, times = (1, 1) if chosen.quick else (10, 3)
    cases = [
        pro_formas(20_000 * scale, times),
        *rates(100_000 * scale, times),
        monthly(200, times),
    ]
    if chosen.json:
        rows = [dataclasses.asdict(case) | {"per_second": case.per_second} for case in cases]
        print(json.dumps({"python": platform.python_version(), "cases": rows}, indent=1))
        return
    for case in cases:
        beside = "" if case.ratio is None else f", {case.ratio:,.1f} times as fast"
        print(
            f"{case.name}: {case.per_second:,.0f} per core-second, {case.peak_mb:.0f} MB; "
            f"{case.peer}{beside}, same answers: {case.same_answer}"
        )


if __name__ == "__main__":
    main()
