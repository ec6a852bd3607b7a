"""Why a plan is as it is: which statements bind and what each is worth, also in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

WorthKind: TypeAlias = Literal[
    "target",
    "target missed",
    "connection",
    "connection earlier",
    "earlier",
    "maximum",
    "budget",
    "total budget",
    "fund",
    "fund in all",
    "slots",
    "deliveries",
    "clean share",
    "carbon cap",
    "water",
    "land",
    "reserve margin",
    "market depth",
]
Titles: TypeAlias = Callable[[str], str]
"""What a name is called in a sentence."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What giving way by one unit would save, where a statement of the programme binds.

    Parameters
    ----------
    kind : str
        The statement.
    place : str
        Site, zone, option, fund or slot class; empty where it is about all.
    year : int
        Planning year; of a total, the last one it counts.
    value : float
        Base-year USD per `unit`: of that year where the unit says so or is of energy, carbon or
        water; else present value. It holds for a small change.
    unit : str
        Such as ``usd_per_mw_year``.
    size : float
        How much of it the plan has, in what the unit is per.
    total_usd : float
        Present value times size: what ranks one against another.
    """

    kind: WorthKind
    place: str
    year: int
    value: float
    unit: str
    size: float
    total_usd: float


def as_named(name: str) -> str:
    """Return a name as it is written."""
    return name


_WORTH_SENTENCES: dict[str, str] = {
    "target": "The target of {year} costs {value} a year for its last MW of IT.",
    "target missed": "The target of {year} is missed by {size} MW of IT: each costs {value} a "
    "year as a shortfall, and more to build.",
    "connection": "A MW more of grid connection at {place} in {year} is worth {value} a year.",
    "connection earlier": "The {size} MW of grid connection due at {place} in {year} are worth "
    "up to about {value} for each month that they come earlier.",
    "earlier": "{place}, which may not serve before {year}, is worth up to about {value} for each "
    "month that it comes earlier.",
    "maximum": "A MW more of {place} than may be built would save {value} in all, entering in "
    "{year}.",
    "budget": "A million USD more to spend in {year} saves {million} in all.",
    "total budget": "A million USD more to spend through {year} saves {million} in all.",
    "fund": "A million USD more from {place} in {year} saves {million} in all.",
    "fund in all": "A million USD more from {place}, in whichever year, saves {million} in all.",
    "slots": "A {slot} more of {place} in {year} saves {value} in all.",
    "deliveries": "A MW of IT more of {place} to be had in {year} saves {value} in all.",
    "clean share": "The clean share of {year} costs {value} for each MWh more that must be clean.",
    "carbon cap": "A tonne more of carbon in {year} saves {value}.",
    "water": "A cubic metre more of water at {place} in {year} saves {value}.",
    "land": "An acre more at {place} is worth {value} a year in {year}.",
    "reserve margin": "The reserve margin at {place} costs {value} a year in {year} for each MW "
    "that must be dependable.",
    "market depth": "A MW more that may be bought in {place} is worth {value} a year in {year}.",
}


def worth_in_words(worth: Worth, title: Titles = as_named) -> str:
    """Return what a statement costs as a sentence, with units."""
    return _capital(
        _WORTH_SENTENCES[worth.kind].format(
            place=title(worth.place),
            year=worth.year,
            value=usd_in_words(worth.value),
            million=usd_in_words(worth.value * 1e6),
            size=number_in_words(worth.size),
            slot="MW of slots" if worth.unit == "usd_per_mw" else "build slot",
        )
    )


def usd_in_words(value: float) -> str:
    """Return money with three figures: ``1.23 billion USD``, ``310,000 USD``, ``41.2 USD``."""
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if float(f"{abs(value):.2e}") >= size:
            return f"{number_in_words(value / size)} {word} USD"
    return f"{number_in_words(value)} USD"


def number_in_words(value: float) -> str:
    """Return a number with three figures and thousands apart."""
    if value == 0:
        return "0"
    rounded = float(f"{value:.2e}")
    if abs(rounded) >= 100:
        return f"{rounded:,.0f}"
    return f"{rounded:.3g}" if abs(rounded) >= 1e-4 else f"{rounded:.1g}"


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
