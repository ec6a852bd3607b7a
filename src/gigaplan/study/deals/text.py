"""What a deal is worth, as text of 80 columns."""

from __future__ import annotations

import textwrap

from gigaplan.core.statistics import Estimate
from gigaplan.study.deals.connection import ConnectionDeal
from gigaplan.study.deals.instrument import InstrumentDeal
from gigaplan.study.deals.power import PowerDeal
from gigaplan.study.deals.worth import Term, Worth

_Rows = list[tuple[str, str]]


def as_text(found: PowerDeal | InstrumentDeal | ConnectionDeal) -> str:
    """Return a deal as text of 80 columns."""
    if isinstance(found, PowerDeal):
        return _power(found)
    if isinstance(found, InstrumentDeal):
        return _instrument(found)
    return _connection(found)


def _power(found: PowerDeal) -> str:
    rows = _worth_rows(found.worth)
    for term in found.terms:
        rows += _term_rows(term)
    if found.option is not None:
        option = found.option
        rows += [
            ("as a right by itself, million USD", _money(option.usd)),
            ("  as a duty instead, million USD", _money(option.duty_usd)),
            ("  exercised in", f"{option.exercised_fraction:.0%} of draws"),
        ]
    notes = [
        "Net present value at the programme's start, after tax, base-year USD; both are planned "
        f"anew, and the plans may miss the best by {found.plan_gap_usd / 1e6:,.0f} million USD "
        "together: worth within that says nothing." + _compute_note(found.worth),
        f"Risk: {found.bears}. Its worth goes with its date by a rank correlation of "
        f"{found.late_correlation:+.2f}.",
    ]
    if not found.taken:
        notes = [
            "The plan does not take it on these terms: it is worth nothing to it.",
            f"Risk: {found.bears}.",
        ]
    if found.option is not None:
        notes.append(
            f"Exercise it in its last month if such energy costs "
            f"{found.option.from_usd_per_mwh:,.0f} USD/MWh or more elsewhere; the most to pay for "
            "the right is what it is worth by itself."
        )
    return _page(f"{found.title} ({found.contract})", rows, notes)


def _instrument(found: InstrumentDeal) -> str:
    rows = _worth_rows(found.worth)
    rows.append(("worth at the hurdle rate, million USD", _money(found.at_hurdle_usd)))
    rows.append(("brings at most, million USD", _money(found.brings_usd)))
    if found.cost_fraction is not None:
        rows.append(("its money costs a year, after tax", f"{found.cost_fraction:.2%}"))
    for term in found.terms:
        rows += _term_rows(term)
    notes = [
        "What it changes in the company's cash after tax, base-year USD at the programme's start, "
        f"at {found.discount_fraction:.2%} a year: what other money costs ({found.discount_of}). "
        "Plan, dates and hours are the same with it and without." + _compute_note(found.worth),
        f"Risk: {found.bears}.",
    ]
    return _page(f"{found.title} ({found.contract.replace('_', ' ')})", rows, notes)


def _connection(found: ConnectionDeal) -> str:
    title = f"{found.title}: {found.mw / 1000:,.2f} GW of connection that comes earlier"
    lines = [
        *textwrap.wrap(f"{title}, less as it is, on the same draws", 80),
        "",
        f"{'months':>8}{'planned anew,':>20}{'plan kept,':>20}{'most to pay,':>16}{'loses in':>12}",
        f"{'earlier':>8}{'million USD':>20}{'million USD':>20}{'USD/kW':>16}{'draws':>12}",
    ]
    lines += [
        f"{one.months:>8}{_money(one.anew.usd):>20}{_money(one.kept.usd):>20}"
        f"{max(one.most_usd.mean, 0.0) / (1000 * found.mw):>16,.0f}"
        f"{one.anew.loses_fraction:>12.0%}"
        for one in found.earlier
    ]
    gap = max(one.plan_gap_usd for one in found.earlier)
    notes = [
        "The most to pay is the greater of the two: the plan may be kept. Net present value at the "
        "programme's start, after tax, base-year USD. The plans may miss "
        f"the best by {gap / 1e6:,.0f} million USD together: worth within that says nothing."
        + _compute_note(found.earlier[0].anew),
        f"Risk: {found.bears}.",
    ]
    for note in notes:
        lines += ["", *textwrap.wrap(note, 80)]
    return "\n".join(lines)


def _worth_rows(worth: Worth) -> _Rows:
    return [
        ("worth, million USD", _money(worth.usd)),
        ("  of it money", _money(worth.money_usd)),
        ("  of it compute", _money(worth.compute_usd)),
        ("  P10, million USD", f"{worth.p10_usd / 1e6:,.0f}"),
        ("  P90, million USD", f"{worth.p90_usd / 1e6:,.0f}"),
        ("draws in which it loses", f"{worth.loses_fraction:.0%}"),
        ("funding gap, million USD", _money(worth.funding_gap_usd)),
    ]


def _term_rows(term: Term) -> _Rows:
    name = term.name
    for ending in ("_usd_per_mwh", "_usd_per_kw_year", "_usd_per_kw", "_fraction", "_it_mw"):
        name = name.removesuffix(ending)
    words = name.replace("_", " ") + (f", {term.unit}" if term.unit else "")
    rows = [(words, _value(term, term.value))]
    if term.most is not None:
        rows.append(("  worth nothing at", _value(term, term.most)))
    rows += [
        (f"  worth at {_value(term, at.value)}, million USD", f"{at.usd / 1e6:,.0f}")
        for at in term.others
    ]
    return rows


def _value(term: Term, value: float) -> str:
    return f"{value:.2%}" if term.name.endswith("_fraction") else f"{value:,.2f}"


def _compute_note(worth: Worth) -> str:
    counted = worth.usd_per_gw_year / 1e9
    if not counted or worth.compute_usd.mean == 0:
        return ""
    return f" Compute counts {counted:,.2f} billion USD a GW-year."


def _money(value: Estimate) -> str:
    return f"{value.mean / 1e6:,.0f} ± {value.standard_error / 1e6:,.0f}"


def _page(title: str, rows: _Rows, notes: list[str]) -> str:
    lines = [*textwrap.wrap(f"{title}: with it less without, on the same draws", 80), ""]
    lines += [f"{name:<44}{value:>34}" for name, value in rows]
    for note in notes:
        lines += ["", *textwrap.wrap(note, 80)]
    return "\n".join(lines)
