"""The result of a programme's money, from what is kept of its draws."""

from __future__ import annotations

from types import MappingProxyType

from gigaplan.finance.kept import Draws
from gigaplan.finance.results import DrawOutcomes, FinanceResult, Line, Metric, Stated
from gigaplan.programme.resolved import ResolvedProgramme

_UNITS = {
    "npv_usd": "USD",
    "required_revenue_usd_per_gw_year": "USD per GW-year",
    "irr": "per year",
    "mirr": "per year",
    "payback_years": "years",
    "break_even_price_ratio": "times",
    "break_even_sold_fraction": "fraction",
    "funding_gap_usd": "nominal USD",
    "peak_debt_usd": "nominal USD",
    "lcoe_usd_per_mwh": "USD per MWh",
    "cost_usd_per_gpu_hour": "USD per GPU-hour",
    "cost_usd_per_exaflop": "USD per 10^18 FLOP",
    "cost_usd_per_million_tokens": "USD per million tokens",
    "capex_usd": "USD",
}


def summarise(
    draws: Draws, programme: ResolvedProgramme, notes: tuple[str, ...], outcomes: DrawOutcomes
) -> FinanceResult:
    """Return the result over all draws; `outcomes` is what is known of each."""
    years = [str(year) for year in programme.timeline.years]
    metrics = _metrics(draws)
    by_name = {metric.name: metric for metric in metrics}
    split = {
        name.removeprefix("split "): _mean(draws, name)
        for name in draws.names("single")
        if name.startswith("split ")
    }
    gap = by_name["funding_gap_usd"].value
    assert gap is not None
    first = programme.timeline.first // 3
    gaps = draws.told("quarter gap", "new gap")
    quarters = [f"{(first + i) // 4}-Q{(first + i) % 4 + 1}" for i in range(len(gaps))]
    capex = [told.value for told in draws.told("all capex", "all")]
    return FinanceResult(
        draws=draws.count,
        capex_usd_by_year=MappingProxyType(
            {int(year): value for year, value in zip(years, capex, strict=True) if value}
        ),
        capex=_lines(draws, ("capex",), years),
        funding_gap_usd=gap,
        npv_usd=by_name["npv_usd"],
        required_revenue_usd_per_gw_year=by_name["required_revenue_usd_per_gw_year"],
        irr=by_name["irr"],
        metrics=metrics,
        cost_split_usd_per_gw_year=MappingProxyType(split),
        cash=_lines(draws, ("source", "use"), years),
        funding_gap=_lines(draws, ("quarter gap",), quarters),
        statements=_lines(draws, ("income", "cash_flow", "balance_sheet", "ratios"), years),
        fleet=_lines(draws, ("fleet",), years),
        stated=_stated(draws, programme),
        limits=_lines(draws, ("limits",), years),
        outcomes=outcomes,
        notes=notes,
    )


def _stated(draws: Draws, programme: ResolvedProgramme) -> tuple[Stated, ...]:
    out = []
    for name in draws.names("stated"):
        assert programme.company is not None
        said = programme.company.stated_capital[name]
        value, below, above = (told.value for told in draws.told("stated", name))
        assert value is not None
        assert below is not None
        assert above is not None
        out.append(
            Stated(
                name,
                said.title,
                said.first_year,
                said.last_year,
                said.low_usd,
                said.high_usd,
                value,
                below.mean,
                above.mean,
            )
        )
    return tuple(out)


def _mean(draws: Draws, name: str) -> float:
    value = draws.told("single", name)[0].value
    return 0.0 if value is None else value.mean


def _metrics(draws: Draws) -> tuple[Metric, ...]:
    there = draws.names("single")
    metrics = []
    for name, unit in _UNITS.items():
        if name == "irr":
            metrics.append(_irr(draws))
        elif name in there:
            value, share = draws.told("single", name)[0]
            reason = ""
            if name == "npv_usd" and "irr" not in there:
                reason = "no revenue is stated: the present value is that of cost alone."
            if name in _OF_CASH and "irr" not in there:
                reason = "no revenue is stated: cash counts nothing that the compute earns."
            if share < 1:
                reason = f"{_WHY.get(name, _NO_COMPUTE)} in {1 - share:.0%} of draws, left out."
            metrics.append(Metric(name, unit, value, reason))
    return tuple(metrics)


_NO_COMPUTE = "no compute comes online"
_WHY = {
    "mirr": "nothing is paid or nothing comes back",
    "payback_years": "what is paid is not earned again",
    "break_even_price_ratio": "nothing is earned",
    "break_even_sold_fraction": "not even all of it sold would do",
}
_OF_CASH = frozenset({"funding_gap_usd", "peak_debt_usd"})


def _irr(draws: Draws) -> Metric:
    if "irr" not in draws.names("single"):
        return Metric("irr", _UNITS["irr"], None, "no revenue is stated, so nothing is returned.")
    value, share = draws.told("single", "irr")[0]
    reason = ""
    if value is None:
        reason = "the flows of no draw have exactly one rate of return."
    elif share < 1:
        reason = f"{1 - share:.0%} of draws have no or several rates and are left out."
    return Metric("irr", _UNITS["irr"], value, reason)


def _lines(draws: Draws, tables: tuple[str, ...], periods: list[str]) -> tuple[Line, ...]:
    return tuple(
        Line(table, name, period, told.value, told.defined_fraction)
        for table in tables
        for name in draws.names(table)
        for period, told in zip(periods, draws.told(table, name), strict=True)
        if told.value is not None
    )
