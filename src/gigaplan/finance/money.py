"""A programme's money, block of draws by block: flows, waterfall, statements and metrics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.amounts import Array, month_factors, total
from gigaplan.finance.capital_weights import Weights
from gigaplan.finance.carried_over import Operated, carried_over
from gigaplan.finance.draws import Sources, server_life_months
from gigaplan.finance.energy_cost import EnergyBook, by_year
from gigaplan.finance.fleet import Fleet
from gigaplan.finance.flows import CompanyFlows, ProgrammeFlows, Terms
from gigaplan.finance.held_compute import online_it_mw, standing_it_mw
from gigaplan.finance.instruments import Instrument
from gigaplan.finance.periods import Periods, by_period
from gigaplan.finance.programme_credits import credit_flows, credit_laws
from gigaplan.finance.programme_instruments import instruments_of, sold_projects
from gigaplan.finance.programme_metrics import Compute, ProgrammeMetrics, programme_metrics
from gigaplan.finance.programme_money import make_block
from gigaplan.finance.programme_sources import (
    assets_of,
    company_of,
    terms_of,
)
from gigaplan.finance.programme_taxes import untaxed_sites
from gigaplan.finance.rating import Leverage
from gigaplan.finance.statements import statements
from gigaplan.finance.waterfall import Waterfall, waterfall
from gigaplan.programme.operating import OperatingSummary
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import FinanceFigures, ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories


@dataclass(frozen=True)
class Paid:
    """What some draws spend, earn and are paid for with, [month, draw]."""

    flows: ProgrammeFlows
    compute: Compute
    fleet: Fleet
    tools: tuple[Instrument, ...]
    flow: Waterfall


@dataclass(frozen=True)
class Money:
    """A programme's money, as blocks of its draws are worked on."""

    sources: Sources
    energy: EnergyBook
    terms: Terms
    company: CompanyFlows
    factors: Array
    years: Periods
    quarters: Periods
    weights: Weights
    it_mw: Array | None = None  # of all draws, where they are one block
    notes: tuple[str, ...] = field(default=())

    @classmethod
    def of(
        cls,
        programme: ResolvedProgramme,
        plan: Plan,
        trajectories: Trajectories,
        operating: OperatingSummary,
    ) -> Money:
        """Return what all blocks share."""
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
        terms = terms_of(programme)
        return cls(
            sources,
            EnergyBook.of(sources),
            terms,
            company_of(programme, factors),
            factors,
            Periods(timeline.year_of_month),
            Periods((timeline.first + np.arange(len(timeline))) // 3),
            Weights.of(
                sources.assets,
                timeline.first,
                len(timeline),
                programme.base_year,
                terms,
                programme.finance.hurdle_fraction,
            ),
            notes=notes_of(sources),
        )

    @cached_property
    def _operated(self) -> Operated:
        return Operated.of(self.sources, self.energy)

    def of_worlds(self, trajectories: Trajectories, first_draw: int) -> Money:
        """Return the money of other worlds, their energy carried over; see `carried_over`."""
        sources = replace(self.sources, trajectories=trajectories, first_draw=first_draw)
        it_mw = online_it_mw(sources, slice(0, trajectories.draws))
        mean = by_year(sources, it_mw)
        operating = carried_over(self._operated, sources, mean, first_draw)
        sources = replace(sources, operating=operating)
        energy = self.energy.of_worlds(sources, mean)
        return replace(self, sources=sources, energy=energy, it_mw=it_mw)

    def paid(self, part: slice) -> Paid:
        """Return the flows, instruments and waterfall of some draws."""
        it_mw = online_it_mw(self.sources, part) if self.it_mw is None else self.it_mw[:, part]
        block = make_block(self.sources, self.energy, it_mw, part)
        credits = credit_flows(self.sources, self.factors, part)
        flows = replace(block.flows, credits_usd=credits)
        block = replace(block, flows=flows)
        tools = tuple(instruments_of(self.sources, block, self.factors))
        kept = flows
        if sold := sold_projects(self.sources):
            taken = credit_flows(self.sources, self.factors, part, sold)
            kept = replace(flows, credits_usd=credits - taken)
        flow = waterfall(kept, self.company, tools, self.terms)
        return Paid(flows, block.compute, block.fleet, tools, flow)

    def outcome(self, part: slice) -> dict[str, dict[str, Array]]:
        """Return all lines of some draws, by table and name, [period, draw]; see `kept`."""
        paid = self.paid(part)
        flows, flow = paid.flows, paid.flow
        found = programme_metrics(
            flows,
            self.terms,
            paid.compute,
            hurdle_fraction=self.sources.programme.finance.hurdle_fraction,
            weights=self.weights,
        )
        yearly = by_period(flow, self.years)
        capex = {name: self.years.sums(money.values) for name, money in flows.capex_usd.items()}
        gap = self.quarters.sums(flow.sources["funding gap"])
        return {
            "single": _single(found, flow, capex, self.sources.programme.finance),
            "capex": capex,
            "all capex": {"all": sum(capex.values(), start=np.zeros(()))},
            "source": dict(yearly.sources),
            "use": dict(yearly.uses),
            "quarter gap": {"new gap": gap},
            "stated": self._stated(yearly),
            "fleet": {name: mw[self.years.ends] for name, mw in paid.fleet.it_mw.items()},
            **self._accounts(yearly),
        }

    def _accounts(self, flow: Waterfall) -> dict[str, dict[str, Array]]:
        """Return statements and ratios of a yearly waterfall, and its rating's limits."""
        made, company = statements(flow, self.terms), self.sources.programme.company
        leverage = Leverage.of(flow, made.income, made.balance_sheet)
        rating = None if company is None else company.rating
        return {
            "income": dict(made.income),
            "cash_flow": dict(made.cash_flow),
            "balance_sheet": dict(made.balance_sheet),
            "ratios": leverage.ratios(),
            "limits": {} if rating is None else leverage.against(rating),
        }

    def _stated(self, flow: Waterfall) -> dict[str, Array]:
        """Return the company's capital in years it said something of: USD, below it, above it."""
        company = self.sources.programme.company
        if company is None:
            return {}
        years = np.array(self.sources.programme.timeline.years)
        spent = total([*flow.capex.values(), flow.uses["other capital"]], flow.cash)
        out = {}
        for name, said in company.stated_capital.items():
            inside = (years >= said.first_year) & (years <= said.last_year)
            value = spent[inside].sum(axis=0)
            out[name] = np.stack([value, value < said.low_usd, value > said.high_usd])
        return out


def _single(
    found: ProgrammeMetrics,
    flow: Waterfall,
    capex: Mapping[str, Array],
    figures: FinanceFigures,
) -> dict[str, Array]:
    """Return one figure of each draw by name, [1, draw]."""
    of_compute = {
        "required_revenue_usd_per_gw_year": found.required_revenue_usd_per_gw_year,
        "lcoe_usd_per_mwh": found.lcoe_usd_per_mwh,
        "cost_usd_per_gpu_hour": found.cost_usd_per_gpu_hour,
    }
    if found.cost_usd_per_peak_exaflop is not None:
        peak = found.cost_usd_per_peak_exaflop
        of_compute["cost_usd_per_exaflop"] = peak / figures.training_flop_utilisation_fraction
        # A token takes two operations of each parameter it uses.
        exaflop = 2 * figures.active_billion_parameters * 1e9 * 1e6 / 1e18
        served = peak / figures.inference_flop_utilisation_fraction
        of_compute["cost_usd_per_million_tokens"] = exaflop * served
    of_compute |= {f"split {k}": v for k, v in found.cost_split_usd_per_gw_year.items()}
    single = {
        "npv_usd": found.npv_usd,
        "funding_gap_usd": flow.unfunded.max(axis=0),
        "peak_debt_usd": total(list(flow.debt.values()), flow.cash).max(axis=0),
        "capex_usd": sum((rows.sum(axis=0) for rows in capex.values()), start=np.zeros(())),
    }
    single |= {
        k: np.where(found.defined, v, np.inf) for k, v in of_compute.items() if v is not None
    }
    if found.returns is not None:
        irr = found.returns.irr
        unique = irr.root_count == 1
        single["irr"] = np.where(unique, irr.rate_fraction.filled(0.0), np.inf)
        single["mirr"] = found.returns.mirr_fraction
        single["payback_years"] = found.returns.payback_years
    if found.break_even_ratio is not None:
        single["break_even_price_ratio"] = found.break_even_ratio
        if figures.revenue is not None and figures.revenue.kind != "capacity":
            # more than all of it cannot be sold
            sold = figures.revenue.sold_fraction * found.break_even_ratio
            single["break_even_sold_fraction"] = np.where(sold <= 1, sold, np.inf)
    return {name: np.asarray(value, np.float64)[None] for name, value in single.items()}


def notes_of(sources: Sources) -> tuple[str, ...]:
    """Return what is assumed, in words."""
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
    if programme.finance.property_tax_fraction is None:
        notes.append(
            "Halls and servers pay property tax where they stand, less what agreements abate; the "
            "running cost of power holds its own."
        )
        if untaxed := untaxed_sites(programme, sources.plan):
            notes.append(f"No sales or property tax is known at {', '.join(untaxed)}: none counts.")
    if programme.finance.revenue is None:
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
