"""What binds in the plan and what it is worth: a line for each statement, the costliest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gigaplan.report import amounts

if TYPE_CHECKING:
    import pandas as pd

_WHAT = {
    "target": "Compute target",
    "target missed": "Compute target, missed",
    "connection": "Grid connection at {title}",
    "connection earlier": "Earlier connection at {title}",
    "earlier": "Earlier: {title}",
    "maximum": "More of {title}",
    "budget": "Money to spend",
    "total budget": "Money to spend in all",
    "fund": "Money from {title}",
    "fund in all": "Money from {title} in all",
    "slots": "Build slots: {title}",
    "deliveries": "Chips to be had: {title}",
    "clean share": "Clean share",
    "carbon cap": "Carbon cap",
    "water": "Water at {title}",
    "land": "Land at {title}",
    "reserve margin": "Reserve margin at {title}",
    "market depth": "Market depth of {title}",
}
_PER = {
    "usd_per_it_mw_year": "per MW of IT and year",
    "usd_per_it_mw": "per MW of IT",
    "usd_per_mw_year": "per MW and year",
    "usd_per_mw": "per MW",
    "usd_per_slot": "per slot",
    "usd_per_month": "per month",
    "usd_per_usd": "per USD",
    "usd_per_mwh": "per MWh",
    "usd_per_t": "per t",
    "usd_per_m3": "per m³",
    "usd_per_acre_year": "per acre and year",
}


MOST_OF_A_KIND = 3


def binding_lines(worth: pd.DataFrame, most: int = 10) -> list[dict[str, str]]:
    """Return what binds in the plan, in words.

    Parameters
    ----------
    worth : DataFrame
        The table `worth`.
    most : int
        How many lines at most.

    Returns
    -------
    list of dict
        ``what``, ``worth`` and ``sentence``: each statement in the year in which it costs most,
        and the other years in which it binds; those that cost most in all years first,
        no more than three of a kind.
    """
    if worth.empty:
        return []
    groups = worth.groupby(["kind", "place"], sort=False)
    order = groups["total_usd"].sum().sort_values(ascending=False, kind="stable")
    turn = order.groupby(level="kind", sort=False).cumcount()
    shown = order.index[turn < MOST_OF_A_KIND][:most]
    return [_line(groups.get_group(key)) for key in shown]


def _line(rows: pd.DataFrame) -> dict[str, str]:
    top = rows.sort_values("total_usd", ascending=False, kind="stable").iloc[0]
    value, unit = float(top["value"]), str(top["unit"])
    money = amounts.usd(value) if value >= 1e3 else f"{amounts.figure(value)} USD"
    kind, sentence = str(top["kind"]), str(top["sentence"])
    others = sorted({int(year) for year in rows["year"]} - {int(top["year"])})
    if others and kind not in ("earlier", "maximum"):
        sentence += f" It binds in {_years(others)} too."
    what = _WHAT.get(kind, kind).format(title=top["title"])
    return {
        "what": what[:1].upper() + what[1:],
        "worth": f"{money} {_PER.get(unit, unit)}",
        "sentence": sentence,
    }


def _years(years: list[int]) -> str:
    """Return years as words: ``2026, 2028 to 2031 and 2034``."""
    runs: list[list[int]] = []
    for year in years:
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    words: list[str] = []
    for first, last in runs:
        if first == last:
            words.append(str(first))
        elif last == first + 1:
            words += [str(first), str(last)]
        else:
            words.append(f"{first} to {last}")
    return amounts.listed(words)
