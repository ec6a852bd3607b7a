"""What is kept of each draw, and the percentiles it is told by."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.statistics import Percentiles, percentiles
from gigaplan.finance.amounts import Array
from gigaplan.finance.results import DrawOutcomes, FinanceResult, Line, Metric
from gigaplan.programme.resolved import ResolvedProgramme

_UNITS = {
    "npv_usd": "USD",
    "required_revenue_usd_per_gw_year": "USD per GW-year",
    "irr": "per year",
    "funding_gap_usd": "nominal USD",
    "peak_debt_usd": "nominal USD",
    "lcoe_usd_per_mwh": "USD per MWh",
    "cost_usd_per_gpu_hour": "USD per GPU-hour",
    "capex_usd": "USD",
}


@dataclass(frozen=True)
class Kept:
    """Yearly lines and single figures of every draw; draw last."""

    tables: dict[str, dict[str, Array]]

    @classmethod
    def laid_out(cls, outcome: dict[str, dict[str, Array]], part: slice, draws: int) -> Kept:
        """Return room for all draws in the shape of one block's outcome, that block written."""
        kept = cls(
            {
                table: {name: np.empty((*v.shape[:-1], draws)) for name, v in lines.items()}
                for table, lines in outcome.items()
            }
        )
        kept.write(outcome, part)
        return kept

    def write(self, outcome: dict[str, dict[str, Array]], part: slice) -> None:
        """Write one block's outcome to its draws."""
        for table, lines in outcome.items():
            for name, values in lines.items():
                self.tables[table][name][..., part] = values


def summarise(kept: Kept, programme: ResolvedProgramme, notes: tuple[str, ...]) -> FinanceResult:
    """Return the result over all draws."""
    single = kept.tables["single"]
    defined = single["defined"] > 0
    years = [str(year) for year in programme.timeline.years]
    capex_total = sum(kept.tables["capex"].values())
    by_year = {
        int(year): percentiles(row)
        for year, row in zip(years, np.asarray(capex_total), strict=True)
    }
    metrics = _metrics(single, defined)
    by_name = {metric.name: metric for metric in metrics}
    split = {
        name.removeprefix("split "): float(values[defined].mean()) if defined.any() else 0.0
        for name, values in single.items()
        if name.startswith("split ")
    }
    gap = by_name["funding_gap_usd"].value
    assert gap is not None
    first = programme.timeline.first // 3
    quarters = [
        f"{(first + i) // 4}-Q{(first + i) % 4 + 1}"
        for i in range(len(kept.tables["quarter gap"]["new gap"]))
    ]
    return FinanceResult(
        draws=len(defined),
        capex_usd_by_year=MappingProxyType(by_year),
        capex=_lines(kept, ("capex",), years),
        funding_gap_usd=gap,
        npv_usd=by_name["npv_usd"],
        required_revenue_usd_per_gw_year=by_name["required_revenue_usd_per_gw_year"],
        irr=by_name["irr"],
        metrics=metrics,
        cost_split_usd_per_gw_year=MappingProxyType(split),
        cash=_lines(kept, ("source", "use"), years),
        funding_gap=_lines(kept, ("quarter gap",), quarters),
        statements=_lines(kept, ("income", "cash_flow", "balance_sheet"), years)
        + _ratios(kept, years),
        outcomes=DrawOutcomes(
            npv_usd=single["npv_usd"],
            required_revenue_usd_per_gw_year=single["required_revenue_usd_per_gw_year"],
            funding_gap_usd=single["funding_gap_usd"],
            capex_usd=single["capex_usd"],
            defined=defined,
        ),
        notes=notes,
    )


def _metrics(single: dict[str, Array], defined: NDArray[np.bool_]) -> tuple[Metric, ...]:
    metrics = []
    for name, unit in _UNITS.items():
        if name == "irr":
            metrics.append(_irr(single))
        elif name in single:
            needs_compute = name not in _ALWAYS
            chosen = single[name][defined] if needs_compute else single[name]
            reason = ""
            if name == "npv_usd" and "irr_roots" not in single:
                reason = "no revenue is stated: the present value is that of cost alone."
            if name in _OF_CASH and "irr_roots" not in single:
                reason = "no revenue is stated: cash counts nothing that the compute earns."
            if needs_compute and not defined.all():
                reason = f"no compute comes online in {np.mean(~defined):.0%} of draws, left out."
            value = percentiles(chosen) if chosen.size else None
            metrics.append(Metric(name, unit, value, reason))
    return tuple(metrics)


_OF_CASH = frozenset({"funding_gap_usd", "peak_debt_usd"})
_ALWAYS = frozenset({"npv_usd", "funding_gap_usd", "peak_debt_usd", "capex_usd"})


def _irr(single: dict[str, Array]) -> Metric:
    if "irr_roots" not in single:
        return Metric("irr", _UNITS["irr"], None, "no revenue is stated, so nothing is returned.")
    unique = single["irr_roots"] == 1
    if not unique.any():
        return Metric(
            "irr", _UNITS["irr"], None, "the flows of no draw have exactly one rate of return."
        )
    reason = ""
    if not unique.all():
        reason = f"{np.mean(~unique):.0%} of draws have no or several rates and are left out."
    return Metric("irr", _UNITS["irr"], percentiles(single["irr_fraction"][unique]), reason)


def _lines(kept: Kept, tables: tuple[str, ...], periods: list[str]) -> tuple[Line, ...]:
    out: list[Line] = []
    for table in tables:
        for name, values in kept.tables[table].items():
            rows = _percentile_rows(values)
            out += [
                Line(table, name, period, row) for period, row in zip(periods, rows, strict=True)
            ]
    return tuple(out)


def _percentile_rows(values: Array) -> list[Percentiles]:
    """Return `Percentiles` of each row of [period, draw] with one sort for all."""
    draws = values.shape[1]
    low, middle, high = np.quantile(values, (0.1, 0.5, 0.9), axis=1)
    mean = values.mean(axis=1)
    error = (
        values.std(axis=1, ddof=1) / np.sqrt(draws) if draws > 1 else np.full(len(values), np.inf)
    )
    return [
        Percentiles(float(a), float(b), float(c), float(m), float(e))
        for a, b, c, m, e in zip(low, middle, high, mean, error, strict=True)
    ]


def _ratios(kept: Kept, periods: list[str]) -> tuple[Line, ...]:
    """Return ratios over the draws in which the denominator is above zero."""
    out: list[Line] = []
    for name, over in kept.tables["over"].items():
        under = kept.tables["under"][name]
        for period, top, bottom in zip(periods, over, under, strict=True):
            good = bottom > 0
            if good.any():
                value = percentiles(top[good] / bottom[good])
                out.append(Line("ratios", name, period, value, float(good.mean())))
    return tuple(out)
