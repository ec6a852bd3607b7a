"""Pays for a programme: waterfall, statements and metrics on delivery's draws.

Draws are worked on in blocks, each written to its own place, so that neither the
block's size nor the number of threads changes a result. Monthly arrays live no longer
than their block; what is kept of a draw is its yearly lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.amounts import Array, month_factors, spread, total
from gigaplan.finance.draws import Sources, server_life_months
from gigaplan.finance.energy_cost import EnergyBook
from gigaplan.finance.flows import CompanyFlows, Terms
from gigaplan.finance.held_compute import standing_it_mw
from gigaplan.finance.programme_instruments import instruments_of
from gigaplan.finance.programme_metrics import programme_metrics
from gigaplan.finance.programme_money import credit_flows, make_block
from gigaplan.finance.programme_sources import (
    assets_of,
    company_of,
    credit_laws,
    terms_of,
)
from gigaplan.finance.results import FinanceResult
from gigaplan.finance.statements import Statements, statements
from gigaplan.finance.summary import Kept, summarise
from gigaplan.finance.waterfall import Waterfall, waterfall
from gigaplan.programme.operating import OperatingSummary
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories

_BLOCK = 200


def fund(
    programme: ResolvedProgramme,
    plan: Plan,
    trajectories: Trajectories,
    operating: OperatingSummary,
    *,
    threads: int = 1,
    progress: Callable[[float], None] | None = None,
) -> FinanceResult:
    """Return the money of a programme on the draws of its delivery.

    Parameters
    ----------
    programme : ResolvedProgramme
        What is built and how it is paid for.
    plan : Plan
        Decisions; weights lives and classes.
    trajectories : Trajectories
        Delivery's draws: capital and what is online.
    operating : OperatingSummary
        Energy by planning year, on the same draws.
    threads : int
        Blocks worked on at once; does not change results.
    progress : callable, optional
        Called with the share done.

    Raises
    ------
    InputError
        If operations and delivery hold different draws, or a term cannot be.
    """
    require(
        operating.grid_cost_usd.shape[1] == trajectories.draws,
        f"operations has {operating.grid_cost_usd.shape[1]} draws, delivery {trajectories.draws}; "
        "they must be the same worlds.",
    )
    work = _Work.of(programme, plan, trajectories, operating)
    parts = [
        slice(first, min(first + _BLOCK, trajectories.draws))
        for first in range(0, trajectories.draws, _BLOCK)
    ]
    # The first block alone lays out what is kept, then all others fill their own places.
    kept = work.first(parts[0], trajectories.draws)
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        for done, _ in enumerate(pool.map(lambda part: work.fill(kept, part), parts[1:]), start=1):
            if progress is not None:
                progress(done / len(parts))
    return summarise(kept, programme, work.notes)


@dataclass(frozen=True)
class _Work:
    sources: Sources
    energy: EnergyBook
    terms: Terms
    company: CompanyFlows
    factors: Array
    years: NDArray[np.int64]
    notes: tuple[str, ...] = field(default=())

    @classmethod
    def of(
        cls,
        programme: ResolvedProgramme,
        plan: Plan,
        trajectories: Trajectories,
        operating: OperatingSummary,
    ) -> _Work:
        timeline = programme.timeline
        factors = month_factors(
            programme.price_index, programme.base_year, timeline.first, len(timeline)
        )
        sources = Sources(
            programme=programme,
            plan=plan,
            trajectories=trajectories,
            operating=operating,
            assets=assets_of(programme, plan, trajectories),
            credits=credit_laws(programme),
        )
        return cls(
            sources,
            EnergyBook.of(sources),
            terms_of(programme),
            company_of(programme, factors),
            factors,
            timeline.year_of_month,
            _notes(sources),
        )

    def first(self, part: slice, draws: int) -> Kept:
        """Return what is kept for all draws, filled for the first block."""
        return Kept.laid_out(self._outcome(part), part, draws)

    def fill(self, kept: Kept, part: slice) -> None:
        """Write one block's outcome to its place."""
        kept.write(self._outcome(part), part)

    def _outcome(self, part: slice) -> dict[str, dict[str, Array]]:
        block = make_block(self.sources, self.energy, part)
        credits = credit_flows(self.sources, self.factors, part)
        flows = replace(block.flows, credits_usd=credits)
        block = replace(block, flows=flows)
        tools = instruments_of(self.sources, block, self.factors)
        flow = waterfall(flows, self.company, tools, self.terms)
        made = statements(flow, self.terms)
        found = programme_metrics(
            flows,
            self.terms,
            block.compute,
            hurdle_fraction=self.sources.programme.finance.hurdle_fraction,
        )
        single = {
            "npv_usd": found.npv_usd,
            "required_revenue_usd_per_gw_year": found.required_revenue_usd_per_gw_year,
            "defined": found.defined.astype(np.float64),
            "funding_gap_usd": flow.unfunded.max(axis=0),
            "peak_debt_usd": total(list(flow.debt.values()), flow.cash).max(axis=0),
            "capex_usd": sum(m.values.sum(axis=0) for m in flows.capex_usd.values()),
        }
        single |= {f"split {k}": v for k, v in found.cost_split_usd_per_gw_year.items()}
        for name in ("lcoe_usd_per_mwh", "cost_usd_per_gpu_hour"):
            value = getattr(found, name)
            if value is not None:
                single[name] = value
        if found.irr is not None:
            single["irr_fraction"] = found.irr.rate_fraction.filled(0.0)
            single["irr_roots"] = found.irr.root_count.astype(np.float64)
        return {
            "single": {name: np.asarray(value, dtype=np.float64) for name, value in single.items()},
            "capex": self._yearly({k: m.values for k, m in flows.capex_usd.items()}),
            "source": self._yearly(flow.sources),
            "use": self._yearly(flow.uses),
            "quarter gap": {"new gap": self._quarterly(flow.sources["funding gap"])},
            **self._statements(flow, made),
        }

    def _statements(self, flow: Waterfall, made: Statements) -> dict[str, dict[str, Array]]:
        ends = np.flatnonzero(np.diff(self.years, append=self.years[-1] + 1))
        sheet = {name: values[ends] for name, values in made.balance_sheet.items()}
        income = self._yearly(made.income)
        ebitda = (
            income["programme EBITDA"]
            + self._yearly({"x": spread(self.company.ebitda_usd, flow.shape)})["x"]
        )
        debt = sheet["debt at the start"] + total([sheet[name] for name in flow.debt], ebitda)
        effects = flow.effects.values()
        hidden = total([e.hidden_debt for e in effects if e.hidden_debt is not None], flow.cash)
        hidden = hidden[ends]
        interest = (
            -income["interest"]
            + self._yearly({"x": spread(self.company.interest_usd, flow.shape)})["x"]
        )
        return {
            "income": income,
            "cash_flow": self._yearly(made.cash_flow),
            "balance_sheet": sheet,
            # Numerator over denominator, divided when they are summed up.
            "over": {
                "debt to EBITDA": debt,
                "economic debt to EBITDA": debt + hidden,
                "EBITDA to interest": ebitda,
            },
            "under": {
                "debt to EBITDA": ebitda,
                "economic debt to EBITDA": ebitda,
                "EBITDA to interest": interest,
            },
        }

    def _yearly(self, lines: Mapping[str, Array]) -> dict[str, Array]:
        starts = np.flatnonzero(np.diff(self.years, prepend=self.years[0] - 1))
        return {name: np.add.reduceat(values, starts, axis=0) for name, values in lines.items()}

    def _quarterly(self, values: Array) -> Array:
        quarter = (self.sources.first_month + np.arange(len(values))) // 3
        starts = np.flatnonzero(np.diff(quarter, prepend=quarter[0] - 1))
        result: Array = np.add.reduceat(values, starts, axis=0)
        return result


def _notes(sources: Sources) -> tuple[str, ...]:
    programme = sources.programme
    life = server_life_months(sources) / MONTHS_PER_YEAR
    notes = [
        f"Servers that wear out after {programme.years[-1]} are bought again at the same real "
        f"cost every {life:.1f} years, so that compute is held to the end of the cash flows.",
        "Energy after the last planning year costs what it does in that year, and for IT MW online "
        "beyond that the mean over draws: contracts and plants that end later are taken as renewed "
        "on the same terms.",
        "A loss of the programme lowers the company's tax on other income; what exceeds that is "
        "carried forward.",
        "At the end of the cash flows assets are worth what their remaining life would still earn.",
    ]
    if standing_it_mw(sources)[0] > 0:
        notes.append(
            "Chips that stood before the programme earn and cost in the company's own cash flow; "
            "evenly aged, they leave over a server's life. All figures are of the other compute."
        )
    if programme.finance.revenue_usd_per_it_mw_year is None:
        notes.append(
            "No revenue of compute is stated, so cash, debt and the funding gap count none: they "
            "are what the rest of the company must carry."
        )
    if programme.company is None:
        notes.append("No company is given: what instruments do not cover is a funding gap.")
    owned = {
        programme.power[build.project].credit
        for build in sources.plan.units
        if programme.power[build.project].contract.kind == "own"
    }
    for name, law in sources.credits.items():
        if name not in owned:
            continue
        kind = "of capital" if law.share_fraction else "USD per MWh"
        amount = law.share_fraction or law.usd_per_mwh
        notes.append(
            f"Owned plants earn credit {name}: {amount:g} {kind}, as the catalogue has it."
        )
    return tuple(notes)
