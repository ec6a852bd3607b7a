"""Sentences for what the run's files say in keys: metrics, drivers, shadow prices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gigaplan.report import amounts
from gigaplan.report.labels import Names, readable

if TYPE_CHECKING:
    import pandas as pd

COMPONENT_WORDS = {
    "servers": "Chips and servers",
    "hall": "Halls",
    "power": "Power plants",
    "connection": "Grid connections",
    "energy": "Energy bought and fuel",
    "running cost": "Running cost",
    "property tax": "Property tax",
    "credits": "Tax credits",
    "tax": "Tax",
}

METRIC_WORDS = {
    "npv_usd": ("Net present value", "Worth today of all that comes in less all that goes out."),
    "required_revenue_usd_per_gw_year": (
        "Required revenue of a GW-year",
        "What a GW of IT online must earn in a year for the programme to be worth building.",
    ),
    "irr": ("Internal rate of return", "The yearly return at which the programme breaks even."),
    "mirr": (
        "Modified return",
        "The same where several rates would do: what comes is laid up at the hurdle rate.",
    ),
    "payback_years": (
        "Payback",
        "Years until all that was paid has been earned again, for good.",
    ),
    "break_even_price_ratio": (
        "Break-even price",
        "Price of compute, over the stated one, at which the programme is worth nothing.",
    ),
    "break_even_sold_fraction": (
        "Break-even utilisation",
        "Share of compute that must be sold, at the stated price, for it to be worth nothing.",
    ),
    "funding_gap_usd": (
        "Funding gap",
        "The most money at any one time that no source in the programme covers.",
    ),
    "peak_debt_usd": ("Highest debt", "The most that is owed at any one time."),
    "lcoe_usd_per_mwh": (
        "Cost of electricity",
        "Capital, fuel, running cost and purchases over the energy used, levelised.",
    ),
    "cost_usd_per_gpu_hour": (
        "Cost of a GPU-hour",
        "What an hour of one accelerator must earn.",
    ),
    "cost_usd_per_exaflop": (
        "Cost of 10^18 FLOP of training",
        "What they must earn, of the operations a model is trained with.",
    ),
    "cost_usd_per_million_tokens": (
        "Cost of a million tokens",
        "What they must earn, of a model of the stated size; others are in proportion.",
    ),
    "capex_usd": ("Capital spending", "All of it, over all years of the programme."),
}

_OUTPUT_WORDS = {
    "served_it_mwh": "Compute delivered, all years",
    "lost_it_mwh": "Compute lost to power shortage",
    "co2_t": "Carbon dioxide",
}


def metric_words(name: str) -> tuple[str, str]:
    """Return a metric's title and what it means."""
    return METRIC_WORDS.get(name, (readable(name), ""))


def driver_output(name: str) -> str:
    """Return the words for an outcome that drivers explain."""
    if name.startswith("online_it_mw_"):
        return f"Compute online at the end of {name.rsplit('_', 1)[1]}"
    if name in _OUTPUT_WORDS:
        return _OUTPUT_WORDS[name]
    return METRIC_WORDS[name][0] if name in METRIC_WORDS else readable(name)


def factor_words(name: Any) -> str:
    """Return the words for what varies: ``Halls of Hyperion: date`` as it is."""
    text = str(name)
    return text if " " in text else readable(text)


LEAST_PART = 0.005
"""Part of an option's capital below which what it lacks is within a plan's gap."""

MOST_PART = 0.99
"""The same from which on hardly any of its capital would be left."""


def price_sentences(prices: pd.DataFrame, names: Names, most: int = 10) -> list[dict[str, str]]:
    """Return the strongest shadow price of each scarce thing, in words.

    Parameters
    ----------
    prices : DataFrame
        The table `shadow_prices`.
    names : Names
        Titles of sites and projects.
    most : int
        How many sentences at most.

    Returns
    -------
    list of dict
        ``what``, ``worth`` and ``sentence``: each scarce thing in the year it is scarcest,
        the ones of most value a year first among those of one kind, kinds in turn.
    """
    if prices.empty:
        return []
    rows = prices[prices["value"].abs() > 1e-9].copy()
    rows["size"] = rows["value"].abs()
    rows = rows.sort_values("size", ascending=False)
    rows = rows.drop_duplicates(["kind", "entity"])
    # kinds have different units, so that sizes do not compare: take the kinds in turn
    rows["turn"] = rows.groupby("kind").cumcount()
    order = {kind: i for i, kind in enumerate(_PRICE_SENTENCES)}
    rows["kind_order"] = rows["kind"].map(order).fillna(len(order))
    rows = rows.sort_values(["turn", "kind_order"]).head(most)
    return [_sentence(row, names) for row in rows.to_dict("records")]


_PRICE_SENTENCES = {
    "target": (
        "A MW more of target",
        "Raising the compute target by a MW of IT in {year} costs {value}.",
    ),
    "connection": (
        "Grid connection at {entity}",
        "A MW more of grid connection at {entity} saves {value} in {year}.",
    ),
    "spend_limit": (
        "A dollar more to spend",
        "A dollar more of allowed spending in {year} saves {value} net of itself.",
    ),
    "slots": (
        "Delivery slots: {entity}",
        "A MW more of delivery slots for {entity} saves {value} in {year}.",
    ),
    "power_price": (
        "Power at {entity}",
        "A MWh more used at {entity} costs {value} in {year}, mean of the hours.",
    ),
    "clean_share": (
        "Clean energy",
        "Requiring a MWh more of clean energy costs {value} in {year}.",
    ),
    "reserve": (
        "Reserve in {entity}",
        "A MW more of dependable capacity in {entity} is worth {value} in {year}.",
    ),
}


def _sentence(row: Mapping[Any, Any], names: Names) -> dict[str, str]:
    kind, unit = str(row["kind"]), str(row["unit"])
    value = abs(float(row["value"]))
    worth = amounts.usd(value) if value >= 1e3 else f"{amounts.figure(value)} USD"
    title, text = _PRICE_SENTENCES.get(
        kind, (readable(kind), "One unit more is worth {value} in {year}.")
    )
    words = {
        "entity": names.entity(row["entity"]) if kind != "slots" else _plain(row["entity"]),
        "year": int(row["year"]),
        "value": worth,
    }
    per = unit.removeprefix("usd_per_").replace("_", " ").replace("it mw", "MW of IT")
    per = {"usd": "USD", "mwh": "MWh", "mw": "MW"}.get(per, per.replace("mw year", "MW-year"))
    per = per.replace("MW of IT year", "MW of IT and year")
    return {
        "what": title.format(**words),
        "worth": f"{worth} per {per}",
        "sentence": text.format(**words),
    }


def unchosen_sentences(unchosen: pd.DataFrame, most: int = 10) -> list[dict[str, str]]:
    """Return what the plan leaves out and how much cheaper it must be, kinds in turn.

    Parameters
    ----------
    unchosen : DataFrame
        The table `unchosen`.
    most : int
        How many sentences at most.

    Returns
    -------
    list of dict
        ``what``, ``worth`` and ``sentence``, as of `price_sentences`.
    """
    if unchosen.empty:
        return []
    rows = unchosen.copy()
    rows["contract"] = rows["usd_per_mwh"] > 0
    rows["turn"] = rows.groupby(["kind", "contract"]).cumcount()
    rows["order"] = rows["kind"].map({"phase": 0, "unit": 1}).fillna(2)
    rows = rows.sort_values(["turn", "order", "contract"], kind="stable").head(most)
    return [_missed(row) for row in rows.to_dict("records")]


def _missed(row: Mapping[Any, Any]) -> dict[str, str]:
    year, usd, part = int(row["year"]), float(row["usd_per_mwh"]), float(row["capex_fraction"])
    capital = float(row["capex_usd_per_mw"])
    if usd > 0:
        worth = f"{amounts.figure(usd)} USD per MWh less"
        sentence = f"Would be signed for {year} at a price lower by that much."
    elif part >= MOST_PART:
        worth, sentence = "no use at any cost", "Would not be built even if it cost nothing."
    elif part >= LEAST_PART:
        worth = f"{part:.0%} less capital"
        sentence = f"Would be built for {year} at {amounts.usd(capital)} per MW less."
    else:
        worth = "hardly any less"
        sentence = f"Costs nearly the same as what is chosen in its place for {year}."
    return {"what": str(row["title"]), "worth": worth, "sentence": sentence}


def _plain(name: Any) -> str:
    return str(name).replace("-", " ").replace("_", " ")
