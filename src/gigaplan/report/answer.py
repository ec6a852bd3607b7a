"""The answer first: a paragraph and a few figures that a reader takes away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gigaplan.programme.trajectories import DECADE_END, headline_year
from gigaplan.report import amounts
from gigaplan.report.amounts import NONE, finite
from gigaplan.report.labels import BOTTLENECK_PHRASES, readable
from gigaplan.report.view import RunView


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure: its name, the figure in words, what to know about it, and how it bodes."""

    label: str
    value: str
    detail: str
    tone: str = ""  # good, bad or empty

    @property
    def number(self) -> str:
        """Return the figure without its unit, or all of it if it is words."""
        head, _, _ = self.value.partition(" ")
        return head if self.unit else self.value

    @property
    def unit(self) -> str:
        """Return the unit of the figure, or nothing if it is words."""
        head, _, tail = self.value.partition(" ")
        return tail if head[-1:].isdigit() else ""


@dataclass(frozen=True)
class Answer:
    """What the run says about its programme, in figures that sentences are made of.

    Every field is None where the run does not have it.
    """

    year: int | None
    online: Mapping[str, float] | None
    target_it_mw: float | None
    chance: Mapping[str, Any] | None
    bottlenecks: list[tuple[str, float]]
    capex_through: int | None
    capex_through_usd: float | None
    capex_limit_usd: float | None
    capex_total_usd: float | None
    last_year: int | None
    gap: Mapping[str, float] | None
    counts_revenue: bool
    revenue: Mapping[str, float] | None
    period: Mapping[str, Any] | None
    draws: int


def answer_of(view: RunView) -> Answer:
    """Return the answer of a run, from its summary alone."""
    summary = view.summary
    delivery = summary.get("delivery") or {}
    finance = summary.get("finance") or {}
    targets = delivery.get("target_probability") or {}
    months = delivery.get("months") or []
    year = headline_year(int(year) for year in targets)
    if year is None and months:
        year = min(int(months[-1][:4]), DECADE_END)
    at = months.index(f"{year}-12") if f"{year}-12" in months else None
    online = None
    if at is not None and delivery.get("online_it_mw"):
        online = {p: values[at] for p, values in delivery["online_it_mw"].items()}
    chance = targets.get(str(year))
    by_year = {int(y): v for y, v in (finance.get("capex_usd_by_year") or {}).items()}
    limit = summary.get("capex_limit") or {}
    through = limit.get("through") or 2028
    periods = (summary.get("operations") or {}).get("by_period") or []
    chosen = [p for p in periods if p.get("year") == year] or periods[-1:]
    covered = {y: v for y, v in by_year.items() if y <= through}
    return Answer(
        year=year,
        online=online,
        target_it_mw=finite((chance or {}).get("target_it_mw")),
        chance=chance,
        bottlenecks=_in_the_way(delivery, year),
        capex_through=int(through) if covered else None,
        capex_through_usd=_sum_of_means(covered),
        capex_limit_usd=finite(limit.get("cumulative_usd")),
        capex_total_usd=_sum_of_means(by_year),
        last_year=max(by_year, default=None),
        gap=finance.get("funding_gap_usd"),
        counts_revenue="funding_gap_usd_reason" not in finance,
        revenue=finance.get("required_revenue_usd_per_gw_year"),
        period=chosen[0] if chosen else None,
        draws=int(summary.get("draws") or 0),
    )


def _sum_of_means(by_year: Mapping[int, Mapping[str, float]]) -> float | None:
    """Return the sum of yearly means: only means add up, percentiles do not."""
    values = [finite(v.get("mean", v.get("p50"))) for v in by_year.values()]
    known = [v for v in values if v is not None]
    return sum(known) if known else None


def _in_the_way(delivery: Mapping[str, Any], year: int | None) -> list[tuple[str, float]]:
    """Return bottlenecks of the headline year with their mean share, most frequent first."""
    months = delivery.get("months") or []
    at = [i for i, month in enumerate(months) if month[:4] == str(year)]
    shares = delivery.get("bottleneck_share") or {}
    found = [(name, sum(values[i] for i in at) / len(at)) for name, values in shares.items() if at]
    found = [(name, share) for name, share in found if name != "none" and share > 0.005]
    return sorted(found, key=lambda item: -item[1])


def bottleneck_phrase(name: str) -> str:
    """Return what is in the way as a part of a sentence."""
    return BOTTLENECK_PHRASES.get(name, readable(name).lower())


def paragraph(answer: Answer) -> list[str]:
    """Return the headline as sentences."""
    out = []
    if answer.online is not None:
        between = amounts.spread(answer.online, amounts.power).replace(" to ", " and ")
        text = (
            f"At the end of {answer.year} the middle case has "
            f"{amounts.power(answer.online.get('p50'))} of IT online, and eight of ten simulated "
            f"worlds lie between {between}"
        )
        if answer.target_it_mw is not None:
            text += f". The target is {amounts.power(answer.target_it_mw)}; {_chance(answer)}"
        out.append(text + ".")
    if answer.bottlenecks:
        first = answer.bottlenecks[0]
        text = (
            f"What is most often in the way in {answer.year} is {bottleneck_phrase(first[0])}, "
            f"in {amounts.percent(first[1])} of cases (a case is one site in one world)"
        )
        if len(answer.bottlenecks) > 1:
            second = answer.bottlenecks[1]
            text += f", then {bottleneck_phrase(second[0])} in {amounts.percent(second[1])}"
        out.append(text + ".")
    if answer.capex_through_usd is not None:
        through = answer.capex_through
        text = f"It takes {amounts.usd(answer.capex_through_usd)} of capital through {through}"
        if answer.capex_limit_usd is not None:
            text += f", of {amounts.usd(answer.capex_limit_usd)} allowed,"
        total = amounts.usd(answer.capex_total_usd)
        out.append(f"{text} and {total} through {answer.last_year}, on average.")
    gap = finite((answer.gap or {}).get("p50"))
    high = finite((answer.gap or {}).get("p90"))
    if gap is not None and high is not None:
        if not answer.counts_revenue:
            out.append("No revenue of the compute is counted.")
        if high <= 0:
            out.append("The sources of money in the programme cover it in nine of ten worlds.")
        elif gap <= 0:
            out.append(
                "The sources of money in the programme cover it in the middle case; in one of ten "
                f"worlds {amounts.usd(high)} or more is missing."
            )
        else:
            out.append(
                f"Its sources of money fall {amounts.usd(gap)} short in the middle case "
                f"({amounts.usd(high)} in one of ten worlds)."
            )
    if answer.revenue:
        earned = amounts.usd(answer.revenue.get("p50"))
        out.append(f"A GW of IT must earn {earned} a year to be worth building.")
    return out


def _chance(answer: Answer) -> str:
    chance = finite((answer.chance or {}).get("probability"))
    if chance is None:
        return "the chance of meeting it is not known"
    if chance == 0:
        return f"none of the {answer.draws:,} simulated worlds meets it"
    if chance == 1:
        return f"every one of the {answer.draws:,} simulated worlds meets it"
    return f"the chance of meeting it is {amounts.percent(chance)}"


def tiles(answer: Answer) -> list[Tile]:
    """Return the key figures."""
    out = []
    if answer.online is not None:
        detail = f"P10 to P90: {amounts.spread(answer.online, amounts.power)}"
        out.append(
            Tile(
                f"IT online, end of {answer.year}", amounts.power(answer.online.get("p50")), detail
            )
        )
    if answer.target_it_mw is not None and answer.chance is not None:
        chance = finite(answer.chance.get("probability"))
        tone = "" if chance is None else "bad" if chance < 0.25 else "good" if chance > 0.75 else ""
        shown = amounts.probability(answer.chance, answer.draws)
        value, _, detail = shown.partition(" ")
        goal = f"Target {amounts.power(answer.target_it_mw)}"
        extra = detail.strip("()")
        extra = f"; {extra}" + (" points" if extra.startswith("±") else "") if extra else ""
        out.append(Tile("Chance of the target", value, goal + extra, tone))
    if answer.bottlenecks:
        name, share = answer.bottlenecks[0]
        detail = f"{amounts.percent(share)} of cases in {answer.year}"
        if len(answer.bottlenecks) > 1:
            other, part = answer.bottlenecks[1]
            detail += f"; then {bottleneck_phrase(other)}, {amounts.percent(part)}"
        phrase = bottleneck_phrase(name)
        out.append(Tile("Most often in the way", phrase[:1].upper() + phrase[1:], detail))
    out += _money_tiles(answer)
    out += _power_tiles(answer)
    return out


def _money_tiles(answer: Answer) -> list[Tile]:
    out = []
    if answer.capex_through_usd is not None:
        detail = f"{amounts.usd(answer.capex_total_usd)} through {answer.last_year}; means"
        tone = ""
        if answer.capex_limit_usd is not None:
            detail = f"Of {amounts.usd(answer.capex_limit_usd)} allowed; {detail}"
            tone = "bad" if answer.capex_through_usd > answer.capex_limit_usd else ""
        label = f"Capital through {answer.capex_through}"
        out.append(Tile(label, amounts.usd(answer.capex_through_usd), detail, tone))
    if answer.gap:
        middle = finite(answer.gap.get("p50"))
        value = "No gap" if middle == 0 else amounts.usd(middle)
        detail = f"P90: {amounts.usd(answer.gap.get('p90'))}; nominal"
        high = finite(answer.gap.get("p90"))
        tone = "bad" if middle else "good" if high == 0 else ""
        out.append(Tile("Funding gap, middle case", value, detail, tone))
    if answer.revenue:
        detail = f"P10 to P90: {amounts.spread(answer.revenue, amounts.usd)}"
        label = "A GW of IT must earn, a year"
        out.append(Tile(label, amounts.usd(answer.revenue.get("p50")), detail))
    return out


def _power_tiles(answer: Answer) -> list[Tile]:
    period = answer.period
    if not period:
        return []
    out = []
    unserved, load = finite(period.get("eue_mwh")), finite(period.get("load_mwh"))
    if unserved is not None:
        share = f"{amounts.percent(unserved / load)} of the load; " if load else ""
        detail = f"{share}{amounts.hours(period.get('lolh_hours'))} short"
        out.append(
            Tile(f"Energy not served in {period.get('year')}", amounts.energy(unserved), detail)
        )
    hourly = amounts.percent(period.get("clean_share_hourly"))
    annual = amounts.percent(period.get("clean_share_annual"))
    if hourly != NONE:
        label = f"Clean by the hour in {period.get('year')}"
        out.append(Tile(label, hourly, f"{annual} if counted by the year"))
    return out
